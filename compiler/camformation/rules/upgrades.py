"""The releases that a running cluster may be upgraded to.

Camunda docs, Upgrade Zeebe; Camunda docs, Version compatibility checks: to a later patch, or to any
patch of the next minor version; never back, never past a minor version, never from or to a release
that is none yet.
"""

import re
from collections.abc import Iterator

from camformation.diagnostics import Severity
from camformation.rules.images import image, minor
from camformation.rules.releases import Release, known_defects, newest_image
from camformation.rules.versions import POSTGRESQL

TAG = r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$"


def release_of(text: str) -> Release | None:
    """Return the release of a text such as `8.10.6`; None of anything else."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def named(release: Release) -> str:
    """Return a release as Camunda writes it."""
    return ".".join(map(str, release))


def of_release(reference: str, release: Release) -> str:
    """Return the image of another release in the same repository."""
    return f"{re.sub(TAG, '', reference)}:{named(release)}"


def refusals(running: Release, wanted: Release) -> Iterator[tuple[str, str]]:
    """Yield why a cluster cannot be upgraded so, each with what to do instead."""
    lines = {minor(each): each for each in POSTGRESQL}
    if wanted < running:
        yield (
            f"brokers run {named(running)}, and cannot go back to {named(wanted)}",
            "restore an earlier backup into a new deployment: docs/operations.md",
        )
        return
    if wanted[:2] not in lines:
        yield (
            f"camformation knows Camunda {' and '.join(lines.values())}, not {named(wanted)}",
            "use a newer camformation",
        )
        return
    steps = [each for each in sorted(lines) if running[:2] < each <= wanted[:2]]
    if wanted[0] != running[0] or wanted[1] - running[1] > 1 or len(steps) > 1:
        yield (
            f"brokers run {named(running)}: no minor version may be skipped on the way to "
            f"{named(wanted)}",
            f"upgrade to {running[0]}.{running[1] + 1} first",
        )
    for each in known_defects(wanted):
        if each.severity is Severity.ERROR:
            yield (
                f"{named(wanted)} is known to be bad: {each.what} ({each.source})",
                f"upgrade to {named(each.fixed)} or later",
            )


def remarks(running: Release, wanted: Release) -> Iterator[str]:
    """Yield the notes on a possible upgrade."""
    for each in known_defects(wanted):
        if each.severity is not Severity.ERROR:
            yield f"{named(wanted)}: {each.what} ({each.source}); fixed in {named(each.fixed)}"
    if wanted[:2] == running[:2]:
        return
    yield (
        f"brokers cannot go back to {running[0]}.{running[1]} afterwards; Camunda's update guide "
        "for the version says what else changes"
    )
    newest = image(newest_image(f"{running[0]}.{running[1]}", "orchestration")).release
    if newest and running < newest:
        yield (
            f"Camunda recommends the newest patch before the next minor version: {named(newest)} "
            f"or later, where {named(running)} runs"
        )

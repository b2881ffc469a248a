"""A diagnosis as text, Markdown and JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any

from camformation.deploy.diagnosis.diagnosis import Diagnosis, RootCause
from camformation.deploy.operation.event_data import as_data
from camformation.deploy.operation.signatures import Recognised
from camformation.report.deployment.words import (
    DOING,
    denied,
    duration,
    evidence,
    output,
    printable,
)
from camformation.report.terminal_text import readable, visible_lines

BOLD, RED, CYAN, DIM = "1", "31", "36", "2"
SHOWN = 5  # denied calls
KINDS = {
    "permanent": "it will fail again until this is fixed",
    "transient": "it passes by itself: deploy again",
}


@readable
def diagnosis_text(diagnosis: Diagnosis, *, colour: bool = False) -> str:
    """Return the root causes, one block each, ending with a newline."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    lines = [paint(summary(diagnosis), BOLD)]
    for number, each in enumerate(diagnosis.causes, 1):
        first, *rest = _block(each)
        lines += ["", paint(f"{number}. {first}", RED), *(f"   {line}" for line in rest)]
        lines += [f"   {paint(f'{link.title}: {link.url}', DIM)}" for link in each.links]
    if diagnosis.reason:
        lines += ["", f"   {diagnosis.reason}", *(f"   {line}" for line in _known(diagnosis.known))]
    if calls := _denied(diagnosis):
        lines += ["", *calls]
    for notice in diagnosis.unread:
        hint = f" ({notice.hint})" if notice.hint else ""
        lines += ["", paint(f"not read: {notice.message}{hint}", CYAN)]
    return "\n".join(lines) + "\n"


def diagnosis_markdown(diagnosis: Diagnosis) -> str:
    """Return the diagnosis as Markdown, for an issue or a step summary."""
    lines = [f"### {summary(diagnosis)}"]
    for number, each in enumerate(diagnosis.causes, 1):
        first, *rest = _block(each)
        lines += ["", f"**{number}. `{first}`**", "", *_fenced(rest)]
        lines += ["", " · ".join(f"[{link.title}]({link.url})" for link in each.links)]
    if diagnosis.reason:
        lines += ["", *_fenced([diagnosis.reason, *_known(diagnosis.known)])]
    if calls := _denied(diagnosis):
        lines += ["", *_fenced(calls)]
    lines += [f"\nNot read: {visible_lines(each.message)}" for each in diagnosis.unread]
    return "\n".join(lines) + "\n"


def _denied(diagnosis: Diagnosis) -> list[str]:
    """Return lines on the calls that were denied."""
    found = list(denied(diagnosis.denied))
    more = len(found) - SHOWN
    said = [f"   {line}" for line in found[:SHOWN]] + ([f"   and {more} more"] if more > 0 else [])
    return ["calls that AWS denied in the meantime (CloudTrail):", *said] if said else []


def _fenced(lines: list[str]) -> Iterator[str]:
    """Yield a block of code, in a fence longer than any in it (CommonMark)."""
    said = [visible_lines(line) for line in lines]
    longest = max((len(run) for run in re.findall("`+", "\n".join(said))), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}text", *said, fence)


def diagnosis_json(diagnosis: Diagnosis) -> str:
    """Return the diagnosis as JSON."""
    return json.dumps(diagnosis_data(diagnosis), indent=2) + "\n"


def diagnosis_data(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as JSON data."""
    return {**as_data(diagnosis), "permanent": diagnosis.permanent}


def summary(diagnosis: Diagnosis) -> str:
    """Return one line: the operation, its end, and the reason."""
    header = diagnosis.header
    doing = DOING.get(header.kind, header.kind.lower())
    what = f"{doing} {header.stack} ({header.began:%Y-%m-%d %H:%M:%S} UTC)"
    if diagnosis.succeeded:
        return f"{what} succeeded: {diagnosis.status}"
    end = f": {diagnosis.status}" if diagnosis.status else ""
    took = "" if diagnosis.elapsed is None else f" after {duration(diagnosis.elapsed)}"
    verb = "failed" if diagnosis.status else "has no recorded end"
    if not diagnosis.status and any(each.failure.repeated for each in diagnosis.causes):
        verb = "is still running, but cannot succeed"
    count = len(diagnosis.causes)
    causes = f", {count} root cause{'s' if count > 1 else ''}" if count else ""
    return f"{what} {verb}{took}{end}{causes}"


def _block(cause: RootCause) -> Iterator[str]:
    """Yield the lines of one root cause."""
    failure = cause.failure
    phase = " in the rollback" if failure.rolling_back else ""
    yield f"{cause.path} ({failure.type}): {failure.status}{phase}"
    yield from printable(failure.reason).splitlines()
    if failure.location:
        yield f"spec: {failure.location}"
    if failure.evidence:
        yield from evidence(failure.evidence)
    yield from output(failure.output)
    yield from (f"ECS: {printable(text)}" for text in failure.service_events)
    yield from _known(cause.known)


def _known(known: Recognised | None) -> Iterator[str]:
    if known:
        yield f"meaning: {known.means}"
        again = f" ({KINDS[known.kind]})" if known.kind else ""
        yield f"to do:   {known.advice}{again}"
        if known.source:
            yield f"source:  {known.source}"

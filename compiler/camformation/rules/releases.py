"""Camunda releases with known defects, and the newest known releases."""

from collections.abc import Iterator

from camformation.diagnostics import Severity
from camformation.frozen import frozen
from camformation.resolve import fragment

Release = tuple[int, int, int]


@frozen
class KnownDefect:
    """A defect of the orchestration cluster's releases from `first` on and before `fixed`."""

    first: Release
    fixed: Release
    severity: Severity
    what: str
    source: str


KNOWN_DEFECTS = (
    KnownDefect(
        (8, 10, 0),
        (8, 10, 1),
        Severity.ERROR,
        "Camunda advises against it because of a bug",
        "release notes of 8.10.0",
    ),
    KnownDefect(
        (8, 10, 1),
        (8, 10, 2),
        Severity.WARNING,
        "it is older than 8.10.2, which fixes the bug in 8.10.0",
        "release notes of 8.10.0",
    ),
    KnownDefect(
        (8, 10, 0),
        (8, 10, 6),
        Severity.WARNING,
        "adding partitions may never finish when their initial snapshot has large files",
        "camunda/camunda#66654",
    ),
)
"""Defects named in Camunda's release notes and issues, except those of every release."""


def known_defects(release: Release) -> Iterator[KnownDefect]:
    """Yield the known defects of a release."""
    yield from (each for each in KNOWN_DEFECTS if each.first <= release < each.fixed)


def newest_image(version: str, section: str) -> str:
    """Return the default image of a version: the newest that Camunda's sources name."""
    return str(fragment("versions", version)[section]["image"])

"""Findings about a spec, and their locations."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from camformation.frozen import frozen

Path = tuple[str | int, ...]

MAX_QUOTED = 120
"""Limit on the characters of the user's text that a message repeats."""

MAX_PATH = 1000

MAX_WORDS = 2000
"""Limit on the characters of a message or hint that are shown."""


def shortened(text: str, limit: int = MAX_QUOTED) -> str:
    """Return text, cut to the length that a message may repeat."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def quoted(text: str, limit: int = MAX_QUOTED) -> str:
    """Return the user's text for a message: in quotes, shortened, in one line."""
    return repr(shortened(str(text), limit))


class Severity(StrEnum):
    """Severity of a finding: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@frozen
class Finding:
    """Something wrong at a path of the spec. The code is stable; the wording may improve."""

    path: Path
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    at_key: bool = False  # point at the key itself rather than at its value

    def at(self, location: "Location") -> "Diagnostic":
        """Return the finding, located."""
        return Diagnostic(location, self.code, self.message, self.hint, self.severity)


@frozen
class Location:
    """A position in a spec file, counted from 1; `end` is the column after the last character."""

    file: str
    line: int = 1
    column: int = 1
    end: int = 0

    def __str__(self) -> str:
        if not is_named(self.file):
            return shortened(self.file, 2 * MAX_QUOTED)
        return f"{shortened(self.file, MAX_PATH)}:{self.line}:{self.column}"


IsFile = Callable[[str], bool]
"""Returns whether a location is in a real file: a setting and standard input are not."""


def is_named(file: str) -> bool:
    """Return whether a location is not in a setting; only a file system can tell whether the file
    exists."""
    return not file.startswith("--set ")


Locate = Callable[[str, str, Path], Location | None]
"""Returns the location in the spec of a part of a template: of a resource, by the template's name
and the logical ID, or of one of its values, by the path inside the resource too, such as
`("Properties", "EngineVersion")`. None where the spec does not say it."""


def nowhere(template: str, logical_id: str, path: Path) -> Location | None:
    """Return no location: the `Locate` of templates whose spec is not available."""
    return None


@frozen
class Diagnostic:
    """A finding, located. `excerpt`: the line may be shown."""

    location: Location
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    excerpt: bool = True

    def __str__(self) -> str:
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        warning = "warning: " if self.severity is Severity.WARNING else ""
        return f"{self.location}: {self.code} {warning}{self.message}{hint}"


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics in the order of files and lines, each once."""

    def place(diagnostic: Diagnostic) -> tuple[str, int, int, str, str, str]:
        where = diagnostic.location
        text = (diagnostic.code, diagnostic.message, diagnostic.hint or "")
        return (where.file, where.line, where.column, *text)

    return sorted(set(diagnostics), key=place)


class SpecError(Exception):
    """The spec cannot be compiled; carries everything found, in file order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))

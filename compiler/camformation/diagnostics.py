"""What the compiler has to say about a spec, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]


class Severity(StrEnum):
    """How bad a finding is: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something wrong at a path of the spec. The code is stable; the wording may improve."""

    path: Path
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    at_key: bool = False  # point at the key itself rather than at its value


@dataclass(frozen=True, order=True)
class Location:
    """A position in a spec file, counted from 1; `end` is the column after the last character."""

    file: str
    line: int = 1
    column: int = 1
    end: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Diagnostic:
    """A finding, located."""

    location: Location
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        warning = "warning: " if self.severity is Severity.WARNING else ""
        return f"{self.location}: {self.code} {warning}{self.message}{hint}"


class SpecError(Exception):
    """The spec cannot be compiled; carries everything found, in file order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = sorted(
            set(diagnostics), key=lambda d: (d.location, d.code, d.message, d.hint or "")
        )
        super().__init__("\n".join(map(str, self.diagnostics)))

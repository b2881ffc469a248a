"""Diagnostics as text for a terminal, as JSON, as GitHub annotations and as SARIF."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from camformation import __version__
from camformation.diagnostics import Diagnostic, Location, Severity

Lines = Callable[[str], Sequence[str]]
"""Returns the lines of a spec file, or nothing where it has none to show."""

CONFIDENTIAL = ("CAM014", "CAM173", "CAM198")
"""Codes about what is a secret, or may hold one: their lines of the spec are not shown, by whatever
is found in them."""

FORMATS = ("text", "json", "github", "sarif")
_RED, _YELLOW, _CYAN, _BOLD, _OFF = "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[0m"


def render(
    diagnostics: Iterable[Diagnostic], style: str, lines: Lines, *, colour: bool = False
) -> str:
    """Return the diagnostics in one of `FORMATS`; an empty string where there is nothing to say."""
    diagnostics = list(diagnostics)
    match style:
        case "json":
            return json.dumps({"diagnostics": [as_data(d) for d in diagnostics]}, indent=2) + "\n"
        case "sarif":
            return json.dumps(sarif(diagnostics), indent=2) + "\n"
        case "github":
            return "".join(f"{annotation(d)}\n" for d in diagnostics)
        case _:
            hidden = {_line(d) for d in diagnostics if d.code in CONFIDENTIAL}
            return "".join(
                text(d, () if _line(d) in hidden else lines(d.location.file), colour=colour)
                for d in diagnostics
            )


def _line(diagnostic: Diagnostic) -> tuple[str, int]:
    return diagnostic.location.file, diagnostic.location.line


def text(diagnostic: Diagnostic, lines: Sequence[str], *, colour: bool = False) -> str:
    """Return a diagnostic with the source line it is about, a caret and its hint."""

    def paint(code: str, words: str) -> str:
        return f"{code}{words}{_OFF}" if colour else words

    where, error = diagnostic.location, diagnostic.severity is Severity.ERROR
    kind = paint(_RED if error else _YELLOW, diagnostic.code)
    word = "" if error else paint(_YELLOW, "warning: ")
    shown = [f"{paint(_BOLD, f'{where}:')} {kind} {word}{diagnostic.message}"]
    if 0 < where.line <= len(lines) and (line := lines[where.line - 1]).strip():
        # A very long line is shown from shortly before the place that matters.
        start = max(0, where.column - 60) if len(line) > 120 else 0
        width = max(1, (where.end or where.column + 1) - where.column)
        gutter = f"{where.line:5} | "
        caret = "^" * min(width, max(1, 120 - (where.column - 1 - start)))
        pad = "".join("\t" if c == "\t" else " " for c in line[start : where.column - 1])
        shown.append(f"{paint(_CYAN, gutter)}{line[start : start + 120]}")
        shown.append(f"{paint(_CYAN, '      | ')}{pad}{paint(_RED if error else _YELLOW, caret)}")
    if diagnostic.hint:
        shown.append(f"      {paint(_CYAN, 'hint:')} {diagnostic.hint}")
    return "\n".join(shown) + "\n"


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return how many errors and warnings there are, in words."""
    counts = {Severity.ERROR: 0, Severity.WARNING: 0}
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    return ", ".join(
        f"{count} {word}{'s' if count != 1 else ''}" for word, count in counts.items() if count
    )


def as_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as JSON data."""
    where = diagnostic.location
    return {
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }


def annotation(diagnostic: Diagnostic) -> str:
    """Return a diagnostic as a workflow command (GitHub docs, "Workflow commands")."""
    where = diagnostic.location
    body = diagnostic.message + (f"\n{diagnostic.hint}" if diagnostic.hint else "")
    properties = {
        "file": where.file,
        "line": str(where.line),
        "col": str(where.column),
        "title": diagnostic.code,
    }
    escaped = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{diagnostic.severity.value} {escaped}::{_escaped(body)}"


def _escaped(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _escaped(words).replace(":", "%3A").replace(",", "%2C")


def sarif(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Return diagnostics as a SARIF 2.1.0 log (OASIS), for code scanning."""
    diagnostics = list(diagnostics)
    rules = sorted({diagnostic.code for diagnostic in diagnostics})
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "camformation",
                        "version": __version__,
                        "rules": [{"id": code} for code in rules],
                    }
                },
                "results": [
                    {
                        "ruleId": d.code,
                        "ruleIndex": rules.index(d.code),
                        "level": d.severity.value,
                        "message": {"text": d.message + (f" ({d.hint})" if d.hint else "")},
                        "locations": [{"physicalLocation": _physical(d.location)}],
                    }
                    for d in diagnostics
                ],
            }
        ],
    }


def _physical(where: Location) -> dict[str, Any]:
    from urllib.parse import quote

    region = {"startLine": max(where.line, 1), "startColumn": max(where.column, 1)}
    if where.end > where.column:
        region["endColumn"] = where.end
    return {"artifactLocation": {"uri": quote(where.file)}, "region": region}

"""Diagnostics as text for a terminal, as JSON, as GitHub annotations and as SARIF."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from camformation import __version__
from camformation.diagnostics import (
    MAX_WORDS,
    Diagnostic,
    IsFile,
    Location,
    Severity,
    is_named,
    shortened,
)
from camformation.frozen import replaced
from camformation.report.terminal_text import columns, visible
from camformation.spelling import names_secret

Lines = Callable[[str], Sequence[str]]
"""Returns the lines of a spec file, or none if they cannot be shown."""

CONFIDENTIAL = ("CAM014", "CAM017", "CAM173", "CAM198", "CAM207")
"""Codes about what is a secret, or may hold one: their lines of the spec are not shown, by whatever
is found in them."""

FORMATS = ("text", "json", "github", "sarif")
MAX_EXCERPT = 120
_ASSIGNED = r"secrets[\"']? ?: ?[\"'[]+[\w.-]+ ?="  # in the place of a mapping
_NO_SECRET = ("arn:", "{", "[", "$", "*", "&", "true", "false")  # how other values begin
_RED, _YELLOW, _CYAN, _BOLD, _OFF = "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[0m"


def render(
    diagnostics: Iterable[Diagnostic],
    style: str,
    lines: Lines,
    *,
    colour: bool = False,
    is_file: IsFile = is_named,
) -> str:
    """Return the diagnostics in one of `FORMATS`; an empty string where there is nothing to say."""
    diagnostics = _discreet(diagnostics)
    match style:
        case "json":
            return json.dumps({"diagnostics": data(diagnostics)}, indent=2) + "\n"
        case "sarif":
            return json.dumps(sarif(diagnostics), indent=2) + "\n"
        case "github":
            return "".join(f"{annotation(d, is_file)}\n" for d in diagnostics)
        case _:
            return "".join(text(d, lines(d.location.file), colour=colour) for d in diagnostics)


def _discreet(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Leave out the lines about secrets, and the value of a setting that is one."""
    found = list(diagnostics)
    hidden = {_line(d) for d in found if d.code in CONFIDENTIAL}
    return [_hidden(d) if _line(d) in hidden else d for d in found]


def _line(diagnostic: Diagnostic) -> tuple[str, int]:
    return diagnostic.location.file, diagnostic.location.line


def _hidden(diagnostic: Diagnostic) -> Diagnostic:
    where = diagnostic.location
    if where.file.startswith("--set "):
        where = replaced(where, file=where.file.partition("=")[0])
    return replaced(diagnostic, location=where, excerpt=False)


def text(diagnostic: Diagnostic, lines: Sequence[str], *, colour: bool = False) -> str:
    """Return a diagnostic with the source line it is about, a caret and its hint."""

    def paint(code: str, words: str) -> str:
        return f"{code}{words}{_OFF}" if colour else words

    where, error = diagnostic.location, diagnostic.severity is Severity.ERROR
    kind = paint(_RED if error else _YELLOW, diagnostic.code)
    word = "" if error else paint(_YELLOW, "warning: ")
    place = paint(_BOLD, f"{visible(str(where))}:")
    shown = [f"{place} {kind} {word}{visible(_words(diagnostic.message))}"]
    if (
        diagnostic.excerpt
        and 0 < where.line <= len(lines)
        and (line := lines[where.line - 1]).strip()
        and not _tells_secret(line)
    ):
        excerpt, pad, caret = _excerpt(line, where)
        shown.append(f"{paint(_CYAN, f'{where.line:5} | ')}{excerpt}")
        shown.append(f"{paint(_CYAN, '      | ')}{pad}{paint(_RED if error else _YELLOW, caret)}")
    if diagnostic.hint:
        shown.append(f"      {paint(_CYAN, 'hint:')} {visible(_words(diagnostic.hint))}")
    return "\n".join(shown) + "\n"


def _tells_secret(line: str) -> bool:
    """Return whether a line sets something that is named like a secret, whatever is found there."""
    return re.search(_ASSIGNED, line) is not None or any(
        names_secret(name) and not value.startswith(_NO_SECRET)
        for name, value in re.findall(
            r"(?<![\w.:/-])([\w.-]+)[\"']? ?[:=] ?[\"']?(?=([^\s\"',}]+))", line
        )
    )


def _words(text: str) -> str:
    return shortened(text, MAX_WORDS)


def _excerpt(line: str, where: Location) -> tuple[str, str, str]:
    """Return the part of a line that matters, and below it the space before the caret, the caret.

    A very long line is shown from shortly before the place.
    """
    place = where.column - 1
    start = max(0, place - 59) if len(line) > MAX_EXCERPT else 0
    stop = start + MAX_EXCERPT
    end = max(place + 1, (where.end or where.column + 1) - 1)
    before, marked = line[start:place], visible(line[place : min(end, stop)])
    pad = "".join("\t" if c == "\t" else " " * columns(visible(c)) for c in before)
    return visible(line[start:stop]), pad, "^" * max(1, columns(marked))


def summary(diagnostics: Iterable[Diagnostic], *, strict: bool = False) -> str:
    """Return the numbers of errors and warnings, in words; `strict`: warnings count as errors."""
    counts = {Severity.ERROR: 0, Severity.WARNING: 0}
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    said = ", ".join(
        f"{count} {word}{'s' if count != 1 else ''}" for word, count in counts.items() if count
    )
    warned = counts[Severity.WARNING] if strict else 0
    kind = "an error" if warned == 1 else "errors"
    return f"{said}, which --strict treats as {kind}" if warned else said


def data(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return diagnostics as JSON data."""
    return [_as_data(each) for each in _discreet(diagnostics)]


def _as_data(diagnostic: Diagnostic) -> dict[str, Any]:
    where = diagnostic.location
    return {
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": _words(diagnostic.message),
        "hint": _words(diagnostic.hint) if diagnostic.hint else diagnostic.hint,
    }


def annotation(diagnostic: Diagnostic, is_file: IsFile = is_named) -> str:
    """Return a diagnostic as a workflow command (GitHub docs, "Workflow commands").

    A place outside files is part of the message.
    """
    where = diagnostic.location
    body = "\n".join(_words(each) for each in (diagnostic.message, diagnostic.hint) if each)
    properties = {}
    if is_file(where.file):
        properties = {
            "file": shortened(where.file, MAX_WORDS),
            "line": str(where.line),
            "col": str(where.column),
        }
    else:
        body = f"{where}: {body}"
    properties["title"] = diagnostic.code
    escaped = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{diagnostic.severity.value} {escaped}::{_escaped(body)}"


def _escaped(words: str) -> str:
    """Escape what ends a command; what commands a terminal would do so in the log of the run."""
    escaped = words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return visible(escaped)


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
                        "message": {"text": _words(d.message) + _also(d.hint)},
                        "locations": [{"physicalLocation": _physical(d.location)}],
                    }
                    for d in diagnostics
                ],
            }
        ],
    }


def _also(hint: str | None) -> str:
    return f" ({_words(hint)})" if hint else ""


def _physical(where: Location) -> dict[str, Any]:
    from urllib.parse import quote

    region = {"startLine": max(where.line, 1), "startColumn": max(where.column, 1)}
    if where.end > where.column:
        region["endColumn"] = where.end
    return {"artifactLocation": {"uri": quote(where.file, errors="replace")}, "region": region}

"""Decoding and checking of a spec's text before it is parsed.

Any file becomes either text that is safe for the YAML composer, or a diagnostic with the position
of the problem.
"""

import re
from typing import Any, ClassVar

from camformation.diagnostics import Diagnostic, Location, SpecError, shortened
from camformation.lean_yaml import yaml

MAX_BYTES = 1 << 20  # a spec is some kilobytes
MAX_DEPTH = 40
STANDARD = "tag:yaml.org,2002:"
NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]{1,18}(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?\Z"

_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_BREAK = "\r\n|[\n\r\x85\u2028\u2029]"  # what the YAML reader counts as a line


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's loader, with the scalars of YAML 1.2's core schema in place of those of 1.1.

    So `no` is text and a date is text (yaml.org/spec/1.2.2, 10.3): what an editor's language
    server shows is what is compiled.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {}


class Words(frozenset[str]):
    """Words in the place of a pattern, which would have to be compiled."""

    match = frozenset.__contains__


for _tag, _pattern, _first in (
    ("null", Words(("~", "null", "Null", "NULL", "")), ["~", "n", "N", ""]),
    ("bool", Words(("true", "True", "TRUE", "false", "False", "FALSE")), list("tTfF")),
    ("int", re.compile(r"[-+]?[0-9]{1,18}\Z"), list("-+0123456789")),
    ("float", re.compile(NUMBER), list("-+.0123456789")),
    ("merge", Words(("<<",)), ["<"]),
):
    Loader.add_implicit_resolver(STANDARD + _tag, _pattern, _first)


def text_of(content: bytes, file: str) -> str:
    """Return the text of a file; raise `SpecError` where it is too large, not text, or too deep."""
    if len(content) > MAX_BYTES:
        message = f"the file is too large: at most {MAX_BYTES:,} bytes"
        raise SpecError([Diagnostic(Location(file), "CAM004", message)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        hint = "save the file as UTF-8"
        raise SpecError([Diagnostic(_end(before, file), "CAM005", message, hint)]) from error
    plain = text.isascii() and text.replace("\n", "").isprintable()  # as specs are: no search
    if not plain and (found := re.search(_UNPRINTABLE, text)):
        message = f"character U+{ord(found[0]):04X} is not allowed in YAML"
        raise SpecError(
            [Diagnostic(_end(text[: found.start()], file), "CAM005", message, "remove it")]
        )
    _check_depth(text, file)
    return text


def _check_depth(text: str, file: str) -> None:
    """Refuse data that nests too deep for the composer, which recurses in C without a limit."""
    if max(text.count(opening) for opening in ("[", "{", "- ", "? ")) < 500:
        return
    depth = 0
    loader = Loader(text)
    try:
        while (event := loader.get_event()) is not None:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                mark = event.start_mark
                raise SpecError([too_deep(Location(file, mark.line + 1, mark.column + 1))])
    except yaml.YAMLError:
        return  # the composer meets the same error, and reports it
    finally:
        loader.dispose()


def too_deep(where: Location) -> Diagnostic:
    """Return the finding for a value that nests too deeply."""
    return Diagnostic(where, "CAM004", f"values are nested more than {MAX_DEPTH} deep")


_BRACKETS = {
    "while parsing a flow sequence": "bracket [",
    "while parsing a flow mapping": "brace {",
}
"""Unclosed characters, by the reader's context when it gave up."""


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, as the YAML reader counts them."""
    return re.split(_BREAK, text)


def _end(before: str, file: str) -> Location:
    """Return the position just after `before`."""
    lines = lines_of(before)
    return Location(file, len(lines), len(lines[-1]) + 1)


def syntax_error(error: yaml.YAMLError, file: str, text: str) -> Diagnostic:
    """Return the YAML error, its location and its usual cause."""
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # the reader's own errors, about characters: checked before, it knows better
        reason = getattr(error, "reason", None) or str(error)
        return Diagnostic(Location(file), "CAM005", f"not valid YAML: {reason}")
    where = Location(file, mark.line + 1, mark.column + 1)
    problem, context = getattr(error, "problem", None), getattr(error, "context", None)
    if context and "expected a single document" in context:
        hint = "a file holds one document: remove this line, or everything after it"
        return Diagnostic(where, "CAM001", "not valid YAML here: a second document begins", hint)
    message = shortened(problem or str(error))
    begin = getattr(error, "context_mark", None)
    if context and begin and begin.line + 1 != where.line:
        message = f"{message} ({context} in line {begin.line + 1})"
    lines = lines_of(text)
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    above = lines[where.line - 2] if 1 < where.line <= len(lines) + 1 else ""
    cause = _cause(line, where.column - 1, message, context)
    if "mapping values are not allowed" in message and (found := _above(above)):
        cause = f"{found} in line {where.line - 1}"
    if context == "while scanning a quoted scalar" and begin:
        cause = f"close the quote that opens in line {begin.line + 1}"
    elif context in _BRACKETS and begin and begin.line + 1 != where.line and not cause:
        cause = f"close the {_BRACKETS[context]} that opens in line {begin.line + 1}"
    elif "\u00a0" in above + line and "\t" not in line:
        at = where.line if "\u00a0" in line else where.line - 1
        cause = (
            f"line {at} has a no-break space (U+00A0), as copied from web pages: write a plain "
            "space"
        )
    return Diagnostic(where, "CAM001", f"not valid YAML: {message}", cause)


def _above(line: str) -> str | None:
    """Return the part of the previous line that makes the reader give up at a colon."""
    if line.lstrip().startswith(("//", "/*", ";")):
        return "begin a comment with #"
    if re.match(r"\s*\w+:[^\s:/]", line):
        return "put a space after the colon"
    return None


def _cause(line: str, at: int, message: str, context: str | None) -> str | None:
    """Return the usual mistake in a line at which the reader gave up."""
    rest = line[at:]
    if "\t" in line[: at + 1]:
        return "indent with spaces: YAML does not allow tabs"
    if "mapping values are not allowed" in message:
        if rest.strip(" ,]}") == ":":
            return "put text that ends with a colon in quotes"
        return "check the indentation, and put text that holds `: ` in quotes"
    if rest.startswith("::"):
        return 'put an IPv6 network that begins with a colon in quotes: "::/0"'
    if "unknown escape character" in message:
        return "a backslash has a meaning in double quotes: use single quotes, or slashes"
    if rest[:1] in ("@", "`", "%"):
        return f"put text that begins with {rest[0]} in quotes"
    if context in ("while scanning an alias", "while scanning an anchor"):
        return f"put text that begins with {line[at - 1 : at] or '*'} in quotes"
    return None

"""A template as text: sorted, readable, and mostly written by the fast encoder.

`json.dumps` with an indent falls back to an encoder in Python, which writes a line for every
bracket. Here what is short stands in one line, as people would write it.
"""

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from camformation.layout import Template

WIDTH = 100
SMALL = 3  # entries of what may stand in one line; `{"Ref": "Vpc"}` is most of it

_compact = json.JSONEncoder(sort_keys=True).encode


def render(template: Template) -> str:
    """Return a template as text: sorted, a line for what fits one, ending in a newline."""
    pieces: list[str] = []
    if template:
        _write(template, "\n", pieces)
    else:
        pieces.append("{}")
    pieces.append("\n")
    return "".join(pieces)


def _write(node: Any, line: str, pieces: list[str]) -> None:
    """Append a node's JSON to the pieces; `line` is a line break and the node's indentation."""
    inner = line + "  "
    if isinstance(node, dict):
        comma = "{"
        for key in sorted(node):
            pieces.append(f"{comma}{inner}{quoted(key)}: ")
            _write_value(node[key], inner, len(inner) + len(key) + 4, pieces)
            comma = ","
        pieces.append(f"{line}}}")
    else:
        comma = "["
        for value in node:
            pieces.append(comma + inner)
            _write_value(value, inner, len(inner), pieces)
            comma = ","
        pieces.append(f"{line}]")


def _write_value(value: Any, line: str, column: int, pieces: list[str]) -> None:
    kind = type(value)
    if kind is str:
        pieces.append(quoted(value))
    elif (kind is not dict and kind is not list) or not value:
        pieces.append(_compact(value))
    elif _is_small(value) and len(text := _line(value)) <= WIDTH - column:
        pieces.append(text)
    else:
        _write(value, line, pieces)


def _line(value: Any) -> str:
    """Return a value in one line; most are `{"Ref": "Vpc"}`, and need no encoder set up."""
    if len(value) == 1 and type(value) is dict:
        ((key, only),) = value.items()
        if type(only) is str:
            return f"{{{quoted(key)}: {quoted(only)}}}"
    return _compact(value)


def _is_small(value: Any) -> bool:
    """Return whether a mapping or list may fit a line, without writing it first."""
    if len(value) > SMALL:
        return False
    for each in value.values() if type(value) is dict else value:
        if isinstance(each, dict | list) and len(each) > SMALL:
            return False
    return True

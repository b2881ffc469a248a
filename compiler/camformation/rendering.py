"""Rendering of a template as text: sorted, with short values on one line.

`json.dumps` with an indent falls back to an encoder in Python, which writes a line for every
bracket; here every value is written once, and scalars need no encoder.
"""

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from camformation.layout import Template

WIDTH = 100
SMALL = 3  # entries of what may stand in one line; `{"Ref": "Vpc"}` is most of it


class Line(str):
    """JSON that is already rendered, and stays on one line however long it is."""

    __slots__ = ()


def render(template: Template) -> str:
    """Return a template as text: sorted, with short values on one line, ending in a newline."""
    return _text(template, "\n", WIDTH) + "\n"


def _text(value: Any, line: str, column: int) -> str:
    """Return a value's JSON, which begins at a column; `line` is a line break and the indentation.

    A value on one line has few entries, each of them on one line.
    """
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is dict:
        inner = line + "  "
        entries = []
        for key in sorted(value):
            name, each = quoted(key) + ": ", value[key]
            if type(each) is str:  # most are: no call for them
                entries.append(name + quoted(each))
            elif type(each) is int:
                entries.append(name + str(each))
            else:
                entries.append(name + _text(each, inner, len(inner) + len(name)))
        opening, closing = "{", "}"
    elif kind is list:
        inner = line + "  "
        entries = [
            quoted(each) if type(each) is str else _text(each, inner, len(inner)) for each in value
        ]
        opening, closing = "[", "]"
    else:
        return str(value) if kind in (int, Line) else json.dumps(value)
    if len(entries) <= SMALL:
        text = f"{opening}{', '.join(entries)}{closing}"
        if not entries or (column + len(text) <= WIDTH and "\n" not in text):
            return text
    return f"{opening}{inner}{f',{inner}'.join(entries)}{line}{closing}"

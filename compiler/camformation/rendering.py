"""A template as text: sorted, readable, and written by the fast encoder."""

import json
from collections.abc import Iterator
from typing import Any

from camformation.layout import Template

WIDTH = 100


def render(template: Template) -> str:
    """Return a template as text: sorted, a line for what fits one, ending in a newline."""
    return "".join(_lines(template, "")) + "\n"


_compact = json.JSONEncoder(sort_keys=True).encode


def _lines(node: Any, indent: str) -> Iterator[str]:
    """Yield JSON in pieces. The fast encoder writes what fits a line; `indent` would forbid it."""
    if isinstance(node, dict) and node:
        opening, closing = "{", "}"
        items = [(f"{_compact(key)}: ", node[key]) for key in sorted(node)]
    elif isinstance(node, list) and node:
        opening, closing = "[", "]"
        items = [("", value) for value in node]
    else:
        yield _compact(node)
        return
    inner = indent + "  "
    yield opening
    for index, (key, value) in enumerate(items):
        yield f"{',' if index else ''}\n{inner}{key}"
        if len(inner) > 2 and len(text := _compact(value)) <= WIDTH - len(inner) - len(key):
            yield text
        else:
            yield from _lines(value, inner)
    yield f"\n{indent}{closing}"

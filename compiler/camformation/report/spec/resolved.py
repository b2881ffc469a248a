"""A complete spec as YAML or data, each value with its origin."""

import json
from collections.abc import Iterator
from typing import Any

from camformation.diagnostics import Path
from camformation.report.terminal_text import visible
from camformation.resolve import Resolved

_COLUMN = 58  # where the comments begin, at least


def as_yaml(resolved: Resolved) -> str:
    """Return the spec as YAML with a comment on each line that holds a value."""
    return "".join(f"{line}\n" for line in _lines(resolved, resolved.data, (), ""))


def _lines(resolved: Resolved, data: dict[str, Any], path: Path, indent: str) -> Iterator[str]:
    for key, value in data.items():
        here = (*path, key)
        if isinstance(value, dict) and value:
            yield f"{indent}{_scalar(key)}:"
            yield from _lines(resolved, value, here, f"{indent}  ")
        else:
            yield _annotated(f"{indent}{_scalar(key)}: {_flow(value)}", resolved, here)


def _annotated(line: str, resolved: Resolved, path: Path) -> str:
    return f"{line:<{_COLUMN}}  # {visible(str(resolved.origin(path)))}"


def _flow(value: Any) -> str:
    """Return a value in YAML's flow style, which JSON is part of."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: str) -> str:
    """Return text plain where YAML reads it back as the same text, else in quotes."""
    plain = text and all(c.isalnum() or c in "-_./" for c in text) and visible(text) == text
    safe = plain and text[0].isalpha() and text.lower() not in ("true", "false", "null")
    return text if safe else json.dumps(text, ensure_ascii=visible(text) != text)


def as_data(resolved: Resolved) -> dict[str, Any]:
    """Return the values, and by dotted path the origin of each."""

    def origins(data: dict[str, Any], path: Path) -> Iterator[tuple[str, str]]:
        for key, value in data.items():
            here = (*path, key)
            if isinstance(value, dict) and value:
                yield from origins(value, here)
            else:
                yield ".".join(map(str, here)), str(resolved.origin(here))

    return {"spec": resolved.data, "origins": dict(origins(resolved.data, ()))}

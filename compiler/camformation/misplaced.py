"""The right sections for misplaced keys."""

from collections.abc import Iterator

from camformation.closeness import named
from camformation.diagnostics import Path
from camformation.schema import Schema, resolved, schema

DISTINCTIVE = 7
"""Minimum length of a key that is unlikely to appear in another section by accident."""


def belongs(key: str, section: Path, language: str) -> str | None:
    """Return the field with this name, if there is one inside the section, or only one in the
    spec."""
    fields = list(_fields(schema(language), language))
    found = [path for path in fields if path[-1] == key]
    inside = [path for path in found if path[: len(section)] == section]
    if not found:
        words = named(key)
        inside = [p for p in fields if p[-1] in words and p[: len(section)] == section]
    elif not inside and len(key) >= DISTINCTIVE:
        inside = found
    return ".".join(map(str, inside[0])) if len(inside) == 1 else None


def _fields(part: Schema, language: str, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every field outside of lists and of mappings with the user's keys."""
    part = resolved(part, language)
    for option in (part, *part.get("anyOf", ())):
        for key, inner in resolved(option, language).get("properties", {}).items():
            yield (*path, key)
            yield from _fields(inner, language, (*path, key))

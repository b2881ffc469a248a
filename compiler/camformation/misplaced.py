"""The right sections for misplaced keys, and the right kinds of files."""

from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath
from typing import Any

from camformation.closeness import named
from camformation.diagnostics import Finding, Path
from camformation.schema import FLEET, SPEC, Schema, resolved, schema

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


def other_language(data: Mapping[str, Any], file: str, language: str) -> Finding | None:
    """Return the error that a fleet file was given instead of a spec, or the reverse.

    Keys that only one of the languages has show it.
    """
    names = {each: set(schema(each)["properties"]) for each in (SPEC, FLEET)}
    other = FLEET if language == SPEC else SPEC
    keys = data.keys()
    own = keys & names[language] - names[other]
    foreign = keys & names[other] - names[language]
    if language == SPEC and len(foreign) > len(own) and foreign & {"spec", "waves"}:
        message = "this is a fleet file, not a spec"
        hint = "use it with the `camformation fleet` commands"
        if isinstance(named := data.get("spec"), str) and len(named) <= 120:
            hint += f"; its spec is {normpath(join(dirname(file), named))}"
    elif language == FLEET and (len(foreign) > len(own) or keys <= names[SPEC]):
        message = "this is a spec, not a fleet file"
        hint = "use it with `camformation plan`; a fleet file names it in `spec`, and has `waves`"
    else:
        return None
    first = next(key for key in data if key in (foreign or keys))
    return Finding((first,), "CAM015", message, hint, at_key=True)

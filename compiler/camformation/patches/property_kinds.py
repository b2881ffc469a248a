"""Properties of patched resources whose values are of another kind than their type's schema wants.

CloudFormation takes a number or a boolean as text, too, and text for each of them that reads like
one. What an intrinsic function returns is not known here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.closeness import letters
from camformation.resource_schemas import resource_schema
from camformation.shapes import is_function

Place = tuple[str | int, ...]
Misfit = tuple[Place, str, str | None]
"""A place in a template, what is wrong with it, and what to do."""

NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}
_READS_AS = {
    "boolean": r"(?i)true|false",
    "integer": r"[-+]?\d+(?:\.0+)?",
    "number": r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?",
    "object": r"(?s)\s*\{.*",  # JSON
}


def misfits(title: str, resource_type: str, properties: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield the properties that CloudFormation would refuse for what they are."""
    schema = resource_schema(resource_type)
    if schema is not None:
        yield from _misfits(title, ("Resources", title, "Properties"), properties, schema, schema)


def _misfits(
    title: str, place: Place, value: Any, part: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[Misfit]:
    if value is None or is_function(value):
        return
    while "$ref" in part:
        definition = str(part["$ref"]).rpartition("/")[2]
        part = schema.get("definitions", {}).get(definition, {})
    said = part.get("type", ())
    kinds = [said] if isinstance(said, str) else list(said)
    if kinds and not any(_is(value, kind) for kind in kinds):
        takes = " or ".join(NAMES.get(kind, kind) for kind in kinds)
        message = f"{title}: {_said(place)} is {_what(value)}, where CloudFormation takes {takes}"
        yield place, message, "put it into a list: [...]" if kinds == ["array"] else None
    elif isinstance(value, dict) and "properties" in part:
        known = part["properties"]
        for name, each in value.items():
            if name in known:
                yield from _misfits(title, (*place, name), each, known[name], schema)
            elif meant := next((k for k in known if letters(k) == letters(name)), None):
                message = f"{title}: CloudFormation knows no property {_said((*place, name))}"
                yield (*place, name), message, f"did you mean {meant}?"
    elif isinstance(value, list) and isinstance(part.get("items"), dict):
        for index, each in enumerate(value):
            yield from _misfits(title, (*place, index), each, part["items"], schema)


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "object":
            known = isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return not isinstance(value, dict | list)
        case "boolean":
            known = isinstance(value, bool)
        case "integer" | "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            known = number and (kind == "number" or value % 1 == 0)
        case _:
            return True
    return bool(known or (isinstance(value, str) and re.fullmatch(_READS_AS[kind], value)))


def _what(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    kinds = {dict: "a mapping", list: "a list", str: "a text"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "a number")


def _said(place: Place) -> str:
    """Return a property as people write it: `NetworkConfiguration.Subnets[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place[3:])
    return text.removeprefix(".") or "Properties"

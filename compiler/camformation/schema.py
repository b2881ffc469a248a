"""The JSON Schemas of specs and fleet files, and validation against them.

jsonschema is the authority. Importing it takes longer than compiling a spec, so a small checker of
the keywords in use runs first, and jsonschema only for data that the checker rejects (see
`camformation.schema_errors`). Tests hold the two equal on data made from every part of the schemas.
The functions take the language: the first part of the schema's name.
"""

import json
import re
from functools import cache, lru_cache
from typing import Any

from camformation.assets import asset
from camformation.diagnostics import Path

Schema = dict[str, Any]

SPEC = "deployment"
FLEET = "fleet"

_LETTERS = r"\u00C0-\uD7FF"
"""Letters of other scripts, in a pattern: so many that it is slow to compile."""

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
}


def schema(language: str = SPEC) -> Schema:
    """Return the schema of a language."""
    return _loaded(language)


@cache  # which would take a default for another argument
def _loaded(language: str) -> Schema:
    loaded: Schema = json.loads(asset("schemas", f"{language}.schema.json").read_bytes())
    return loaded


@lru_cache(maxsize=512)
def named(reference: str, language: str) -> Schema:
    """Return the target of a reference in a language's schema."""
    node: Any = schema(language)
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node  # type: ignore[no-any-return]


def resolved(part: Schema, language: str = SPEC) -> Schema:
    """Return a part of the schema with its `$ref` followed; keywords next to `$ref` win."""
    while "$ref" in part:
        beside = {key: value for key, value in part.items() if key != "$ref"}
        part = {**named(part["$ref"], language), **beside}
    return part


def part_at(path: Path, language: str = SPEC) -> Schema | None:
    """Return the schema of the value at a path, or None where there can be none."""
    part: Any = schema(language)
    for step in path:
        part = resolved(part, language)
        if isinstance(step, int):
            part = part.get("items") or next(
                (option["items"] for option in part.get("anyOf", ()) if "items" in option), None
            )
        else:
            extra = part.get("additionalProperties")
            part = part.get("properties", {}).get(step, extra if isinstance(extra, dict) else None)
        if part is None:
            return None
    return resolved(part, language)


def completed(
    data: Any,
    layers: dict[Path, str],
    language: str = SPEC,
    part: Schema | None = None,
    path: Path = (),
) -> Any:
    """Return the data with the schema's defaults for missing values, in the schema's order.

    Records in `layers` the values that it supplied.
    """
    part = resolved(schema(language) if part is None else part, language)
    if isinstance(data, list) and "items" in part:
        items = part["items"]
        return [completed(item, layers, language, items, (*path, i)) for i, item in enumerate(data)]
    if not isinstance(data, dict) or "properties" not in part:
        return data
    complete: dict[str, Any] = {}
    for key, each in part["properties"].items():
        each = resolved(each, language)
        if key in data:
            value = data[key]
        elif "default" in each:
            value = each["default"]
            if isinstance(value, dict | list):  # the caller's own from now on
                value = copied(value)
            layers[*path, key] = "default"
        elif each.get("type") == "object":
            value = {}
        else:
            continue
        complete[key] = completed(value, layers, language, each, (*path, key))
    return complete


def copied(data: Any) -> Any:
    """Return a copy of plain data, independent of the original."""
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(each) for each in data] if isinstance(data, list) else data


def is_valid(data: Any, language: str = SPEC) -> bool:
    """Return whether the data fits the schema."""
    return fits(data, schema(language), language)


def fits(data: Any, part: Schema, language: str = SPEC) -> bool:
    """Return whether the data fits a part of a schema."""
    if "$ref" in part and not fits(data, named(part["$ref"], language), language):
        return False
    kind = part.get("type")
    if isinstance(kind, str):  # mostly
        if not _is(data, kind):
            return False
    elif kind and not any(_is(data, each) for each in kind):
        return False
    if "enum" in part and not any(_same(data, each) for each in part["enum"]):
        return False
    if "const" in part and not _same(data, part["const"]):
        return False
    if "anyOf" in part and not any(fits(data, option, language) for option in part["anyOf"]):
        return False
    if isinstance(data, str):
        return _string_fits(data, part)
    if isinstance(data, dict):
        return _object_fits(data, part, language)
    if isinstance(data, list):
        return _array_fits(data, part, language)
    if isinstance(data, int | float) and not isinstance(data, bool):
        return bool(part.get("minimum", data) <= data <= part.get("maximum", data)) and not (
            "multipleOf" in part and (data / part["multipleOf"]) % 1
        )
    return True


def _is(data: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        if isinstance(data, bool) or not isinstance(data, int | float):
            return False
        return kind == "number" or isinstance(data, int) or data.is_integer()
    return isinstance(data, _TYPES[kind])


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


def _string_fits(data: str, part: Schema) -> bool:
    if "pattern" in part and not matches(part["pattern"], data):
        return False
    return bool(part.get("minLength", 0) <= len(data) <= part.get("maxLength", len(data)))


def matches(pattern: str, text: str) -> bool:
    """Search as ECMA-262 does, which JSON Schema prescribes: `$` is the very end of the text."""
    if text.isascii():
        pattern = pattern.replace(_LETTERS, "")
    return bool(re.search(f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern, text))


def _object_fits(data: dict[str, Any], part: Schema, language: str) -> bool:
    if any(key not in data for key in part.get("required", ())):
        return False
    known = part.get("properties", {})
    extra = part.get("additionalProperties", True)
    names = part.get("propertyNames")
    for key, value in data.items():
        if names is not None and not fits(key, names, language):
            return False
        each = known.get(key, extra)
        if each is False or (each is not True and not fits(value, each, language)):
            return False
    return bool(part.get("minProperties", 0) <= len(data) <= part.get("maxProperties", len(data)))


def _array_fits(data: list[Any], part: Schema, language: str) -> bool:
    if not part.get("minItems", 0) <= len(data) <= part.get("maxItems", len(data)):
        return False
    if part.get("uniqueItems") and len({_written(each) for each in data}) < len(data):
        return False
    items = part.get("items")
    return items is None or all(fits(item, items, language) for item in data)


def _written(data: Any) -> str:
    """Return data as text that is the same for equal data: in JSON Schema 1.0 is 1."""
    return json.dumps(_whole(data), sort_keys=True)


def _whole(data: Any) -> Any:
    if isinstance(data, float) and data.is_integer():
        return int(data)
    if isinstance(data, list):
        return [_whole(each) for each in data]
    if isinstance(data, dict):
        return {key: _whole(each) for key, each in data.items()}
    return data

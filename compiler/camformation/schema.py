"""Structural validation of a spec against its JSON Schema.

Importing jsonschema costs more than compiling a spec, so a small checker of the keywords that our
schema uses gives the verdict, and jsonschema is imported only to explain a "no". Tests hold the
two together.
"""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from camformation.assets import asset
from camformation.diagnostics import Finding, Path

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
}


@cache
def schema() -> Schema:
    """Return the schema of a deployment spec."""
    loaded: Schema = json.loads(asset("schemas", "deployment.schema.json").read_text("utf-8"))
    return loaded


@lru_cache(maxsize=512)
def _named(reference: str) -> Schema:
    node: Any = schema()
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node  # type: ignore[no-any-return]


def resolved(part: Schema) -> Schema:
    """Return a part of the schema with its `$ref` followed; what stands beside `$ref` wins."""
    while "$ref" in part:
        beside = {key: value for key, value in part.items() if key != "$ref"}
        part = {**_named(part["$ref"]), **beside}
    return part


def part_at(path: Path) -> Schema | None:
    """Return the schema of the value at a spec path, or None where there can be none."""
    part: Any = schema()
    for step in path:
        part = resolved(part)
        if isinstance(step, int):
            part = part.get("items") or next(
                (option["items"] for option in part.get("anyOf", ()) if "items" in option), None
            )
        else:
            extra = part.get("additionalProperties")
            part = part.get("properties", {}).get(step, extra if isinstance(extra, dict) else None)
        if part is None:
            return None
    return resolved(part)


def is_valid(data: Any) -> bool:
    """Return whether the data fits the schema."""
    return _fits(data, schema())


def _fits(data: Any, part: Schema) -> bool:
    if "$ref" in part and not _fits(data, _named(part["$ref"])):
        return False
    kind = part.get("type")
    if kind and not any(_is(data, each) for each in ([kind] if isinstance(kind, str) else kind)):
        return False
    if "enum" in part and not any(data == e and type(data) is type(e) for e in part["enum"]):
        return False
    if "const" in part and not (data == part["const"] and type(data) is type(part["const"])):
        return False
    if "anyOf" in part and not any(_fits(data, option) for option in part["anyOf"]):
        return False
    if "oneOf" in part and sum(_fits(data, option) for option in part["oneOf"]) != 1:
        return False
    if isinstance(data, str):
        return _string_fits(data, part)
    if isinstance(data, dict):
        return _object_fits(data, part)
    if isinstance(data, list):
        return _array_fits(data, part)
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


def _string_fits(data: str, part: Schema) -> bool:
    if "pattern" in part and not _matches(part["pattern"], data):
        return False
    return bool(part.get("minLength", 0) <= len(data) <= part.get("maxLength", len(data)))


def _matches(pattern: str, text: str) -> bool:
    """Search as ECMA-262 does, which JSON Schema prescribes: `$` is the very end of the text."""
    return bool(re.search(f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern, text))


def _object_fits(data: dict[str, Any], part: Schema) -> bool:
    if any(key not in data for key in part.get("required", ())):
        return False
    known = part.get("properties", {})
    extra = part.get("additionalProperties", True)
    names = part.get("propertyNames")
    for key, value in data.items():
        if names is not None and not _fits(key, names):
            return False
        each = known.get(key, extra)
        if each is False or (each is not True and not _fits(value, each)):
            return False
    return bool(part.get("minProperties", 0) <= len(data) <= part.get("maxProperties", len(data)))


def _array_fits(data: list[Any], part: Schema) -> bool:
    if not part.get("minItems", 0) <= len(data) <= part.get("maxItems", len(data)):
        return False
    if part.get("uniqueItems") and len({json.dumps(i, sort_keys=True) for i in data}) < len(data):
        return False
    items = part.get("items")
    return items is None or all(_fits(item, items) for item in data)


def explain(data: Any, raw: Mapping[Path, str]) -> Iterator[Finding]:
    """Yield every way in which the data departs from the schema; `raw` has numbers as written."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def pattern(_: Any, value: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not _matches(value, instance):
            yield ValidationError(f"{instance!r} does not match {value!r}")

    reader = validators.extend(Draft202012Validator, {"pattern": pattern})
    errors = list(reader(schema()).iter_errors(data))
    mistyped = {tuple(e.absolute_path) for e in errors if e.validator == "type"}
    for error in errors:
        # A value of the wrong type is not one of the allowed values either; once is enough.
        if error.validator != "enum" or tuple(error.absolute_path) not in mistyped:
            yield from _findings(error, raw)


def _findings(error: Any, raw: Mapping[Path, str]) -> Iterator[Finding]:
    path: Path = tuple(error.absolute_path)
    part, value = error.schema, error.instance
    match error.validator:
        case "additionalProperties" if part["additionalProperties"] is False:
            known = list(part.get("properties", ()))
            for key in sorted(value.keys() - known):
                hint = _closest(key, known) or f"the keys here are {', '.join(known)}"
                message = f"unknown key {key!r}"
                yield Finding((*path, key), "CAM011", message, hint, at_key=True)
        case "required":
            for key in part["required"]:
                if key not in value and f"{key!r} is a required" in error.message:
                    about = resolved(part.get("properties", {}).get(key, {})).get("title", "")
                    hint = f"{key}: {about}" if about.lower() != key else None
                    yield Finding(path, "CAM012", f"the key {key!r} is missing", hint, at_key=True)
        case "propertyNames":
            yield Finding(path, "CAM010", f"{value!r} is not a valid name here", at_key=True)
        case "pattern" if not error.absolute_path and error.parent is None and path == ():
            yield Finding(path, "CAM010", f"{value!r} is not a valid name here", at_key=True)
        case "anyOf" | "oneOf":
            yield _of_several(error, path, raw)
        case _:
            message, hint = _sentence(error, path, raw)
            yield Finding(path, "CAM010", message, hint)


def _of_several(error: Any, path: Path, raw: Mapping[Path, str]) -> Finding:
    """Explain the alternative that fits best: one of the value's own type, else all of them."""
    for option in error.context:
        if option.validator not in ("type", "enum", "const"):
            deeper = next(_findings(option, raw), None)
            if deeper:
                return deeper
    part = part_at(path) or {}
    hint = _example(part) or part.get("title")
    return Finding(path, "CAM010", f"{_shown(error.instance)} is not allowed here", hint)


def _sentence(error: Any, path: Path, raw: Mapping[Path, str]) -> tuple[str, str | None]:
    value, limit, part = error.instance, error.validator_value, part_at(path) or error.schema
    unit = f" {part['x-unit']}" if "x-unit" in part else ""
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else [k for k in limit if k != "null"]
            message = f"expected {' or '.join(map(_kind, kinds))}, not {_shown(value)}"
            return message, _type_hint(value, kinds, raw.get(path)) or _example(part)
        case "enum":
            options = ", ".join(json.dumps(each) for each in limit)
            close = _closest(value, limit) if isinstance(value, str) else None
            return f"{_shown(value)} is not one of {options}", close
        case "minimum":
            return f"{value}{unit} is too small: at least {limit}{unit}", None
        case "maximum":
            return f"{value}{unit} is too large: at most {limit}{unit}", None
        case "minItems":
            return f"{len(value)} entries are too few: at least {limit}", _example(part)
        case "maxItems":
            return f"{len(value)} entries are too many: at most {limit}", None
        case "uniqueItems":
            return "an entry is there twice", None
        case "minLength":
            return f"{value!r} is too short: at least {limit} characters", None
        case "maxLength":
            return f"{value!r} is too long: at most {limit} characters", None
        case "pattern":
            title = part.get("title", "value")
            title = title if title[1:2].isupper() else title[:1].lower() + title[1:]
            return f"{value!r} is not a valid {title}", _example(part) or f"pattern: {limit}"
    return str(error.message), _example(part)


def _type_hint(value: Any, kinds: list[str], raw: str | None) -> str | None:
    if kinds == ["string"] and raw is not None:
        return f'put it in quotes: "{raw}"'
    if kinds == ["string"] and isinstance(value, bool):
        return f'put it in quotes: "{str(value).lower()}"'
    if (
        "boolean" in kinds
        and isinstance(value, str)
        and value.lower() in ("yes", "on", "no", "off")
    ):
        return f"write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    if kinds and kinds[0] in ("integer", "number") and isinstance(value, str) and value.isdigit():
        return f"write {value} without quotes"
    if "array" in kinds and isinstance(value, str):
        return f"write [{value}]"
    return None


def _closest(word: str, known: list[Any]) -> str | None:
    close = get_close_matches(word, [each for each in known if isinstance(each, str)], n=1)
    return f"did you mean {close[0]!r}?" if close else None


def _example(part: Schema) -> str | None:
    examples = part.get("examples")
    return f"for example {json.dumps(examples[0])}" if examples else None


def _kind(kind: str) -> str:
    return {
        "object": "a mapping",
        "array": "a list",
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "null": "nothing",
    }[kind]


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str() if len(value) > 40:
            return repr(value[:37] + "...")
        case _:
            return json.dumps(value)

"""The spec language: every field explains itself, and the classes have the same fields."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from jsonschema import Draft202012Validator

from camformation.deployment import Deployment
from camformation.schema import is_valid, resolved, schema
from camformation.specs import key

# What `camformation.schema` checks, besides what only describes.
KEYWORDS = {
    *("type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("multipleOf", "minItems", "maxItems", "uniqueItems", "items", "required", "properties"),
    *("additionalProperties", "propertyNames", "maxProperties", "$ref", "anyOf", "oneOf"),
}
ANNOTATIONS = {
    *("title", "description", "default", "examples", "format"),
    *("x-unit", "x-affects", "x-change", "x-open"),
}
CHANGE = re.compile("none|in place|rolling restart|replaces .+|refused on a live deployment")
FROM_VERSION = {("orchestration", "image"), ("connectors", "image")}
OPERATION = ("patches", "*", "patch", "*")  # an RFC 6902 operation is kept as it was written

SpecPath = tuple[str, ...]
Schema = dict[str, Any]


def fields_of(part: Schema, path: SpecPath = ()) -> Iterator[tuple[SpecPath, Schema, bool]]:
    """Yield every field of the language with its schema, and whether it is required."""
    part = resolved(part)
    for name, field in part.get("properties", {}).items():
        yield (*path, name), field, name in part.get("required", ())
        yield from fields_of(field, (*path, name))
    for item in items_of(part):
        yield from fields_of(item, (*path, "*"))


def items_of(part: Schema) -> Iterator[Schema]:
    """Yield the schemas of the elements of a list or free mapping."""
    if "items" in part:
        yield part["items"]
    if isinstance(part.get("additionalProperties"), dict):
        yield part["additionalProperties"]
    for option in part.get("anyOf", ()):
        yield from items_of(resolved(option))


def schemas_in(part: Schema, path: str = "#") -> Iterator[tuple[str, Schema]]:
    """Yield every schema in a schema, with where it is."""
    yield path, part
    for holder in ("properties", "$defs"):
        for name, each in part.get(holder, {}).items():
            yield from schemas_in(each, f"{path}/{holder}/{name}")
    for holder in ("items", "additionalProperties", "propertyNames"):
        if isinstance(part.get(holder), dict):
            yield from schemas_in(part[holder], f"{path}/{holder}")
    for holder in ("anyOf", "oneOf"):
        for number, each in enumerate(part.get(holder, ())):
            yield from schemas_in(each, f"{path}/{holder}/{number}")


def validator(part: Schema) -> Draft202012Validator:
    """Return a validator of one part of the language, with the definitions it refers to."""
    return Draft202012Validator({**part, "$defs": schema()["$defs"]})


def is_section(part: Schema) -> bool:
    """Return whether a field always exists and only holds other fields."""
    part = resolved(part)
    return part.get("type") == "object" and "properties" in part and "default" not in part


FIELDS = list(fields_of(schema()))
PARTS = list(schemas_in(schema()))
each_field = pytest.mark.parametrize(
    ("path", "field", "required"), FIELDS, ids=[".".join(path) for path, _, _ in FIELDS]
)


def test_schema_is_json_schema_2020_12() -> None:
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema())


def test_only_the_name_is_required() -> None:
    assert schema()["required"] == ["name"]
    assert is_valid({"name": "camunda"})


@pytest.mark.parametrize(("path", "part"), PARTS, ids=[path for path, _ in PARTS])
def test_schema_uses_only_keywords_that_are_checked(path: str, part: Schema) -> None:
    top = {"$schema", "$defs"} if path == "#" else set()
    assert set(part) - KEYWORDS - ANNOTATIONS - top == set()
    if "properties" in part:
        assert part["additionalProperties"] is False, "unknown keys must be errors"
        assert set(part.get("required", ())) <= set(part["properties"])
    if "pattern" in part:
        assert part["pattern"].startswith("^") and part["pattern"].endswith("$")


def test_every_definition_is_used() -> None:
    used = {part["$ref"] for _, part in PARTS if "$ref" in part}
    assert used == {f"#/$defs/{name}" for name in schema()["$defs"]}


@each_field
def test_field_says_what_it_is(path: SpecPath, field: Schema, required: bool) -> None:
    part = resolved(field)
    assert part.get("title")
    assert not part["title"].endswith(".")
    assert part.get("description", "").endswith(".")
    for value in part.get("enum", ()):
        if isinstance(value, str):
            assert re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", text_of(path, part)), value


def text_of(path: SpecPath, part: Schema) -> str:
    """Return all that explains a field's values; versions and components are their own names."""
    own_names = part["enum"] if path in {("version",), ("patches", "*", "component")} else ()
    return " ".join((part["description"], *own_names))


@each_field
def test_list_elements_and_mapping_values_say_what_they_are(
    path: SpecPath, field: Schema, required: bool
) -> None:
    for item in map(resolved, items_of(resolved(field))):
        assert item.get("title") and item.get("description", "").endswith(".")


@each_field
def test_field_has_a_default_or_must_be_given(
    path: SpecPath, field: Schema, required: bool
) -> None:
    part = resolved(field)
    if path[:4] == OPERATION or path in FROM_VERSION:
        assert "default" not in part
    elif required:
        assert "default" not in part, "nobody can see the default of a required field"
    else:
        assert "default" in part or is_section(part)
    if "default" in part:
        assert not list(validator(part).iter_errors(part["default"]))


@each_field
def test_field_says_what_changing_it_does(path: SpecPath, field: Schema, required: bool) -> None:
    part = resolved(field)
    if is_section(part) or path[:2] == ("patches", "*"):
        return
    assert CHANGE.fullmatch(part["x-change"])
    assert part["x-affects"] and all(isinstance(each, str) for each in part["x-affects"])


@pytest.mark.parametrize(("path", "part"), PARTS, ids=[path for path, _ in PARTS])
def test_examples_are_valid(path: str, part: Schema) -> None:
    part = resolved(part)
    for example in part.get("examples", ()):
        assert not list(validator(part).iter_errors(example))


@each_field
def test_what_has_a_pattern_has_an_example_or_default(
    path: SpecPath, field: Schema, required: bool
) -> None:
    part = resolved(field)
    if "pattern" in part:
        assert part.get("examples") or isinstance(part.get("default"), str)


def test_schema_and_classes_have_the_same_fields() -> None:
    compare(Deployment, schema(), ())


def compare(kind: Any, part: Schema, path: SpecPath) -> None:
    """Fail where a class and a schema differ in their fields, their order or their shape."""
    part = resolved(part)
    where = ".".join(path) or "the spec"
    hints = get_type_hints(kind)
    in_class = [key(field.name) for field in dataclasses.fields(kind)]
    in_schema = [name for name in part["properties"] if (*path, name) != ("extends",)]
    assert in_schema == in_class, where
    for field in dataclasses.fields(kind):
        name = key(field.name)
        compare_value(hints[field.name], part["properties"][name], (*path, name))


def compare_value(hint: Any, part: Schema, path: SpecPath) -> None:
    """Fail where a field's type and its schema differ."""
    part = resolved(part)
    where = ".".join(path)
    if "anyOf" in part and get_origin(hint) is UnionType:
        for option in get_args(hint):
            fitting = [each for each in part["anyOf"] if json_type(option) in types_of(each)]
            assert fitting, where
        return
    shapes = part.get("anyOf", [part])
    options = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    for shape in map(resolved, shapes):
        assert {json_type(option) for option in options} == types_of(shape), where
    for option in options:
        if dataclasses.is_dataclass(option):
            compare(option, part, path)
        elif get_origin(option) is tuple:
            item, ellipsis = get_args(option)
            assert ellipsis is ...
            for shape in map(resolved, shapes):
                if dataclasses.is_dataclass(item):
                    compare(item, shape["items"], (*path, "*"))
                elif get_origin(item) is not Mapping:
                    items = resolved(shape["items"])
                    assert types_of(items) == {json_type(item)}, where
        elif get_origin(option) is Mapping:
            assert "properties" not in part, where
            values = resolved(part["additionalProperties"])
            assert types_of(values) == {json_type(get_args(option)[1])}, where


def json_type(hint: Any) -> str:
    """Return the JSON Schema type of a Python type."""
    if dataclasses.is_dataclass(hint) or get_origin(hint) is Mapping:
        return "object"
    if get_origin(hint) is tuple:
        return "array"
    names = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}
    return names[hint]


def types_of(part: Schema) -> set[str]:
    """Return the types that a schema takes."""
    if "const" in part:
        return {json_type(type(part["const"]))}
    kind = part["type"]
    return {kind} if isinstance(kind, str) else set(kind)

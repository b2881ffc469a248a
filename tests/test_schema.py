"""The spec language: every field explains itself, and the classes have the same fields."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from jsonschema import Draft202012Validator

from camformation.deployment import Deployment
from camformation.fleet.specs import FleetSpec
from camformation.schema import FLEET, SPEC, is_valid, resolved, schema
from camformation.specs import key
from every import every

# What `camformation.schema` checks, besides what only describes.
KEYWORDS = {
    *("type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("multipleOf", "minItems", "maxItems", "uniqueItems", "items", "required", "properties"),
    *("additionalProperties", "propertyNames", "minProperties", "maxProperties", "$ref", "anyOf"),
}
ANNOTATIONS = {
    *("title", "description", "default", "examples", "format"),
    *("x-unit", "x-affects", "x-change", "x-open"),
}
CHANGE = re.compile("none|in place|rolling restart|replaces .+|refused on a live deployment")
FROM_VERSION = {("orchestration", "image"), ("connectors", "image")}
OPERATION = ("patches", "*", "patch", "*")  # an RFC 6902 operation is kept as it was written

INHERITED = ("waves", "*", "operation")  # what it leaves out is the fleet's
LANGUAGES = {SPEC: Deployment, FLEET: FleetSpec}

SpecPath = tuple[str, ...]
Schema = dict[str, Any]
Field = tuple[str, SpecPath, Schema, bool]  # its language, and whether it is required
Part = tuple[str, str, Schema]
Decorator = Callable[[Callable[..., None]], Callable[[], None]]


def fields_of(part: Schema, language: str, path: SpecPath = ()) -> Iterator[Field]:
    """Yield every field of a language."""
    for name, field in part.get("properties", {}).items():
        field = resolved(field, language)
        yield language, (*path, name), field, name in part.get("required", ())
        yield from fields_of(field, language, (*path, name))
    for item in items_of(part, language):
        yield from fields_of(item, language, (*path, "*"))


def items_of(part: Schema, language: str) -> Iterator[Schema]:
    """Yield the schemas of the elements of a list or free mapping."""
    if "items" in part:
        yield resolved(part["items"], language)
    if isinstance(part.get("additionalProperties"), dict):
        yield resolved(part["additionalProperties"], language)
    for option in part.get("anyOf", ()):
        yield from items_of(resolved(option, language), language)


def schemas_in(part: Schema, path: str = "#") -> Iterator[tuple[str, Schema]]:
    """Yield every schema in a schema, with where it is."""
    yield path, part
    for holder in ("properties", "$defs"):
        for name, each in part.get(holder, {}).items():
            yield from schemas_in(each, f"{path}/{holder}/{name}")
    for holder in ("items", "additionalProperties", "propertyNames"):
        if isinstance(part.get(holder), dict):
            yield from schemas_in(part[holder], f"{path}/{holder}")
    for number, each in enumerate(part.get("anyOf", ())):
        yield from schemas_in(each, f"{path}/anyOf/{number}")


def validator(part: Schema, language: str) -> Draft202012Validator:
    """Return a validator of one part of a language, with the definitions it refers to."""
    return Draft202012Validator({**part, "$defs": schema(language)["$defs"]})


def is_section(part: Schema) -> bool:
    """Return whether a field always exists and only holds other fields."""
    return part.get("type") == "object" and "properties" in part and "default" not in part


FIELDS: list[Field] = [
    field for language in LANGUAGES for field in fields_of(schema(language), language)
]
PARTS: list[Part] = [
    (language, *part) for language in LANGUAGES for part in schemas_in(schema(language))
]
each_language = pytest.mark.parametrize("language", LANGUAGES)


def each_field(*, having: Callable[[Field], object] = lambda _: True) -> Decorator:
    """Run a test for each field that it has something to say of."""
    fields = [field for field in FIELDS if having(field)]
    return every([(".".join((field[0], *field[1])), field) for field in fields])


def each_part(*, having: Callable[[Part], object] = lambda _: True) -> Decorator:
    """Run a test for each schema that it has something to say of."""
    parts = [part for part in PARTS if having(part)]
    return every([(f"{part[0]}{part[1]}", part) for part in parts])


def is_changed(field: Field) -> bool:
    """Return whether changing a field means anything: sections and patches only hold others."""
    _, path, part, _ = field
    return not is_section(part) and path[:2] != ("patches", "*")


@each_language
def test_schema_is_json_schema_2020_12(language: str) -> None:
    assert schema(language)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema(language))


def test_only_the_name_is_required() -> None:
    assert schema()["required"] == ["name"]
    assert is_valid({"name": "camunda"})


def test_little_of_a_fleet_is_required() -> None:
    target = {"accounts": ["222233334444"], "regions": ["eu-west-2"]}
    waves = [{"name": "all", "targets": [target]}]
    fleet = {"name": "camunda", "spec": "camunda.yaml", "region": "eu-west-2", "waves": waves}
    assert is_valid(fleet, FLEET)
    assert set(schema(FLEET)["required"]) == fleet.keys()


@each_part()
def test_schema_uses_only_keywords_that_are_checked(language: str, path: str, part: Schema) -> None:
    top = {"$schema", "$defs"} if path == "#" else set()
    assert set(part) - KEYWORDS - ANNOTATIONS - top == set()
    if "properties" in part:
        assert part["additionalProperties"] is False, "unknown keys must be errors"
        assert set(part.get("required", ())) <= set(part["properties"])
    if "pattern" in part:
        assert part["pattern"].startswith("^") and part["pattern"].endswith("$")


@each_language
def test_every_definition_is_used(language: str) -> None:
    used = {part["$ref"] for each, _, part in PARTS if each == language and "$ref" in part}
    assert used == {f"#/$defs/{name}" for name in schema(language)["$defs"]}


@each_field()
def test_field_says_what_it_is(
    language: str, path: SpecPath, field: Schema, required: bool
) -> None:
    part = field
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


@each_field(having=lambda field: [*items_of(field[2], field[0])])
def test_list_elements_and_mapping_values_say_what_they_are(
    language: str, path: SpecPath, field: Schema, required: bool
) -> None:
    for item in items_of(field, language):
        assert item.get("title") and item.get("description", "").endswith(".")


@each_field()
def test_field_has_a_default_or_must_be_given(
    language: str, path: SpecPath, field: Schema, required: bool
) -> None:
    elsewhere = path[:4] == OPERATION or path in FROM_VERSION or path[:3] == INHERITED
    if elsewhere and path != INHERITED:
        assert "default" not in field
    elif required:
        assert "default" not in field, "nobody can see the default of a required field"
    else:
        assert "default" in field or is_section(field)
    if "default" in field:
        assert not list(validator(field, language).iter_errors(field["default"]))


@each_field(having=is_changed)
def test_field_says_what_changing_it_does(
    language: str, path: SpecPath, field: Schema, required: bool
) -> None:
    if language == SPEC:
        assert CHANGE.fullmatch(field["x-change"])
    assert field["x-affects"] and all(isinstance(each, str) for each in field["x-affects"])


@each_part(having=lambda part: resolved(part[2], part[0]).get("examples"))
def test_examples_are_valid(language: str, path: str, part: Schema) -> None:
    part = resolved(part, language)
    for example in part["examples"]:
        assert not list(validator(part, language).iter_errors(example))


@each_field(having=lambda field: "pattern" in field[2])
def test_what_has_a_pattern_has_an_example_or_default(
    language: str, path: SpecPath, field: Schema, required: bool
) -> None:
    assert field.get("examples") or isinstance(field.get("default"), str)


@each_language
def test_schema_and_classes_have_the_same_fields(language: str) -> None:
    compare(LANGUAGES[language], schema(language), (), language)


def compare(kind: Any, part: Schema, path: SpecPath, language: str) -> None:
    """Fail where a class and a schema differ in their fields, their order or their shape."""
    part = resolved(part, language)
    where = ".".join(path) or "the spec"
    hints = get_type_hints(kind)
    in_class = [key(field.name) for field in dataclasses.fields(kind)]
    in_schema = [name for name in part["properties"] if (*path, name) != ("extends",)]
    assert in_schema == in_class, where
    for field in dataclasses.fields(kind):
        name = key(field.name)
        compare_value(hints[field.name], part["properties"][name], (*path, name), language)


def compare_value(hint: Any, part: Schema, path: SpecPath, language: str) -> None:
    """Fail where a field's type and its schema differ."""
    part = resolved(part, language)
    where = ".".join(path)
    if "anyOf" in part and get_origin(hint) is UnionType:
        for option in get_args(hint):
            fitting = [each for each in part["anyOf"] if json_type(option) in types_of(each)]
            assert fitting, where
        return
    shapes = [resolved(each, language) for each in part.get("anyOf", [part])]
    options = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    for shape in shapes:
        assert {json_type(option) for option in options} == types_of(shape), where
    for option in options:
        if dataclasses.is_dataclass(option):
            compare(option, part, path, language)
        elif get_origin(option) is tuple:
            item, ellipsis = get_args(option)
            assert ellipsis is ...
            for shape in shapes:
                if dataclasses.is_dataclass(item):
                    compare(item, shape["items"], (*path, "*"), language)
                elif get_origin(item) is not Mapping:
                    items = resolved(shape["items"], language)
                    kinds = get_args(item) if get_origin(item) is UnionType else (item,)
                    assert types_of(items) == {json_type(kind) for kind in kinds}, where
        elif get_origin(option) is Mapping:
            assert "properties" not in part, where
            values = resolved(part["additionalProperties"], language)
            each = get_args(option)[1]
            if dataclasses.is_dataclass(each):
                compare(each, values, (*path, "*"), language)
            kinds = get_args(each) if get_origin(each) is UnionType else (each,)
            types = {json_type(kind) for kind in kinds}
            types -= {"integer"} if "number" in types else set()  # which JSON's numbers include
            assert types_of(values) == types, where


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

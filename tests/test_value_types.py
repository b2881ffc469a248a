"""Every literal in a template has the JSON type that the provider's schema gives it.

CloudFormation itself turns "10" into 10; strict readers and other tools do not.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from camformation.layout import Layout, Templates
from deployments import templates
from test_examples import SPECS, compiled, nodes
from test_waits import SPECS as VARIATIONS

Schema = dict[str, Any]
NAMES = {str: "string", bool: "boolean", int: "integer", float: "number"}


@cache
def bundled(kind: str) -> Schema:
    """Return the provider schema of a resource type, as cfn-lint brings it."""
    spec = find_spec("cfnlint")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations))) / "data" / "schemas"
    index = json.loads((folder / "providers" / "us-east-1.json").read_text("utf-8"))
    schema: Schema = json.loads((folder / "resources" / f"{index[kind]}.json").read_text("utf-8"))
    return schema


def variants(schema: Schema, root: Schema) -> Iterator[Schema]:
    """Yield a schema and all that it is made of, references followed."""
    while "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    yield schema
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            yield from variants(part, root)


def wrong(
    value: Any, schemas: list[Schema], root: Schema, path: str
) -> Iterator[tuple[str, Any, set[str]]]:
    """Yield the literals that have another type than the schemas say: path, value and types."""

    def inside(parts: list[Schema]) -> list[Schema]:
        return [each for part in parts for each in variants(part, root)]

    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("Ref", "Condition") or key.startswith("Fn::"):
                continue
            parts = [s["properties"][key] for s in schemas if key in s.get("properties", {})]
            parts += [p for s in schemas for p in s.get("patternProperties", {}).values()]
            yield from wrong(item, inside(parts), root, f"{path}/{key}")
    elif isinstance(value, list):
        parts = [s["items"] for s in schemas if isinstance(s.get("items"), dict)]
        for index, item in enumerate(value):
            yield from wrong(item, inside(parts), root, f"{path}/{index}")
    else:
        said = [s["type"] for s in schemas if "type" in s]
        known = {t for each in said for t in ([each] if isinstance(each, str) else each)}
        name = NAMES[type(value)]
        if known and name not in known and not (name == "integer" and "number" in known):
            yield path, value, known


def checked(found: Templates) -> tuple[int, list[Any]]:
    """Return how many resources were compared with a schema, and what is wrong in them."""
    count = 0
    problems: list[Any] = []
    for template in found.values():
        for title, resource in template["Resources"].items():
            if not resource["Type"].startswith("Custom::"):
                root = bundled(resource["Type"])
                count += 1
                problems += wrong(resource.get("Properties", {}), [root], root, title)
    return count, problems


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_literals_of_the_shipped_specs_have_the_provider_s_types(
    spec: Path, layout: Layout
) -> None:
    count, problems = checked(compiled(spec, layout).templates)
    assert count >= 80 and problems == []


@pytest.mark.parametrize("sections", VARIATIONS.values(), ids=VARIATIONS)
def test_literals_of_other_specs_have_them_too(sections: dict[str, Any]) -> None:
    serverless = {"serverless": {"min_acu": 0.5, "max_acu": 8}}
    database = {**sections.get("database", {}), **serverless}
    efs = {"efs": {"throughput_mode": "provisioned"}}
    storage = {**sections.get("storage", {}), **efs}
    _, problems = checked(templates(**{**sections, "database": database, "storage": storage}))
    assert problems == []


def test_a_text_where_a_number_belongs_is_noticed() -> None:
    kind = "AWS::ServiceDiscovery::Service"
    record = {"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": "10"}]}}
    root = bundled(kind)
    assert list(wrong(record, [root], root, "Service")) == [
        ("Service/DnsConfig/DnsRecords/0/TTL", "10", {"number"})
    ]


def test_zones_are_asked_for_by_region() -> None:
    """An empty text means the same to CloudFormation, and nothing to rain."""
    asked = [
        node["Fn::GetAZs"]
        for node in nodes(templates())
        if isinstance(node, dict) and "Fn::GetAZs" in node
    ]
    assert asked == 6 * [{"Ref": "AWS::Region"}]

"""Patches put any value anywhere in a template: plans judge what they can, and survive the rest."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.symbols import Templates
from camformation.layout import ROOT, Layout
from deployments import templates

VALUES: list[Any] = [
    {"Fn::ImportValue": "other"},
    {"Fn::If": ["Condition", 1, {"Ref": "AWS::NoValue"}]},
    {"Ref": "Unknown"},
    [{"Ref": "AWS::NoValue"}],
    [],
    "",
    True,
    0,
]
SAMPLE = 10  # places of each spec
SPECS: dict[str, dict[str, Any]] = {
    "reference": {"storage": {"efs": {"throughput_mode": "provisioned"}}},
    "production": {"profile": "production", "database": {"log_exports": {}}},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for step, each in items:
        yield from places(each, (*path, step))


def patched(root: dict[str, Any], logical_id: str, path: tuple[Any, ...], value: Any) -> Templates:
    changed = copy.deepcopy(root)
    parent = changed["Resources"][logical_id]["Properties"]
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return {ROOT: changed}


@pytest.mark.parametrize("name", SPECS)
def test_any_value_before_or_after_is_planned(name: str) -> None:
    root = templates(Layout.FLAT, **SPECS[name])[ROOT]
    everywhere = [
        (logical_id, path)
        for logical_id, resource in root["Resources"].items()
        for path in places(resource.get("Properties", {}))
    ]
    chosen = random.Random(8)
    for logical_id, path in chosen.sample(everywhere, SAMPLE):
        other = patched(root, logical_id, path, chosen.choice(VALUES))
        for before, after in (({ROOT: root}, other), (other, {ROOT: root})):
            assert make_plan(before, after) is not None


@pytest.mark.parametrize(
    ("logical_id", "path", "value"),
    [
        ("FileSystem", ("ProvisionedThroughputInMibps",), {"Fn::ImportValue": "other"}),
        ("AuroraCluster", ("EnableCloudwatchLogsExports",), {"Fn::ImportValue": "other"}),
        ("BackupBucket", ("BucketEncryption",), {"Fn::If": ["Condition", {}, {}]}),
        ("OrchestrationTaskDefinition", ("ContainerDefinitions",), {"Fn::If": ["C", [], []]}),
    ],
)
def test_what_is_known_at_run_time_alone_is_planned(
    logical_id: str, path: tuple[Any, ...], value: Any
) -> None:
    root = templates(Layout.FLAT, profile="production")[ROOT]
    other = patched(root, logical_id, path, value)
    made = make_plan({ROOT: root}, other)
    assert logical_id in {change.logical_id for change in made.changes()}
    assert make_plan(other, {ROOT: root}) is not None

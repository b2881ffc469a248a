"""A fleet file is completed like a spec: defaults, what waves inherit, where each value is from."""

from pathlib import Path
from typing import Any

import pytest

from camformation.assets import asset
from camformation.diagnostics import Location, SpecError
from camformation.fleet.binding import bind
from camformation.fleet.export import export
from camformation.fleet.protection import PROTECTION
from camformation.fleet.reading import load_fleet
from camformation.fleet.specs import AutoDeploymentSpec, OperationSpec
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from fleet.fleets import DEFINITIONS, ONE, accounts_of, in_units, loaded, required, service_managed

DEFAULT = OperationSpec(
    None, None, None, None, "STRICT_FAILURE_TOLERANCE", "SEQUENTIAL", region_order=()
)
TWO_REGIONS = {"accounts": ["333333333333"], "regions": ["eu-west-2", "eu-central-1"]}


def operation(own: dict[str, Any], fleets: dict[str, Any]) -> OperationSpec:
    """Return the operation of a wave in eu-west-2, before one in two regions."""
    waves = [
        {"name": "canary", "targets": [ONE], "operation": own},
        {"name": "others", "targets": [TWO_REGIONS]},
    ]
    return loaded(waves=waves, operation=fleets).fleet.waves[0].operation


def test_defaults() -> None:
    fleet = loaded().fleet
    assert fleet.permission_model == "SELF_MANAGED" and fleet.call_as == "SELF"
    assert fleet.managed_execution and fleet.account is None
    assert fleet.auto_deployment == AutoDeploymentSpec(
        enabled=False, retain_stacks_on_account_removal=True, depends_on=()
    )
    assert fleet.operation == fleet.waves[0].operation == DEFAULT
    assert not fleet.parameters and not fleet.overrides and not fleet.cidrs and not fleet.tags


@pytest.mark.parametrize(
    ("own", "fleets", "expected"),
    [
        ({}, {"max_concurrent_count": 1}, {"max_concurrent_count": 1}),
        ({"max_concurrent_count": 1}, {}, {"max_concurrent_count": 1}),
        (
            {"failure_tolerance_percentage": 10},
            {"failure_tolerance_count": 2, "max_concurrent_count": 3},
            {"failure_tolerance_percentage": 10, "max_concurrent_count": 3},
        ),
        (
            {"failure_tolerance_count": None},
            {"failure_tolerance_percentage": 10},
            {"failure_tolerance_count": None},
        ),
        ({}, {"region_order": ["eu-central-1", "eu-west-2"]}, {"region_order": ("eu-west-2",)}),
        ({"region_order": []}, {"region_order": ["eu-central-1"]}, {}),
        (
            {"region_concurrency_type": "PARALLEL"},
            {"concurrency_mode": "SOFT_FAILURE_TOLERANCE"},
            {
                "region_concurrency_type": "PARALLEL",
                "concurrency_mode": "SOFT_FAILURE_TOLERANCE",
            },
        ),
    ],
)
def test_a_wave_takes_from_the_fleet_what_it_leaves_out(
    own: dict[str, Any], fleets: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert operation(own, fleets) == OperationSpec(**{**DEFAULT.__dict__, **expected})


def test_every_value_knows_where_it_is_from() -> None:
    found = loaded(operation={"max_concurrent_count": 1})
    origin = found.resolved.origin
    assert origin(("managed_execution",)) == "default"
    assert origin(("waves", 0, "operation", "max_concurrent_count")) == "operation of the fleet"
    where = origin(("operation", "max_concurrent_count"))
    assert isinstance(where, Location) and where.file == "fleet.yaml"
    assert found.resolved.written(("spec",)) == where.__class__("fleet.yaml", 5, 7, 19)


@pytest.mark.parametrize(
    ("file", "spec", "spec_file", "lock_file"),
    [
        ("fleet.yaml", "camunda.yaml", "camunda.yaml", "fleet.lock.json"),
        ("a/b/team.yml", "../camunda.yaml", "a/camunda.yaml", "a/b/team.lock.json"),
        ("/a/fleet", "specs/c.yaml", "/a/specs/c.yaml", "/a/fleet.lock.json"),
    ],
)
def test_the_files_beside_it(file: str, spec: str, spec_file: str, lock_file: str) -> None:
    text = f"""
name: camunda
spec: {spec}
region: eu-west-2
waves:
  - name: all
    targets: [{{accounts: ["222222222222"], regions: [eu-west-2]}}]
"""
    found = load_fleet(file, lambda name: text.encode())
    assert found.spec_file == spec_file and found.lock_file == lock_file


def test_the_shipped_example_is_sound() -> None:
    """With its spec's parameters, of which every target has values of its own."""

    def read(file: str) -> bytes:
        return Path(file).read_bytes()

    path = asset("spec", "fleets/example.yaml")
    found = load_fleet(str(path), read, strict=True)
    definitions = export(compile_spec(found.spec_file, read, Layout.FLAT)).definitions
    bound = bind(found, definitions, accounts_of, strict=True)
    assert [target.wave for target in bound.targets] == ["canary", *["departments"] * 3]
    for name in definitions.keys() - {PROTECTION}:
        values = [target.parameters[name] for target in bound.targets]
        assert len(set(values)) == len(values)
        if name.endswith("Arn"):
            places = [(arn.split(":")[4], arn.split(":")[3]) for arn in values]
            assert places == [target.place for target in bound.targets]
    first = path.read_text("utf-8").splitlines()[0].partition("$schema=")[2]
    assert (path.parent / first).resolve() == asset("schemas", "fleet.schema.json").resolve()


def test_strict_makes_errors_of_warnings() -> None:
    text = b"""
name: camunda
spec: camunda.yaml
region: eu-west-2
operation: {max_concurrent_count: 2}
waves:
  - name: all
    targets: [{accounts: ["222222222222"], regions: [eu-west-2]}]
"""
    found = load_fleet("fleet.yaml", lambda name: text)
    assert [each.code for each in found.warnings] == ["CAM706"]
    with pytest.raises(SpecError, match="CAM706"):
        load_fleet("fleet.yaml", lambda name: text, strict=True)


def test_a_parameter_without_default_may_be_given_by_overrides_alone() -> None:
    """CreateStackSet wants a value all the same; every stack overrides it."""
    overrides = [
        {"account": "222222222222", "parameters": {"Zone": "one"}},
        {"account": "333333333333", "parameters": {"Zone": "two"}},
    ]
    targets = [{"accounts": ["222222222222", "333333333333"], "regions": ["eu-west-2"]}]
    file = loaded(waves=[{"name": "all", "targets": targets}], overrides=overrides)
    found = bind(file, required(Zone="String"), accounts_of)
    assert [target.parameters for target in found.targets] == [{"Zone": "one"}, {"Zone": "two"}]
    assert found.parameters["Zone"] == "one" and found.parameters.keys() == {"Zone", *DEFINITIONS}


def test_accounts_that_join_have_no_value_for_a_parameter_without_default() -> None:
    overrides = [{"organizational_unit": "ou-ab12-11111111", "parameters": {"Zone": "one"}}]
    file = service_managed(
        [in_units("ou-ab12-11111111")], overrides=overrides, auto_deployment={"enabled": True}
    )
    with pytest.raises(SpecError, match="CAM722 Zone has a value for each target, but none for"):
        bind(file, required(Zone="String"), accounts_of)


def test_what_the_fleet_sets_is_the_stack_sets_own() -> None:
    found = bind(loaded(parameters={"Brokers": 5, "Backup": False}), DEFINITIONS, accounts_of)
    assert found.parameters["Brokers"] == "5" and found.parameters["Backup"] == "false"
    assert found.parameters["LogRetentionDays"] == "30" and found.lock is None
    assert all(isinstance(each, str) for each in found.parameters.values())


@pytest.mark.parametrize(
    ("kind", "constraints", "value", "problem"),
    [
        ("Number", {"AllowedValues": [0.5, 1]}, "0.50", None),
        ("Number", {"MinValue": 1, "MaxValue": "3"}, "3", None),
        ("Number", {}, "1_000", "not a number"),
        ("String", {"AllowedPattern": "[a-z"}, "x", None),  # Java may read what Python cannot
        ("String", {"AllowedPattern": "a|b"}, "ab", "does not match"),
        ("String", {}, "ä" * 2048, None),
        ("String", {}, "ä" * 2049, "at most 4,096 bytes"),
        ("CommaDelimitedList", {"AllowedValues": ["a", "b"]}, "a, b", None),
        ("CommaDelimitedList", {"AllowedValues": ["a", "b"]}, "a,c", "not one of a, b"),
        ("List<Number>", {}, "1,2,x", "not a number"),
        ("List<AWS::EC2::Subnet::Id>", {}, "subnet-0a1b2c3d,vpc-0a1b2c3d", "starts with subnet-"),
        ("AWS::SSM::Parameter::Name", {}, "/a/b", None),
    ],
)
def test_values_are_held_against_the_template(
    kind: str, constraints: dict[str, Any], value: str, problem: str | None
) -> None:
    definitions = {"P": {"Type": kind, **constraints}}
    file = loaded(parameters={"P": value})
    if problem is None:
        assert bind(file, definitions, accounts_of).parameters == {"P": value}
    else:
        with pytest.raises(SpecError, match=f"CAM7(21|22) P does not accept .*{problem}"):
            bind(file, definitions, accounts_of)

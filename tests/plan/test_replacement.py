"""Replacements, and what dependents of a changed resource see of it."""

from typing import Any

import pytest

from camformation.deploy.plan.provider_schemas import ResourceSchema
from camformation.deploy.plan.replacement import (
    KNOWN_AFTER_APPLY,
    Prediction,
    chain,
    moves,
    predict,
)
from camformation.deploy.plan.symbols import Address, Resolver, Symbol
from camformation.deploy.plan.template_diff import (
    AttributeDifference,
    Kind,
    ResourceDiff,
    diff,
    resolved_resources,
)
from camformation.deploy.plan.values import Item, Steps

SOURCE = Address("root", "Source")
CLUSTER, LAUNCH = "AWS::RDS::DBCluster", "AWS::EC2::LaunchTemplate"


def schemas(kind: str) -> ResourceSchema:
    """Return one schema for all types but `Acme::…`, which have none."""
    if kind.startswith("Acme::"):
        return ResourceSchema(kind)
    return ResourceSchema(
        kind,
        known=True,
        properties=frozenset({"Mode", "Name", "Perhaps", "Tags", "Port", "LaunchTemplateData"}),
        create_only=frozenset({("Name",)}),
        conditional_create_only=frozenset({("Perhaps",)}),
        read_only=frozenset(
            {
                *(("Arn",), ("Mode", "Status"), ("Endpoint", "Port"), ("Endpoint", "Address")),
                *(("MasterUserSecret", "SecretArn"), ("LatestVersionNumber",)),
                ("RotationEnabled",),
            }
        ),
    )


def changed(
    *leaves: tuple[str, Steps, bool], kind: str = "Known", replaced: str = "Never"
) -> Prediction:
    found = tuple(AttributeDifference(a, path, 1, 2, None, sure) for a, path, sure in leaves)
    needed = ("Never",) * len(found)
    return Prediction(ResourceDiff(SOURCE, Kind.MODIFIED, kind, {}, {}, found), needed, replaced)


def of(name: str, *more: Any, sure: bool = True) -> tuple[str, Steps, bool]:
    return "Properties", (name, *more), sure


# a change of the source; what its reader reads; does that move?
MOVES: dict[str, tuple[Prediction, str | None, str]] = {
    # the Ref is the resource's identity
    "the Ref of what is changed in place": (changed(of("Mode")), None, "Never"),
    "the Ref of what may be replaced": (changed(replaced="Conditionally"), None, "Conditionally"),
    "the Ref of what is replaced": (changed(replaced="Always"), None, "Always"),
    "any attribute of what is replaced": (changed(of("Mode"), replaced="Always"), "Arn", "Always"),
    # what the service makes
    "a read-only attribute": (changed(of("Mode")), "Arn", "Never"),
    "a read-only attribute of what may be replaced": (
        changed(of("Perhaps"), replaced="Conditionally"),
        "Arn",
        "Conditionally",
    ),
    "a read-only attribute inside what changes": (
        changed(of("Mode")),
        "Mode.Status",
        "Conditionally",
    ),
    "a read-only attribute inside what does not": (changed(of("Tags")), "Mode.Status", "Never"),
    # what an update is known to move
    "the port of a cluster": (changed(of("Port"), kind=CLUSTER), "Endpoint.Port", "Conditionally"),
    "the port of something else": (changed(of("Port")), "Endpoint.Port", "Never"),
    "the address of a cluster": (changed(of("Port"), kind=CLUSTER), "Endpoint.Address", "Never"),
    "the port of an instance": (
        changed(of("Port"), kind="AWS::RDS::DBInstance"),
        "Endpoint.Port",
        "Conditionally",
    ),
    "a cluster's secret": (
        changed(of("ManageMasterUserPassword"), kind=CLUSTER),
        "MasterUserSecret.SecretArn",
        "Conditionally",
    ),
    "a launch template's version": (
        changed(of("LaunchTemplateData", "ImageId"), kind=LAUNCH),
        "LatestVersionNumber",
        "Conditionally",
    ),
    "a launch template's version, tagged": (
        changed(of("Tags"), kind=LAUNCH),
        "LatestVersionNumber",
        "Never",
    ),
    "a rotation": (
        changed(of("RotationRules"), kind="AWS::SecretsManager::RotationSchedule"),
        "RotationEnabled",
        "Conditionally",
    ),
    # what is also a property
    "the property that changes": (changed(of("Mode")), "Mode", "Always"),
    "a part of the property": (changed(of("Mode")), "Mode.Other", "Always"),
    "the property that may change": (changed(of("Mode", sure=False)), "Mode", "Conditionally"),
    "another property": (changed(of("Tags", Item("a", 0))), "Mode", "Never"),
    "another property of what may be replaced": (
        changed(of("Perhaps"), replaced="Conditionally"),
        "Mode",
        "Conditionally",
    ),
    # what nobody explains
    "an attribute of an unknown type": (
        changed(of("Mode"), kind="Acme::Odd::Thing"),
        "Anything",
        "Conditionally",
    ),
    "an attribute that the schema does not have": (changed(of("Mode")), "Odd", "Conditionally"),
    # no property changes
    "only metadata": (changed(("Metadata", ("Mode",), True)), "Mode", "Never"),
    "only metadata of an unknown type": (
        changed(("Metadata", ("A",), True), kind="Acme::Odd::Thing"),
        "Anything",
        "Never",
    ),
}


@pytest.mark.parametrize("case", MOVES)
def test_an_attribute_moves_or_stays(case: str) -> None:
    prediction, attribute, expected = MOVES[case]
    assert moves(prediction, Symbol(SOURCE, attribute), schemas) == expected


def resource(kind: str = "Known", **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def att(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


def predictions(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Prediction]:
    old = Resolver({"root": {"Resources": before}})
    new = Resolver({"root": {"Resources": after}})
    found = predict(diff(old, new), resolved_resources(new), schemas)
    return {address.logical_id: prediction for address, prediction in found.items()}


# the source before and after, and whether it is replaced
REPLACED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (resource(Mode=1), resource(Mode=2), "Never"),
    (resource(Perhaps=1), resource(Perhaps=2), "Conditionally"),
    (resource(Name=1), resource(Name=2), "Always"),
    (resource(Name=1, Mode=1), resource(Name=2, Mode=2), "Always"),
    (resource(Mode=1), resource(), "Never"),
    (resource(), resource(Name=1), "Always"),
    (resource("Acme::A", Mode=1), resource("Acme::A", Mode=2), "Conditionally"),
    (resource("Known", Mode=1), resource("Other", Mode=1), "Always"),
    ({**resource(), "Metadata": 1}, {**resource(), "Metadata": 2}, "Never"),
    ({**resource(), "Metadata": {"Name": 1}}, {**resource(), "Metadata": {"Name": 2}}, "Never"),
]


@pytest.mark.parametrize(("before", "after", "expected"), REPLACED)
def test_the_most_serious_property_decides(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    (found,) = predictions({"Source": before}, {"Source": after}).values()
    assert found.replacement == expected
    assert len(found.required) == len(found.diff.differences)


def test_the_driver_is_the_most_serious_difference_and_the_resources_own() -> None:
    mode, name, other = (
        AttributeDifference("Properties", ("Mode",), 1, 2),
        AttributeDifference("Properties", ("Name",), 1, 2, SOURCE),
        AttributeDifference("Properties", ("Name",), 1, 2),
    )

    def driver(leaves: tuple[AttributeDifference, ...], *required: str) -> Any:
        made = ResourceDiff(SOURCE, Kind.MODIFIED, "Known", {}, {}, leaves)
        return Prediction(made, required).driver

    assert driver((mode, name), "Never", "Always") is name
    assert driver((name, mode), "Always", "Never") is name
    assert driver((mode, name, other), "Never", "Always", "Always") is other
    assert driver((mode, name), "Conditionally", "Never") is mode
    assert driver(()) is None


READER = resource(Name={"Ref": "Source"})


# the source and its readers after; the readers' replacement, and whether their value is certain
FOLLOWED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, tuple[str, bool]]]] = {
    "a reader of what is replaced": (
        resource(Name=2),
        {"R": READER},
        {"R": ("Always", True)},
    ),
    "a reader of what may be replaced": (
        resource(Perhaps=2),
        {"R": READER},
        {"R": ("Conditionally", False)},
    ),
    "a reader of what changes in place": (resource(Mode=2), {"R": READER}, {}),
    "a reader's own reader": (
        resource(Name=2),
        {"R": READER, "S": resource(Mode={"Ref": "R"})},
        {"R": ("Always", True), "S": ("Never", True)},
    ),
    "a reader of a reader that changes in place": (
        resource(Name=2),
        {"R": resource(Mode={"Ref": "Source"}), "S": resource(Name={"Ref": "R"})},
        {"R": ("Never", True)},
    ),
    "a reader of the property that changes": (
        resource(Mode=2),
        {"R": resource(Name=att("Source", "Mode"))},
        {"R": ("Always", True)},
    ),
    "in a list": (
        resource(Name=2),
        {"R": resource(Tags=[{"Key": "a", "Value": {"Ref": "Source"}}])},
        {"R": ("Never", True)},
    ),
    "in a text": (
        resource(Name=2),
        {"R": resource(Name={"Fn::Sub": "a/${Source}"})},
        {"R": ("Always", True)},
    ),
    "in an open function": (
        resource(Name=2),
        {"R": resource(Name={"Fn::Base64": {"Ref": "Source"}})},
        {"R": ("Always", True)},
    ),
    "twice, once for certain": (
        resource(Name=2),
        {"R": READER, "S": resource(Name={"Ref": "R"}, Mode={"Ref": "Source"})},
        {"R": ("Always", True), "S": ("Always", True)},
    ),
    "itself": (resource(Name=2), {"R": resource(Mode={"Ref": "R"})}, {}),
    "only in metadata": (
        resource(Name=2),
        {"R": {**resource(), "Metadata": {"Ref": "Source"}}},
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FOLLOWED)
def test_readers_follow(case: str) -> None:
    source, readers, expected = FOLLOWED[case]
    before = {"Source": resource(Mode=1, Name=1, Perhaps=1), **readers}
    after = {"Source": resource(**{"Mode": 1, "Name": 1, "Perhaps": 1} | source["Properties"])}
    found = predictions(before, after | readers)
    del found["Source"]
    assert {
        name: (each.replacement, all(leaf.certain for leaf in each.diff.differences))
        for name, each in found.items()
    } == expected
    for each in found.values():
        assert {leaf.after for leaf in each.diff.differences} == {KNOWN_AFTER_APPLY}
        assert all(leaf.cause is not None for leaf in each.diff.differences)


def test_what_is_new_follows_nothing() -> None:
    before = {"Source": resource(Name=1)}
    found = predictions(before, {"Source": resource(Name=2), "R": READER})
    assert found["R"].diff.kind is Kind.ADDED
    assert found["R"].replacement == "Never" and not found["R"].diff.differences


def test_what_goes_is_followed_by_nothing() -> None:
    before = {"Source": resource(Name=1), "R": READER}
    found = predictions(before, {"R": READER})
    assert found.keys() == {"Source"} and found["Source"].diff.kind is Kind.REMOVED


def test_a_followers_place_in_a_list_is_named() -> None:
    reader = resource(
        Tags=[
            {"Key": "a", "Value": {"Ref": "Source"}},
            {"Key": "b", "Value": {"Ref": "Source"}, "More": 1},
            {"Ref": "Source"},
        ]
    )
    before = {"Source": resource(Name=1), "R": reader}
    found = predictions(before, before | {"Source": resource(Name=2)})["R"]
    assert [leaf.path for leaf in found.diff.differences] == [
        ("Tags", Item("a", 0)),
        ("Tags", Item("b", 1), "Value"),
        ("Tags", Item("2", 2)),
    ]
    assert {leaf.attribute for leaf in found.diff.differences} == {"Properties"}
    assert {leaf.before for leaf in found.diff.differences} == {Symbol(SOURCE)}


def test_a_follower_keeps_its_definition_and_policies() -> None:
    reader = {**READER, "UpdateReplacePolicy": "Retain"}
    before = {"Source": resource(Name=1), "R": reader, "S": READER}
    found = predictions(before, before | {"Source": resource(Name=2)})
    assert found["R"].diff.on_replace == "Retain" and found["S"].diff.on_replace == "Delete"
    assert found["R"].diff.before == found["R"].diff.after
    assert found["R"].diff.type == "Known" and found["R"].diff.kind is Kind.MODIFIED


def test_what_was_uncertain_becomes_certain() -> None:
    """By a second source: the property's own difference, or the first cause, stays otherwise."""
    both = resource(Name={"Fn::Sub": "${Source}/${Other}"})
    before = {"Source": resource(Perhaps=1), "Other": resource(Name=1), "R": both}
    after = {"Source": resource(Perhaps=2), "Other": resource(Name=2), "R": both}
    (leaf,) = predictions(before, after)["R"].diff.differences
    assert (leaf.certain, leaf.cause) == (True, Address("root", "Other"))
    (leaf,) = predictions(before, after | {"Source": resource(Name=2)})["R"].diff.differences
    assert (leaf.certain, leaf.cause) == (True, SOURCE)


def test_a_readers_own_change_stays_its_own() -> None:
    before = {"Source": resource(Name=1), "R": READER}
    own = resource(Name={"Fn::Sub": "${Source}!"})
    (leaf,) = predictions(before, {"Source": resource(Name=2), "R": own})["R"].diff.differences
    assert leaf.cause is None


def test_the_chain_ends_where_it_began() -> None:
    one, two = Address("root", "One"), Address("root", "Two")

    def caused(address: Address, cause: Address | None) -> Prediction:
        leaf = AttributeDifference("Properties", ("Name",), 1, 2, cause)
        return Prediction(
            ResourceDiff(address, Kind.MODIFIED, "Known", {}, {}, (leaf,)), ("Always",)
        )

    straight = {SOURCE: caused(SOURCE, None), one: caused(one, SOURCE), two: caused(two, one)}
    assert chain(straight, two) == (SOURCE, one, two)
    assert chain(straight, SOURCE) == (SOURCE,)
    assert chain({}, two) == (two,)
    assert chain({one: caused(one, two), two: caused(two, one)}, one) == (two, one)

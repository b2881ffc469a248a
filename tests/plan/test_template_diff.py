"""Resources that differ between two sets of templates, and the policies that then apply."""

from typing import Any

import pytest

from camformation.deploy.plan.symbols import Address, Resolver
from camformation.deploy.plan.template_diff import (
    ATTRIBUTES,
    Kind,
    deletion_policy,
    diff,
    output_differences,
    resolved_resources,
)
from camformation.deploy.plan.values import ABSENT

STACK = "AWS::CloudFormation::Stack"
CLUSTER, INSTANCE = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"


def one(**more: Any) -> dict[str, Any]:
    return {"root": {"Resources": {"A": {"Type": "T", "Properties": {}, **more}}}}


def nested(policy: str | None, child: dict[str, Any], **outer: Any) -> dict[str, Any]:
    """Return a resource two stacks deep; the outer one may be retained."""
    middle = {"Type": STACK, "Properties": {}, **outer}
    stack = {"Type": STACK, **({"DeletionPolicy": policy} if policy else {})}
    return {
        "root": {"Resources": {"Middle": middle}},
        "middle": {"Resources": {"Inner": stack}},
        "inner": {"Resources": child},
    }


def differ(old: Any, new: Any) -> list[Any]:
    return diff(Resolver(old), Resolver(new))


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_each_attribute_that_a_change_set_reports_is_compared(attribute: str) -> None:
    (found,) = differ(one(**{attribute: "a"}), one(**{attribute: "b"}))
    (leaf,) = found.differences
    assert (found.kind, found.address) == (Kind.MODIFIED, Address("root", "A"))
    assert (leaf.attribute, leaf.path, leaf.before, leaf.after) == (attribute, (), "a", "b")
    assert (leaf.cause, leaf.certain) == (None, True)


@pytest.mark.parametrize("attribute", ["DependsOn", "Condition"])
def test_others_are_not(attribute: str) -> None:
    assert differ(one(**{attribute: "B"}), one()) == []


def test_another_type_is_a_difference() -> None:
    (found,) = differ(one(), one(Type="U"))
    assert (found.kind, found.type, found.differences, found.retyped) == (
        Kind.MODIFIED,
        "U",
        (),
        True,
    )
    (same_type,) = differ(one(), one(Metadata=1))
    assert not same_type.retyped
    (new,) = differ({"root": {}}, one())
    assert not new.retyped


def test_new_and_removed_resources_have_one_definition() -> None:
    (added,) = differ({"root": {}}, one(Metadata={"Ref": "X"}))
    assert (added.kind, added.type, added.before) == (Kind.ADDED, "T", None)
    assert added.after["Type"] == "T" and added.differences == ()
    (removed,) = differ(one(), {"root": {}})
    assert (removed.kind, removed.type, removed.after) == (Kind.REMOVED, "T", None)
    assert removed.before["Type"] == "T" and removed.differences == ()


def test_of_nested_stacks_their_resources_are_compared_alone() -> None:
    old = nested(
        None, {"A": {"Type": "T"}}, Properties={"TemplateURL": "1", "Parameters": {"a": 1}}
    )
    new = nested(None, {"A": {"Type": "T"}}, Properties={"TemplateURL": "2"})
    assert differ(old, new) == []
    assert [str(each.address) for each in differ({"root": {}}, new)] == ["inner/A"]
    assert [str(each.address) for each in differ(new, {"root": {}})] == ["inner/A"]
    kept = resolved_resources(Resolver(old))[Address("root", "Middle")]
    assert kept["Properties"] == {}


def test_a_nested_stacks_own_properties_are_compared() -> None:
    old = nested(None, {}, Properties={"Tags": [1]})
    (found,) = differ(old, nested(None, {}, Properties={"Tags": [2]}))
    assert str(found.address) == "root/Middle"


@pytest.mark.parametrize(
    ("resource", "policy"),
    [
        ({"Type": "T"}, "Delete"),
        ({"Type": "T", "DeletionPolicy": "Retain"}, "Retain"),
        ({"Type": "T", "DeletionPolicy": "RetainExceptOnCreate"}, "Retain"),
        ({"Type": "T", "DeletionPolicy": "Snapshot"}, "Snapshot"),
        ({"Type": CLUSTER}, "Snapshot"),
        ({"Type": CLUSTER, "DeletionPolicy": "Delete"}, "Delete"),
        ({"Type": INSTANCE}, "Snapshot"),
        ({"Type": INSTANCE, "Properties": {}}, "Snapshot"),
        ({"Type": INSTANCE, "Properties": {"DBClusterIdentifier": "c"}}, "Delete"),
    ],
)
def test_what_deleting_does(resource: dict[str, Any], policy: str) -> None:
    """AWS docs, DeletionPolicy attribute: databases of no cluster are snapshot by default."""
    assert deletion_policy(resource) == policy
    (found,) = differ({"root": {"Resources": {"A": resource}}}, {"root": {}})
    assert (found.on_delete, found.on_replace) == (policy, "Delete")


@pytest.mark.parametrize(
    ("inner", "outer", "policy"),
    [
        (None, {}, "Delete"),
        ("Retain", {}, "Retain"),
        ("Delete", {}, "Delete"),
        (None, {"DeletionPolicy": "Retain"}, "Retain"),
        ("Delete", {"DeletionPolicy": "Retain"}, "Retain"),
        ("Delete", {"DeletionPolicy": "Snapshot"}, "Delete"),
    ],
)
def test_a_retained_stack_retains_what_is_in_it(
    inner: str | None, outer: dict[str, Any], policy: str
) -> None:
    (found,) = differ(nested(inner, {"A": {"Type": "T"}}, **outer), {"root": {}})
    assert found.on_delete == policy


@pytest.mark.parametrize(
    ("before", "after", "policy"),
    [
        (None, None, "Delete"),
        ("Retain", "Retain", "Retain"),
        ("Retain", None, "Delete"),
        (None, "Retain", "Delete"),
        ("Retain", "Snapshot", "Snapshot"),
        ("Snapshot", "Retain", "Snapshot"),
        ("Snapshot", "Delete", "Delete"),
        ("Retain", "Unheard", "Unheard"),
    ],
)
def test_of_two_policies_on_replacement_the_weaker_counts(
    before: str | None, after: str | None, policy: str
) -> None:
    def made(said: str | None, number: int) -> dict[str, Any]:
        return one(Metadata=number, **({"UpdateReplacePolicy": said} if said else {}))

    (found,) = differ(made(before, 1), made(after, 2))
    assert (found.on_replace, found.on_delete) == (policy, "Delete")


def test_outputs_of_the_root_are_compared() -> None:
    def outputs(**values: Any) -> Resolver:
        said = {name: {"Value": value} for name, value in values.items()}
        return Resolver({"root": {"Outputs": said}, "inner": {"Outputs": {"X": {"Value": 1}}}})

    found = output_differences(outputs(A=1, B=1, C=1), outputs(D=1, A=1, B=2))
    assert found == [("D", ABSENT, 1), ("B", 1, 2), ("C", 1, ABSENT)]
    assert output_differences(Resolver({}), Resolver({})) == []

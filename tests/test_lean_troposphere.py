"""troposphere's objects are what troposphere itself makes of the same arguments."""

from collections.abc import Iterator
from typing import Any

import pytest
from troposphere import AWSObject, BaseAWSObject, Template
from troposphere.ec2 import SecurityGroup, SecurityGroupRule
from troposphere.ecs import Environment

import camformation.deployment  # noqa: F401 - imports all that components build
from camformation import lean_troposphere as lean


def kinds(of: type[BaseAWSObject] = BaseAWSObject) -> Iterator[type[BaseAWSObject]]:
    """Yield every class of troposphere's that is imported."""
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def outcome(make: Any, kind: type[BaseAWSObject], *title: Any, **given: Any) -> Any:
    """Return what an object has after its constructor, or what that raises."""
    made = object.__new__(kind)
    try:
        make(made, *title, **given)
    except (AttributeError, TypeError, ValueError) as error:
        return str(error)
    return vars(made)


class Described(SecurityGroup):
    """A class with a value of its own for a property."""

    GroupDescription = "said by the class"


CASES: list[tuple[type[BaseAWSObject], tuple[Any, ...], dict[str, Any]]] = [
    (SecurityGroup, ("Group",), {"GroupDescription": "x", "DependsOn": "Vpc"}),
    (SecurityGroup, ("Group",), {"DependsOn": [SecurityGroup("Other")], "validation": False}),
    (SecurityGroup, ("not alphanumeric",), {}),
    (SecurityGroup, ("Group",), {"NoSuchProperty": 1}),
    (SecurityGroup, ("Group",), {"VpcId": 1}),
    (SecurityGroup, ("Group",), {"SecurityGroupIngress": ["not a rule"]}),
    (SecurityGroupRule, (None,), {"IpProtocol": "tcp", "FromPort": "80"}),
    (Environment, (None,), {"Name": "A", "Value": "b"}),
    (Described, ("Group",), {}),
    (Described, ("Group",), {"GroupDescription": "said here"}),
]


def test_every_class_begins_the_same() -> None:
    found = set(kinds())
    assert {SecurityGroup, SecurityGroupRule, Environment} <= found
    for kind in found:
        begun = outcome(lean._init, kind, "Title")
        assert isinstance(begun, dict) and begun == outcome(lean._make, kind, "Title"), kind


@pytest.mark.parametrize(("kind", "title", "given"), CASES)
def test_what_is_given_means_the_same(
    kind: type[BaseAWSObject], title: tuple[Any, ...], given: dict[str, Any]
) -> None:
    assert outcome(lean._init, kind, *title, **given) == outcome(lean._make, kind, *title, **given)


@pytest.mark.parametrize("kind", [SecurityGroup, Environment, Described])
def test_objects_share_nothing_that_they_are_given(kind: type[BaseAWSObject]) -> None:
    one: Any = kind("One")
    one.properties["Name"] = one.resource["Metadata"] = "of one"
    other: Any = kind("Other")
    assert "Name" not in other.properties and "Metadata" not in other.resource
    assert other.resource.get("Properties", other.resource) is other.properties


def test_an_object_is_added_to_its_template() -> None:
    template = Template()
    made: AWSObject = SecurityGroup("Group", template=template, GroupDescription="x")
    assert template.resources == {"Group": made}

"""What references stand for: each intrinsic function, in each form that templates write it in."""

from typing import Any

import pytest

from camformation.deploy.plan.symbols import (
    Address,
    Resolver,
    Symbol,
    Text,
    nested_template,
    shown,
    symbols,
)
from camformation.shapes import is_function

STACK = "AWS::CloudFormation::Stack"
TEMPLATES: dict[str, Any] = {
    "root": {
        "Parameters": {"Size": {"Type": "Number", "Default": 3}, "Name": {"Type": "String"}},
        "Resources": {
            "Network": {
                "Type": STACK,
                "Properties": {
                    "TemplateURL": "https://artifacts/network.template.json",
                    "Parameters": {"Cidr": "10.0.0.0/16", "Zone": {"Ref": "Name"}},
                },
            },
            "OwnKeys": {
                "Type": STACK,
                "Properties": {
                    "TemplateURL": "https://artifacts/0a1b.template",
                    "Parameters": {"Vpc": {"Fn::GetAtt": ["Network", "Outputs.VpcId"]}},
                },
            },
            "Bucket": {"Type": "AWS::S3::Bucket"},
        },
        "Mappings": {"Sizes": {"eu-west-2": {"Small": "s"}, "us-east-1": {"Small": "m"}}},
    },
    "network": {
        "Parameters": {
            "Cidr": {"Type": "String"},
            "Zone": {"Type": "String"},
            "Bits": {"Default": 8},
        },
        "Resources": {"Vpc": {"Type": "AWS::EC2::VPC"}},
        "Outputs": {
            "VpcId": {"Value": {"Ref": "Vpc"}},
            "Cidr": {"Value": {"Ref": "Cidr"}},
            "Zones": {"Value": {"Fn::Split": [",", "a,b"]}},
        },
    },
    "own_keys": {"Parameters": {"Vpc": {}, "Left": {}}, "Resources": {}},
}
BUCKET = Symbol(Address("root", "Bucket"))
ARN = Symbol(Address("root", "Bucket"), "Arn")
VPC = Symbol(Address("network", "Vpc"))
REGION = Symbol(Address("", "AWS::Region"))


def att(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


VALUES: list[tuple[Any, Any]] = [
    # literals
    ("text", "text"),
    (5, 5),
    (None, None),
    ([1, {"a": {"Ref": "Bucket"}}], [1, {"a": BUCKET}]),
    # references
    ({"Ref": "Bucket"}, BUCKET),
    ({"Ref": "AWS::Region"}, REGION),
    ({"Ref": "Size"}, 3),
    ({"Ref": "Name"}, "prod"),
    ({"Ref": "Bucket", "More": 1}, {"Ref": "Bucket", "More": 1}),
    # attributes
    (att("Bucket", "Arn"), ARN),
    ({"Fn::GetAtt": "Bucket.Arn"}, ARN),
    ({"Fn::GetAtt": "Bucket.A.B"}, Symbol(Address("root", "Bucket"), "A.B")),
    ({"Fn::GetAtt": "Bucket"}, {"Fn::GetAtt": "Bucket"}),
    (att("Bucket", "Outputs.Arn"), Symbol(Address("root", "Bucket"), "Outputs.Arn")),
    (att("Network", "Outputs.VpcId"), VPC),
    (att("Network", "Outputs.Cidr"), "10.0.0.0/16"),
    (att("Network", "Outputs.None"), Symbol(Address("root", "Network"), "Outputs.None")),
    (att("Network", "Arn"), Symbol(Address("root", "Network"), "Arn")),
    # text
    ({"Fn::Sub": "plain"}, "plain"),
    ({"Fn::Sub": ""}, ""),
    ({"Fn::Sub": "${Bucket}"}, BUCKET),
    ({"Fn::Sub": "${ Bucket }"}, BUCKET),
    ({"Fn::Sub": "a-${Bucket.Arn}-${Size}-z"}, Text(("a-", ARN, "-3-z"))),
    ({"Fn::Sub": "${!Literal}/${AWS::Region}"}, Text(("${Literal}/", REGION))),
    ({"Fn::Sub": "${Network.Outputs.Cidr}!"}, "10.0.0.0/16!"),
    ({"Fn::Sub": ["${Here}/${Bucket}", {"Here": {"Ref": "Size"}}]}, Text(("3/", BUCKET))),
    ({"Fn::Sub": ["${Bucket}", {"Bucket": "mine"}]}, "mine"),
    ({"Fn::Sub": ["${A.B}", {"A.B": "dotted"}]}, "dotted"),
    ({"Fn::Join": [",", ["a", {"Ref": "Bucket"}, "b"]]}, Text(("a,", BUCKET, ",b"))),
    ({"Fn::Join": [",", []]}, ""),
    ({"Fn::Join": ["", ["a", 1, "b"]]}, "a1b"),
    (
        {"Fn::Join": ["", [{"Ref": "Bucket"}, {"Fn::Sub": "${Bucket}/x"}]]},
        Text((BUCKET, BUCKET, "/x")),
    ),
    # lists
    ({"Fn::Select": [1, ["a", "b"]]}, "b"),
    ({"Fn::Select": ["0", ["a", "b"]]}, "a"),
    ({"Fn::Select": [2, ["a", "b"]]}, {"Fn::Select": [2, ["a", "b"]]}),
    ({"Fn::Select": [0, {"Ref": "Bucket"}]}, {"Fn::Select": [0, BUCKET]}),
    ({"Fn::Select": [0, att("Network", "Outputs.Zones")]}, "a"),
    ({"Fn::Split": [",", {"Ref": "Name"}]}, ["prod"]),
    ({"Fn::Split": ["-", "a-b"]}, ["a", "b"]),
    ({"Fn::Split": [",", {"Ref": "Bucket"}]}, {"Fn::Split": [",", BUCKET]}),
    ({"Fn::Join": [",", {"Fn::Split": [" ", "a b"]}]}, "a,b"),
    (
        {"Fn::Join": [",", {"Fn::Split": [" ", {"Ref": "Bucket"}]}]},
        {"Fn::Join": [",", {"Fn::Split": [" ", BUCKET]}]},
    ),
    # zones and blocks
    ({"Fn::GetAZs": ""}, {"Fn::GetAZs": REGION}),
    ({"Fn::GetAZs": {"Ref": "AWS::Region"}}, {"Fn::GetAZs": REGION}),
    ({"Fn::GetAZs": "eu-west-2"}, {"Fn::GetAZs": "eu-west-2"}),
    ({"Fn::Cidr": ["10.0.0.0/24", 2, 6]}, ["10.0.0.0/26", "10.0.0.64/26"]),
    ({"Fn::Cidr": ["10.0.0.0/24", "1", "4"]}, ["10.0.0.0/28"]),
    ({"Fn::Cidr": [{"Ref": "Bucket"}, 2, 6]}, {"Fn::Cidr": [BUCKET, 2, 6]}),
    ({"Fn::Cidr": ["10.0.0.0/24", 2, 12]}, {"Fn::Cidr": ["10.0.0.0/24", 2, 12]}),
    # mappings
    ({"Fn::FindInMap": ["Sizes", "us-east-1", "Small"]}, "m"),
    (
        {"Fn::FindInMap": ["Sizes", "us-east-1", "Large"]},
        {"Fn::FindInMap": ["Sizes", "us-east-1", "Large"]},
    ),
    (
        {"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "Small"]},
        {"Fn::FindInMap": ["Sizes 165ba70d10e7", REGION, "Small"]},
    ),
    # functions that stay open
    ({"Fn::Base64": {"Ref": "Bucket"}}, {"Fn::Base64": BUCKET}),
]


@pytest.mark.parametrize(("node", "value"), VALUES, ids=[str(node) for node, _ in VALUES])
def test_a_node_stands_for_a_value(node: Any, value: Any) -> None:
    found = Resolver(TEMPLATES, {"Name": "prod"}).value("root", node)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("template", "name", "value"),
    [
        ("root", "Size", "5"),  # the value given
        ("root", "Other", Symbol(Address("root", "Other"))),
        ("network", "Cidr", "10.0.0.0/16"),  # the argument
        ("network", "Zone", Symbol(Address("root", "Name"))),  # the argument, resolved outside
        ("network", "Bits", 8),  # the default, where no argument is passed
        ("own_keys", "Vpc", VPC),  # an argument that is another nested stack's output
        ("own_keys", "Left", Symbol(Address("own_keys", "Left"))),
        ("nowhere", "Left", Symbol(Address("nowhere", "Left"))),
    ],
)
def test_a_parameter_is_given_passed_declared_or_itself(
    template: str, name: str, value: Any
) -> None:
    assert Resolver(TEMPLATES, {"Size": "5", "Bits": "9"}).parameter(template, name) == value


def test_nested_stacks_are_found_by_url_and_by_logical_id() -> None:
    resolver = Resolver(TEMPLATES)
    assert resolver.nested == {
        Address("root", "Network"): "network",
        Address("root", "OwnKeys"): "own_keys",
    }
    assert resolver.parents == {name: address for address, name in resolver.nested.items()}
    assert resolver.parameters == {}


@pytest.mark.parametrize(
    ("logical_id", "url", "name"),
    [
        ("Anything", "https://bucket/own_keys.template.json", "own_keys"),
        ("OwnKeys", "https://bucket/4f5e.template.json", "own_keys"),
        ("OwnKeys", None, "own_keys"),
        ("OwnKeys", {"Ref": "Url"}, "own_keys"),
        ("Network", "https://bucket/own_keys.template.json", "own_keys"),
        ("OwnKeysTwo", "https://bucket/4f5e.template.json", None),
    ],
)
def test_a_nested_template_is_named_by_its_url_or_else_by_its_stack(
    logical_id: str, url: Any, name: str | None
) -> None:
    properties = {} if url is None else {"TemplateURL": url}
    assert nested_template(TEMPLATES, logical_id, {"Properties": properties}) == name
    if url is None:
        assert nested_template(TEMPLATES, logical_id, {}) == name


def test_a_stack_that_names_its_own_template_is_not_looked_into() -> None:
    own = {"root": {"Resources": {"Root": {"Type": STACK, "Properties": {}}}}}
    assert Resolver(own).nested == {}


def test_outputs_in_a_circle_are_left_as_they_are() -> None:
    """CloudFormation refuses such templates: here they must only not go on for ever."""
    circle: dict[str, Any] = {
        "root": {
            "Resources": {
                "A": {
                    "Type": STACK,
                    "Properties": {"Parameters": {"In": att("A", "Outputs.Out")}},
                }
            }
        },
        "a": {"Parameters": {"In": {}}, "Outputs": {"Out": {"Value": {"Ref": "In"}}}},
    }
    found = Resolver(circle).value("root", att("A", "Outputs.Out"))
    assert found == Symbol(Address("root", "A"), "Outputs.Out")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (1.5, "1.5"),
        ("a", "a"),
        (None, "None"),
        (BUCKET, "${Bucket}"),
        (ARN, "${Bucket.Arn}"),
        (Text(("a/", ARN, "/b")), "a/${Bucket.Arn}/b"),
        ({"Fn::GetAZs": REGION}, "Fn::GetAZs ${AWS::Region}"),
        ({"A": 1, "B": [True, "x"]}, "{A: 1, B: [true, x]}"),
        ([], "[]"),
    ],
)
def test_values_are_shown_as_people_write_them(value: Any, text: str) -> None:
    assert shown(value) == text


def test_an_address_is_shown_with_its_template() -> None:
    assert str(Address("network", "Vpc")) == "network/Vpc"


@pytest.mark.parametrize(
    ("node", "open_"),
    [
        ({"Ref": "A"}, True),
        ({"Fn::GetAZs": ""}, True),
        ({"Reference": "A"}, False),
        ({"Ref": "A", "B": 1}, False),
        ({}, False),
        ("Ref", False),
        (["Ref"], False),
    ],
)
def test_a_function_is_one_key_with_its_name(node: Any, open_: bool) -> None:
    assert is_function(node) is open_


def test_symbols_are_found_everywhere_in_order() -> None:
    value = {"a": [ARN, {"Fn::GetAZs": REGION}], "b": Text(("x", BUCKET)), "c": "plain", "d": VPC}
    assert list(symbols(value)) == [ARN, REGION, BUCKET, VPC]

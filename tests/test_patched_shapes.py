"""What patches put into a template is what CloudFormation takes, or is refused where it stands."""

import json
from typing import Any

import pytest

from camformation.diagnostics import SpecError
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from every import every

SERVICE = "/Resources/ConnectorsService"
Operation = dict[str, Any]


def said(*operations: Operation, layout: Layout = Layout.NESTED) -> list[str]:
    spec = {
        "name": "camunda",
        "patches": [{"component": "connectors", "patch": list(operations)}],
    }
    text = json.dumps(spec).encode()
    try:
        compile_spec("spec.yaml", lambda _: text, layout)
    except SpecError as error:
        return [f"{found.code} {found.message}" for found in error.diagnostics]
    return []


def add(path: str, value: Any) -> Operation:
    return {"op": "add", "path": path, "value": value}


def of(name: str, value: Any) -> Operation:
    return add(f"{SERVICE}/Properties/{name}", value)


SOUND: dict[str, list[Operation]] = {
    "a number as text": [of("DesiredCount", "3")],
    "a boolean as text": [of("EnableExecuteCommand", "TRUE")],
    "a text that is a number": [of("PlatformVersion", 1.4)],
    "a property that is new": [of("SomethingThatAwsHasAddedSince", {"A": [1]})],
    "a type that is new": [add("/Resources/New", {"Type": "AWS::Nova::Something"})],
    "a type whose name continues another's": [
        add("/Resources/New", {"Type": "AWS::RDS::DBClusterV2"}),
        add("/Resources/Newer", {"Type": "AWS::S3::BucketAcl"}),
    ],
    "a type of others": [add("/Resources/New", {"Type": "Datadog::Monitors::Monitor"})],
    "a function that is new": [of("PlatformVersion", {"Fn::Translate": ["a"]})],
    "a module": [add("/Resources/New", {"Type": "My::S3::Bucket::MODULE"})],
    "a custom resource": [add("/Resources/New", {"Type": "Custom::Thing", "Version": "1.0"})],
    "no value": [of("PlatformVersion", {"Ref": "AWS::NoValue"})],
    "a list that a function returns": [
        add("/Conditions", {"Live": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]}}),
        of("Tags", {"Fn::If": ["Live", [{"Key": "a", "Value": "b"}], {"Ref": "AWS::NoValue"}]}),
    ],
    "a policy as text": [
        add(
            "/Resources/New",
            {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": '{"Version": "2012-10-17", "Statement": []}'},
            },
        )
    ],
    "functions inside each other": [
        of("PlatformVersion", {"Fn::Select": [0, {"Fn::Split": [",", {"Fn::Sub": "1,2"}]}]}),
        of("Role", {"Fn::Join": ["-", ["a", {"Fn::Sub": ["${b}", {"b": "c"}]}]]}),
    ],
    "policies and waits": [
        add(f"{SERVICE}/DeletionPolicy", "RetainExceptOnCreate"),
        add(f"{SERVICE}/UpdateReplacePolicy", "Retain"),
        add(f"{SERVICE}/Metadata", {"Note": [{"text": ""}]}),
    ],
    "parameters": [
        add("/Parameters/A", {"Type": "String", "Default": "b"}),
        add("/Parameters/B", {"Type": "List<AWS::EC2::Subnet::Id>", "Default": "subnet-1"}),
        add(
            "/Parameters/C",
            {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/a/b"},
        ),
    ],
    "outputs": [
        add("/Outputs/A", {"Value": {"Fn::GetAtt": "ConnectorsService.Name"}}),
        add("/Outputs/B", {"Value": "b", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-b"}}}),
    ],
    "what a macro takes": [add("/Transform", "Ours"), of("Tags", {"Fn::Ours": None})],
    "null in a text": [of("PlatformVersion", "null")],
    "null that a test expects": [
        of("PlatformVersion", "1.4.0"),
        {"op": "remove", "path": f"{SERVICE}/Properties/PlatformVersion"},
    ],
}


@every((name, (operations,)) for name, operations in SOUND.items())
def test_what_cloudformation_takes_compiles(operations: list[Operation]) -> None:
    for layout in Layout:
        assert said(*operations, layout=layout) == []


REFUSED: dict[str, tuple[Operation, str]] = {
    "null": (of("PlatformVersion", None), "PlatformVersion is null"),
    "null inside": (of("Tags", [{"Key": "a", "Value": None}]), "Tags.0.Value is null"),
    "a list for a text": (of("PlatformVersion", ["LATEST"]), "is a list, where CloudFormation"),
    "a text for a list": (of("Tags", "a=b"), "Tags is a text, where CloudFormation takes a list"),
    "a mapping for a list": (of("Tags", {"a": "b"}), "Tags is a mapping"),
    "a text for a mapping": (of("DeploymentConfiguration", "100"), "takes a mapping"),
    "a number in words": (of("DesiredCount", "two"), "DesiredCount is a text"),
    "half a task": (of("DesiredCount", 1.5), "DesiredCount is a number"),
    "a boolean in words": (of("EnableExecuteCommand", "yes"), "takes true or false"),
    "an item": (of("Tags", ["a"]), "Tags[0] is a text, where CloudFormation takes a mapping"),
    "another spelling": (of("desiredCount", 2), "knows no property desiredCount"),
    "an attribute": (add(f"{SERVICE}/Tags", []), "a resource has no attribute Tags"),
    "a function": (of("PlatformVersion", {"Fn::join": ["", []]}), "no function Fn::join"),
    "an extension": (of("DesiredCount", {"Fn::Length": [1]}), "AWS::LanguageExtensions"),
    "an argument": (of("Role", {"Fn::Select": 0}), "Fn::Select takes a list of a number"),
    "a snapshot": (add(f"{SERVICE}/DeletionPolicy", "Snapshot"), "has no snapshots"),
    "a policy": (add(f"{SERVICE}/UpdateReplacePolicy", "RetainExceptOnCreate"), "is none of"),
    "a type": (add("/Resources/New", {"Type": "AWS::SNS::Topics"}), "no resource type"),
    "a type in small letters": (add("/Resources/New", {"Type": "AWS::SNS::topic"}), "no resource"),
    "a name": (add("/Resources/New", {"Type": "topic"}), "'topic' is not the name of a"),
    "waits": (add(f"{SERVICE}/DependsOn", 5), "DependsOn is not a name"),
    "a section": (add("/Output", {}), "no section Output"),
    "an output": (add("/Outputs/A", {"value": "a"}), "Outputs.A has no Value"),
    "a parameter": (add("/Parameters/A", {"Default": "a"}), "Parameters.A has no Type"),
    "its type": (add("/Parameters/A", {"Type": "Text", "Default": "a"}), "no Type that there is"),
    "a condition": (add("/Conditions", {"A": True}), "A is no call of a function"),
    "a format": ({**add("/AWSTemplateFormatVersion", "2026"), "op": "replace"}, "2010-09-09 alone"),
}


@every(REFUSED.items())
def test_what_cloudformation_refuses_is_said(operation: Operation, words: str) -> None:
    for layout in Layout:
        (found,) = said(operation, layout=layout)
        assert found.startswith("CAM219 ") and words in found


def test_each_is_placed_at_the_operation_that_put_it_there() -> None:
    text = b"""name: camunda
patches:
- component: connectors
  patch:
  - {op: add, path: /Resources/New, value: {Type: "AWS::SNS::Topic", Properties: {}}}
  - {op: add, path: /Resources/New/Properties/Tags, value: []}
  - {op: add, path: /Resources/New/Properties/Tags/-, value: {Key: a, Value: [1]}}
  - {op: add, path: /Resources/New/Properties/FifoTopic, value: sometimes}
  - {op: copy, from: /Resources/New, path: /Resources/Second}
"""
    with pytest.raises(SpecError) as caught:
        compile_spec("spec.yaml", lambda _: text)
    assert [found.location.line for found in caught.value.diagnostics] == [7, 8, 9, 9]

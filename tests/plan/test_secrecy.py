"""No secret value is in any rendering of a plan."""

import json
from itertools import product
from typing import Any

import pytest

from camformation.deploy.plan.merge import StackChanges
from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.plan_file import Fingerprint, plan_file_text
from camformation.deploy.plan.secrecy import masked
from camformation.report.plan.github import plan_annotations
from camformation.report.plan.json import plan_json
from camformation.report.plan.markdown import plan_markdown
from camformation.report.plan.text import plan_text
from plan.sample import sample

CANARY = "hunter2-canary"
REFERENCE = "{{resolve:secretsmanager:prod/db:SecretString:password}}"


def renderings(plan: Plan) -> str:
    return "\n".join(
        (
            plan_text(plan, show_phantom=True),
            plan_json(plan),
            plan_annotations(plan),
            plan_markdown(plan),
            plan_file_text(plan, Fingerprint(None, None, None, {}, {})),
        )
    )


PLACES: list[tuple[str, Any]] = [
    ("AWS::RDS::DBCluster", lambda v: {"MasterUserPassword": v}),
    ("AWS::SecretsManager::Secret", lambda v: {"SecretString": v}),
    ("AWS::SecretsManager::Secret", lambda v: {"GenerateSecretString": {"GenerateStringKey": v}}),
    (
        "AWS::SecretsManager::Secret",
        lambda v: {"GenerateSecretString": {"SecretStringTemplate": json.dumps({"user": v})}},
    ),
    ("AWS::Lambda::Function", lambda v: {"Environment": {"Variables": {"DB_PASSWORD": v}}}),
    ("AWS::Lambda::Function", lambda v: {"Environment": {"Variables": {"URL": f"x?password={v}"}}}),
    ("AWS::Lambda::Function", lambda v: {"Environment": {"Variables": {"URL": f"db://me:{v}@h/"}}}),
    (
        "AWS::ECS::TaskDefinition",
        lambda v: {
            "ContainerDefinitions": [
                {"Name": "c", "Environment": [{"Name": "CAMUNDA_CLIENTSECRET", "Value": v}]}
            ]
        },
    ),
    (
        "AWS::ECS::TaskDefinition",
        lambda v: {
            "ContainerDefinitions": [
                {
                    "Name": "c",
                    "Environment": [
                        {"Name": "API_TOKEN", "Value": v},
                        {"Name": "API_TOKEN", "Value": v + "-again"},
                    ],
                }
            ]
        },
    ),
    ("Custom::Anything", lambda v: {"Nested": {"Deep": [{"Passphrase": v}]}}),
    ("Custom::Anything", lambda v: {"Config": json.dumps({"adminPassword": v})}),
    ("Custom::Anything", lambda v: {"Other": {"Fn::Sub": "${AWS::Region}?token=" + v}}),
]


@pytest.mark.parametrize(
    ("place", "change"), list(product(PLACES, ["add", "remove", "modify", "none"]))
)
def test_no_rendering_has_a_secret(place: tuple[str, Any], change: str) -> None:
    kind, properties = place

    def template(value: str | None) -> dict[str, Any]:
        body = {"Type": kind, "Properties": properties(value) if value else {}}
        return {
            "root": {
                "Resources": {"R": body},
                "Outputs": {"Password": {"Value": value or "x"}},
            }
        }

    old = template(None if change == "add" else CANARY)
    new = template(
        None if change == "remove" else f"{CANARY}-new" if change == "modify" else CANARY
    )
    plan = make_plan(old, new)
    assert plan.has_changes == (change != "none")
    assert CANARY not in renderings(plan)
    assert CANARY not in repr(plan)


def test_cloudformations_values_and_contexts_are_masked_too() -> None:
    detail = {
        "Target": {
            "Attribute": "Properties",
            "Name": "ContainerDefinitions",
            "RequiresRecreation": "Always",
            "Path": "/Properties/ContainerDefinitions",
            "BeforeValue": json.dumps(
                [{"Environment": [{"Name": "DB_PASSWORD", "Value": CANARY}]}]
            ),
            "AfterValue": json.dumps(
                [{"Environment": [{"Name": "DB_PASSWORD", "Value": f"{CANARY}2"}]}]
            ),
        },
        "Evaluation": "Static",
        "ChangeSource": "DirectModification",
    }
    resource = {
        "Action": "Modify",
        "LogicalResourceId": "OrchestrationTask",
        "ResourceType": "AWS::ECS::TaskDefinition",
        "Replacement": "True",
        "Details": [detail],
        "BeforeContext": json.dumps({"Properties": {"X": CANARY}}),
        "AfterContext": json.dumps({"Properties": {"X": CANARY}}),
    }
    described = {"orchestration": StackChanges(({"ResourceChange": resource},))}
    plan = make_plan(sample(), sample(), change_set=described)
    assert [c.logical_id for c in plan.changes()] == ["OrchestrationTask"]
    assert CANARY not in renderings(plan)


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        (("Properties", "GenerateSecretString", "PasswordLength"), 40, "(generation parameters)"),
        (("Properties", "MasterUserPassword"), "x", "(sensitive)"),
        (("Properties", "MasterUserPassword"), REFERENCE, "(dynamic reference)"),
        (("Properties", "Url"), f"a {REFERENCE} b", "a (dynamic reference) b"),
        (("Properties", "ManageMasterUserPassword"), True, True),
        (("Properties", "MasterUsername"), "admin", "admin"),
        (("Properties", "SecretArn"), "arn:aws:x", "arn:aws:x"),
        (("Properties", "EngineVersion"), "17.9", "17.9"),
    ],
)
def test_what_is_masked_and_what_is_not(path: tuple[str, ...], value: Any, shown: Any) -> None:
    assert masked(path, value)[0] == shown


def test_where_a_secret_is_may_be_shown() -> None:
    def template(arn: str) -> dict[str, Any]:
        containers = [{"Name": "c", "Secrets": [{"Name": "DB_PASSWORD", "ValueFrom": arn}]}]
        properties = {"ContainerDefinitions": containers}
        return {
            "root": {
                "Resources": {"R": {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}}
            }
        }

    plan = make_plan(template("arn:aws:secretsmanager:a"), template("arn:aws:secretsmanager:b"))
    assert "arn:aws:secretsmanager:b" in plan_text(plan)

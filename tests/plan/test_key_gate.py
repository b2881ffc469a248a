"""What was written with one key is not left behind by another, unless somebody names it."""

import copy
import json
from typing import Any

import pytest

from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates

each_layout = pytest.mark.parametrize("layout", Layout)


def key(number: int) -> str:
    return f"arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-00000000000{number}"


def planned(layout: Layout, before: dict[str, Any], after: dict[str, Any], *allow: str) -> Plan:
    old = json.loads(json.dumps(templates(layout, **before)))
    return make_plan(old, templates(layout, **after), allow=allow)


def documents(**more: Any) -> dict[str, Any]:
    return {"storage": {"documents": {"enabled": True, **more}}}


KEYS: list[tuple[Any, str, str]] = [
    (lambda arn: {"secrets": {"kms_key_arn": arn}}, "CAM654", "AuroraCluster"),
    (lambda arn: {"storage": {"node_id_kms_key_arn": arn}}, "CAM658", "NodeIdBucket"),
    (lambda arn: {"storage": {"backup": {"kms_key_arn": arn}}}, "CAM658", "BackupBucket"),
    (lambda arn: documents(kms_key_arn=arn), "CAM658", "DocumentsBucket"),
    (lambda arn: {"storage": {"efs": {"kms_key_arn": arn}}}, "CAM650", "FileSystem"),
    (lambda arn: {"database": {"kms_key_arn": arn}}, "CAM650", "AuroraCluster"),
]


@each_layout
@pytest.mark.parametrize(("spec", "code", "name"), KEYS)
@pytest.mark.parametrize(("before", "after"), [(1, 2), (None, 1), (1, None)])
def test_another_key_is_blocked_and_allowed_by_name(
    layout: Layout, spec: Any, code: str, name: str, before: int | None, after: int | None
) -> None:
    old, new = (spec(number and key(number)) for number in (before, after))
    plan = planned(layout, old, new)
    assert (code, name) in [(block.code, block.logical_id) for block in plan.blocks]
    names = {block.allow or "" for block in plan.blocks}
    assert planned(layout, old, new, *names).exit_code == 2
    if code == "CAM658":
        assert len(plan.blocks) == 1
    kept = [block for block in plan.gate if block.code == "CAM652"]
    assert bool(kept) == (before is None and name != "FileSystem")  # the own key is retained


@each_layout
def test_an_own_key_that_is_not_retained_is_blocked_as_well(layout: Layout) -> None:
    spec = {"storage": {"on_delete": "delete"}}
    after = {"storage": {"on_delete": "delete", "node_id_kms_key_arn": key(1)}}
    plan = planned(layout, spec, after)
    assert {(b.code, b.logical_id) for b in plan.blocks} == {
        ("CAM658", "NodeIdBucket"),
        ("CAM651", "NodeIdKey"),
    }


@each_layout
def test_a_key_that_brokers_may_still_decrypt_with_may_be_left(layout: Layout) -> None:
    before = {"storage": {"backup": {"kms_key_arn": key(1)}}}
    old = json.loads(json.dumps(templates(layout, **before)))
    new = copy.deepcopy(templates(layout, storage={"backup": {"kms_key_arn": key(2)}}))
    component = "root" if layout is Layout.FLAT else "orchestration"
    role = json.loads(json.dumps(new[component]["Resources"]["OrchestrationTaskRole"]))
    statements = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    (grant,) = (each for each in statements if each["Sid"] == "BackupKey")
    grant["Resource"].append(key(1))
    new[component]["Resources"]["OrchestrationTaskRole"] = role
    assert make_plan(old, new).exit_code == 2


LOGIN = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:login-a1B2c3"
OWN_KEY = {"secrets": {"kms_key_arn": key(1)}}


@each_layout
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, documents(kms_key_arn=key(1))),
        ({}, {"registry": {"credentials_secret_arn": LOGIN, "kms_key_arn": key(1)}}),
        (OWN_KEY, {**OWN_KEY, "database": {"instances": 2}}),
        ({}, {"storage": {"backup": {"retention": "P60D"}}}),
    ],
)
def test_other_changes_of_what_is_encrypted_are_not_blocked(
    layout: Layout, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert planned(layout, before, after).gate == ()


def test_another_key_of_a_log_group_is_a_warning() -> None:
    def logs(arn: str | None) -> Any:
        properties = {"KmsKeyId": arn} if arn else {}
        return {
            "root": {
                "Resources": {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": properties}}
            }
        }

    plan = make_plan(logs(key(1)), logs(key(2)))
    assert [(b.code, b.severity) for b in plan.gate] == [("CAM658", Severity.WARNING)]
    assert make_plan(logs(None), logs(key(1))).gate == ()


DIGEST = "@sha256:" + "0" * 64


@each_layout
@pytest.mark.parametrize(
    ("before", "after", "warned"),
    [
        ("camunda/camunda:8.10.2", "camunda/camunda" + DIGEST, True),
        ("camunda/camunda" + DIGEST, "camunda/camunda:8.10.2", True),
        ("camunda/camunda" + DIGEST, "camunda/camunda" + DIGEST.replace("0", "1"), True),
        ("camunda/camunda:8.10.2", "camunda/camunda:nightly", True),
        ("camunda/camunda:8.10.2", "camunda/camunda:8.10.2" + DIGEST, False),
        ("example.com:5000/camunda:8.10", "example.com:5000/camunda:8.10.3", False),
    ],
)
def test_an_image_that_does_not_tell_its_version_is_a_warning(
    layout: Layout, before: str, after: str, warned: bool
) -> None:
    plan = planned(
        layout, {"orchestration": {"image": before}}, {"orchestration": {"image": after}}
    )
    assert [b.code for b in plan.gate] == (["CAM659"] if warned else [])
    assert plan.exit_code == 2

"""Addresses that clients use: what ends them is said."""

import json
from typing import Any

import pytest

from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates

each_layout = pytest.mark.parametrize("layout", Layout)

SIX = {"network": {"ipv6": True}}
DUAL = {**SIX, "access": {"ip_address_type": "dualstack"}}


def planned(layout: Layout, before: dict[str, Any], after: dict[str, Any]) -> Plan:
    old = json.loads(json.dumps(templates(layout, **before)))
    return make_plan(old, templates(layout, **after))


def said(plan: Plan) -> list[tuple[str, str | None, Severity]]:
    return [(block.code, block.logical_id, block.severity) for block in plan.gate]


@each_layout
@pytest.mark.parametrize(
    ("side", "balancer", "who"),
    [("http", "WebLoadBalancer", "people"), ("grpc", "GrpcLoadBalancer", "gRPC clients")],
)
def test_a_side_that_is_switched_off_is_said_and_on_is_not(
    layout: Layout, side: str, balancer: str, who: str
) -> None:
    off = {"access": {side: False}}
    plan = planned(layout, {}, off)
    assert said(plan) == [("CAM761", balancer, Severity.WARNING)]
    assert who in plan.gate[0].message
    assert said(planned(layout, off, {})) == []
    service = next(c for c in plan.changes() if c.logical_id == "OrchestrationService")
    assert str(service.action) == "change"  # never replaced: it would fail


@each_layout
def test_a_context_path_that_changes_is_said(layout: Layout) -> None:
    plan = planned(layout, {}, {"orchestration": {"context_path": "/camunda"}})
    assert said(plan) == [("CAM761", "OrchestrationTaskDefinition", Severity.WARNING)]
    assert "from / to /camunda" in plan.gate[0].message
    plan = planned(layout, {}, {"connectors": {"context_path": "/hooks"}})
    assert said(plan) == [("CAM761", "ConnectorsTaskDefinition", Severity.WARNING)]
    before = {"orchestration": {"environment": {"SERVER_SERVLET_CONTEXTPATH": "/camunda"}}}
    assert said(planned(layout, before, {"orchestration": {"context_path": "/camunda"}})) == []


@each_layout
@pytest.mark.parametrize(
    ("before", "after"), [({}, DUAL), (DUAL, {}), (DUAL, SIX), (SIX, DUAL), ({}, SIX), (SIX, {})]
)
def test_ipv6_comes_and_goes_without_replacing_anything(
    layout: Layout, before: dict[str, Any], after: dict[str, Any]
) -> None:
    plan = planned(layout, before, after)
    leaves = before is DUAL and after is not DUAL  # clients that have IPv6 alone are told
    balancers = ("WebLoadBalancer", "GrpcLoadBalancer") if leaves else ()
    assert said(plan) == [("CAM761", each, Severity.WARNING) for each in balancers]
    actions = {(str(c.action), c.type) for c in plan.changes()}
    assert not [action for action, _ in actions if action not in ("add", "change", "delete")]
    kept = ("VPC", "Subnet", "LoadBalancer", "TargetGroup", "Service")
    assert not {t.rpartition("::")[2] for a, t in actions if a != "change"} & set(kept)
    assert not [c for c in plan.changes() if c.type == "AWS::EC2::Subnet"]


@each_layout
def test_other_changes_of_addresses_are_not_mentioned(layout: Layout) -> None:
    for after in ({"management_port": "vpc"}, {"allowed_cidrs": ["10.0.0.0/8"]}):
        assert said(planned(layout, {}, {"access": after})) == []


@each_layout
@pytest.mark.parametrize(
    ("change", "balancers"),
    [
        ({"grpc": False}, ["GrpcLoadBalancer"]),
        ({"scheme": "internal"}, ["GrpcLoadBalancer", "WebLoadBalancer"]),
    ],
)
def test_a_protected_load_balancer_that_would_stay_behind_is_blocked(
    layout: Layout, change: dict[str, Any], balancers: list[str]
) -> None:
    guarded = {"access": {"deletion_protection": True}}
    changed = {"access": {"deletion_protection": True, **change}}
    for after in (changed, {"access": change}):  # the protection goes too late in the same change
        blocks = [each for each in planned(layout, guarded, after).gate if each.code == "CAM762"]
        assert sorted(str(each.logical_id) for each in blocks) == balancers
        assert {each.severity for each in blocks} == {Severity.BLOCK}
        assert "access.deletion_protection to false" in blocks[0].hint
    for before in ({}, {"access": {"deletion_protection": False}}):
        assert "CAM762" not in {each.code for each in planned(layout, before, changed).gate}
    assert said(planned(layout, guarded, {})) == said(planned(layout, {}, guarded)) == []


TARGET_TLS = {
    "access": {
        "target_tls": {
            "secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-tls-a1B2c3"
        }
    }
}


@each_layout
@pytest.mark.parametrize(("before", "after"), [({}, TARGET_TLS), (TARGET_TLS, {})])
def test_target_groups_without_targets_are_said(
    layout: Layout, before: dict[str, Any], after: dict[str, Any]
) -> None:
    plan = planned(layout, before, after)
    groups = ("RestTargetGroup", "ConnectorsTargetGroup")
    assert sorted(said(plan)) == sorted(("CAM760", each, Severity.WARNING) for each in groups)
    actions = {each.logical_id: str(each.action) for each in plan.changes()}
    assert {name for name, action in actions.items() if action == "replace"} == {
        *groups,
        *("OrchestrationTaskDefinition", "ConnectorsTaskDefinition"),
    }
    assert actions["OrchestrationService"] == actions["ConnectorsService"] == "change"


@each_layout
def test_another_load_balancer_says_nothing_of_its_target_groups(layout: Layout) -> None:
    plan = planned(layout, {}, {"access": {"scheme": "internal"}})
    assert "CAM760" not in {block.code for block in plan.gate}

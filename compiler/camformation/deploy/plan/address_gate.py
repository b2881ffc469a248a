"""Gate checks for addresses that clients use, which no later template brings back.

Nothing that is stored is lost with them, so they are only warned about, unless AWS refuses the
deletion.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.components.context_paths import ROOT, VARIABLE
from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.containers import SERVICE, containers_of, place, task_of, told
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.situation import Situation

LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"


def address_gate(situation: Situation) -> Iterator[Block]:
    """Yield what happens to the addresses of a deployment that stays."""
    if not situation.after:
        return
    for change in situation.changes:
        if change.type == LOAD_BALANCER and change.action is Action.DELETE:
            yield _gone(situation, change)
        if change.type == LOAD_BALANCER and change.action in (Action.DELETE, Action.REPLACE):
            yield from _guarded(situation, change)
        if change.type == TARGET_GROUP and change.action is Action.REPLACE:
            yield from _without_targets(situation, change)
    yield from _paths(situation)


def _gone(situation: Situation, change: ResourceChange) -> Block:
    network = _properties(situation.before, change).get("Type") == "network"
    who = "gRPC clients" if network else "people, REST clients and webhooks"
    return warned(
        change,
        "CAM761",
        f"{change.logical_id}: deletes the way in of {who}; a load balancer that is made later has "
        "another DNS name",
        "move the clients first; connectors reach the brokers as before",
        change.location,
    )


def _without_targets(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Yield a group that changes its protocol; the others come with a new load balancer or VPC."""
    old, new = (
        _properties(resources, change).get("Protocol")
        for resources in (situation.before, situation.after)
    )
    if old != new:
        yield warned(
            change,
            "CAM760",
            f"{change.logical_id}: the load balancer leads to a new group, for {new} instead of "
            f"{old}, that is empty until the first task is replaced: clients get errors for "
            "minutes, and all load until the others are replaced goes to it",
            "do it when few clients are there; connectors fail meanwhile, and go on afterwards",
            change.location,
        )


def _guarded(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    for each in _properties(situation.before, change).get("LoadBalancerAttributes", ()):
        if each.get("Key") == "deletion_protection.enabled" and each.get("Value") != "false":
            yield blocked(
                change,
                "CAM762",
                f"{change.logical_id}: deletion protection is on, so AWS would not delete the load "
                "balancer: it would stay behind, with its costs, outside the stack",
                "set access.deletion_protection to false and deploy that first; " + ALLOW,
                change.location,
            )


def _paths(situation: Situation) -> Iterator[Block]:
    for address, service in situation.before.items():
        later = situation.after.get(address)
        if service["Type"] != SERVICE or later is None:
            continue
        tasks = task_of(service), task_of(later)
        change = next((c for task in tasks if task and (c := situation.change(task))), None)
        if change is None:
            continue
        old, new = (
            _context_path(resources.get(task, {}) if task else {})
            for resources, task in zip((situation.before, situation.after), tasks, strict=True)
        )
        if old != new:
            yield warned(
                change,
                "CAM761",
                f"{change.logical_id}: the context path goes from {old} to {new}: the addresses "
                "that people, clients, webhooks and an identity provider know end, and tasks "
                "answer at the old or the new path until all are replaced",
                "announce the new addresses, and add the new redirect URI at the provider first",
                place(change, [f"[{VARIABLE}]"]),
            )


def _context_path(task: Mapping[str, Any]) -> str:
    """Return the context path that a task's containers are told."""
    said = [told(container).value(VARIABLE) for container in containers_of(task)]
    return next((path for path in said if path), ROOT)


def _properties(resources: Mapping[Any, Any], change: ResourceChange) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resources.get(change.address, {}).get("Properties", {})
    return found

"""Gate checks for addresses that clients use, which no later template restores.

No stored data is lost with them, so they only cause warnings, unless AWS refuses the deletion.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.components.context_paths import ROOT, VARIABLE
from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.containers import (
    SERVICE,
    broker_services,
    containers_of,
    place,
    task_of,
    told,
)
from camformation.deploy.plan.hostname_gate import hostname_gate
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.names import same_of
from camformation.deploy.plan.network_gate import attached
from camformation.deploy.plan.situation import Properties, Situation
from camformation.deploy.plan.symbols import Address, shown, symbols
from camformation.deploy.plan.template_diff import properties_of
from camformation.shapes import mappings

ADDRESS = "AWS::EC2::EIP"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"


def address_gate(situation: Situation) -> Iterator[Block]:
    """Yield the effects on the addresses of a remaining deployment."""
    if not situation.after:
        return
    for change in situation.changes:
        if change.type == LOAD_BALANCER and change.action is Action.DELETE:
            yield _gone(situation, change)
        if change.type == LOAD_BALANCER and change.action in (Action.DELETE, Action.REPLACE):
            yield from _guarded(situation, change)
        if change.type == LOAD_BALANCER and change.action is Action.REPLACE:
            yield _moved(situation, change)
        if change.type == LOAD_BALANCER and change.action is Action.CHANGE:
            yield from _addresses(situation, change)
        if change.type == LISTENER and change.action is Action.CHANGE:
            yield from _protocol(change)
        if change.type == LISTENER and change.action is Action.DELETE:
            yield from _closed(situation, change)
        if change.type == TARGET_GROUP and change.action is Action.REPLACE:
            yield from _without_targets(situation, change)
    yield from hostname_gate(situation)
    yield from _left(situation)
    yield from _released(situation)
    yield from _paths(situation)


def _gone(situation: Situation, change: ResourceChange) -> Block:
    return warned(
        change,
        "CAM761",
        f"{change.logical_id}: deletes the entry point of {_clients(situation, change)}; a load "
        "balancer created later has another DNS name",
        "move the clients first; connectors reach the brokers as before",
        change.location,
    )


def _clients(situation: Situation, change: ResourceChange) -> str:
    network = properties_of(situation.before, change.address).get("Type") == "network"
    return "gRPC clients" if network else "people, REST clients and webhooks"


def _moved(situation: Situation, change: ResourceChange) -> Block:
    """Warn of a replaced load balancer: records of the deployment point to the new one at once, but
    its target groups, which are new too, are filled only when tasks are replaced."""
    scheme = properties_of(situation.after, change.address).get("Scheme")
    inside = " inside the VPC only" if scheme == "internal" else ""
    return warned(
        change,
        "CAM761",
        f"{change.logical_id}: another load balancer, with another DNS name{inside}, replaces the "
        f"one that {_clients(situation, change)} use; it has no targets until the first "
        "task is replaced, and DNS records of this deployment lead to it before that",
        "do it when there are few clients; update your own DNS records, and clients that use the "
        "address itself, when the deployment is done",
        change.location,
    )


def _addresses(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Warn of a load balancer that gives up its addresses of one kind (ELB API Reference,
    SetIpAddressType)."""
    leaf = change.change_of("IpAddressType")
    if leaf is None:
        return
    six = str(leaf.before).startswith("dualstack") and leaf.after in ("ipv4", None)
    if six or leaf.after == "dualstack-without-public-ipv4":
        kind, record = ("IPv6", "AAAA") if six else ("IPv4", "A")
        yield warned(
            change,
            "CAM761",
            f"{change.logical_id}: gives up its {'' if six else 'public '}{kind} addresses: "
            f"{_clients(situation, change)} with {kind} only can no longer reach it",
            f"remove your own {record} records first",
            leaf.location,
        )


def _protocol(change: ResourceChange) -> Iterator[Block]:
    """Warn of a listener at another port, or of a gRPC listener that starts or stops expecting
    TLS."""
    if leaf := next((each for each in change.properties if each.path == "Port"), None):
        yield warned(
            change,
            "CAM761",
            f"{change.logical_id}: the listener's port goes from {leaf.before} to {leaf.after} at "
            "once: clients that use the old one can no longer connect",
            "change the clients, and the rules of the load balancer's security group, at the same "
            "time",
            leaf.location,
        )
    leaf = next((each for each in change.properties if each.path == "Protocol"), None)
    if leaf and (leaf.before, leaf.after) in (("TCP", "TLS"), ("TLS", "TCP")):
        does = "expects TLS" if leaf.after == "TLS" else "no longer offers TLS"
        yield warned(
            change,
            "CAM761",
            f"{change.logical_id}: the listener {does} from this deployment on: clients that "
            "expect the opposite cannot connect",
            "change the clients at the same time; the addresses for web browsers and REST clients "
            "change too, as the outputs show",
            leaf.location,
        )


def _closed(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Warn of a listener that goes from a load balancer which stays; where HTTPS ends, the hostname
    tells."""
    old = properties_of(situation.before, change.address)
    balancer = next((symbol.resource for symbol in symbols(old.get("LoadBalancerArn", ""))), None)
    if balancer not in situation.after or shown(old.get("Protocol")) == "HTTPS":
        return
    if same_of(situation.before[change.address]) in map(same_of, situation.after.values()):
        return  # which is blocked itself (`names_gate`)
    yield warned(
        change,
        "CAM761",
        f"{change.logical_id}: the listener at port {shown(old.get('Port', ''))} is deleted: "
        "clients that use it can no longer connect",
        "move the clients to another port first",
        change.location,
    )


def _released(situation: Situation) -> Iterator[Block]:
    """Warn of outgoing addresses of tasks that AWS will give to other customers."""
    gone = [
        change
        for change in situation.changes
        if change.type == ADDRESS and change.action in (Action.DELETE, Action.REPLACE)
    ]
    if gone:
        names = ", ".join(change.logical_id for change in gone)
        yield warned(
            gone[0],
            "CAM761",
            f"{names}: releases {'an address' if len(gone) == 1 else 'addresses'} that tasks use "
            "for outgoing calls; no later deployment gets the same one back",
            "tell everybody who allows your addresses; outgoing calls then use the addresses that "
            "remain",
            gone[0].location,
        )


def _without_targets(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Yield a replaced group behind a remaining load balancer: it has no targets until tasks are
    replaced. A new load balancer, or another VPC, is reported elsewhere."""
    balancers = attached(situation.after).get(change.address, set())
    new = any(
        (its := situation.change(each)) is not None and its.action in (Action.ADD, Action.REPLACE)
        for each in balancers
    )
    if not balancers or new or change.change_of("VpcId"):
        return
    protocols = [
        properties_of(resources, change.address).get("Protocol")
        for resources in (situation.before, situation.after)
    ]
    old, new_one = map(shown, protocols)
    what = f", for {new_one} instead of {old}," if old != new_one else ""
    yield warned(
        change,
        "CAM760",
        f"{change.logical_id}: the load balancer forwards to a new target group{what} that is "
        "empty until the first task is replaced: clients get errors for minutes, and the first "
        "tasks get all the load until the others are replaced",
        "do it when there are few clients; connectors fail in the meantime, and continue "
        "afterwards",
        change.location,
    )


def _left(situation: Situation) -> Iterator[Block]:
    """Warn of a target group that a load balancer still uses, and that no service fills."""
    behind = attached(situation.after)
    for change, before, after in situation.updated():
        if change.type != SERVICE:
            continue
        old, new = (_filled(each) for each in (before, after))
        gone = sorted(each.logical_id for each in old - new if behind.get(each))
        if gone:
            yield warned(
                change,
                "CAM760",
                f"{change.logical_id}: no longer registers its tasks in {', '.join(gone)}, which "
                "a load balancer still uses: when all tasks are replaced, clients get errors",
                "let the listener use another group in the same deployment, or undo the change",
                change.line_of("LoadBalancers") or change.location,
            )


def _filled(service: Properties) -> set[Address]:
    """Return the target groups in which a service registers its tasks."""
    return {symbol.resource for symbol in symbols(service.get("LoadBalancers", ()))}


def _guarded(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    properties = properties_of(situation.before, change.address)
    for each in mappings(properties.get("LoadBalancerAttributes")):
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
            brokers = address in broker_services(situation.before)
            users = "people, clients, webhooks and an identity provider" if brokers else "webhooks"
            provider = ", and add the new redirect URI at the provider first" if brokers else ""
            yield warned(
                change,
                "CAM761",
                f"{change.logical_id}: the context path goes from {old} to {new}: the addresses "
                f"that {users} use stop working, and until all tasks are replaced, some answer at "
                "the old path and some at the new one",
                "announce the new addresses" + provider,
                place(change, [f"[{VARIABLE}]"]),
            )


def _context_path(task: Mapping[str, Any]) -> str:
    """Return the context path in the variables of a task's containers."""
    said = [told(container).value(VARIABLE) for container in containers_of(task)]
    return next((path for path in said if path), ROOT)

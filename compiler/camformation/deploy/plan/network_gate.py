"""Gate checks for the network, and for its load balancers.

The database, the file system and the load balancers cannot leave their VPC (Aurora User Guide,
Working with an Aurora DB cluster in a VPC; EFS API Reference, CreateMountTarget: all mount targets
in one VPC, one in each zone). CloudFormation creates the new resources before it deletes the old
ones, is refused, and rolls back.
"""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.model import (
    Action,
    Block,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from camformation.deploy.plan.names import same_of
from camformation.deploy.plan.provider_schemas import NEVER
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, Symbol, shown, symbols
from camformation.deploy.plan.template_diff import RETAIN, Resources, properties_of
from camformation.diagnostics import Location

VPC, SUBNET = "AWS::EC2::VPC", "AWS::EC2::Subnet"
MOUNT_TARGET = "AWS::EFS::MountTarget"
SUBNET_GROUP = "AWS::RDS::DBSubnetGroup"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
LISTENER_RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"

UNDO = "undo the change: another network needs a new deployment; " + ALLOW
SUBNETS = "keep the deployed subnets in the spec; you can add one in another zone; " + ALLOW


def network_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block for every change that removes the network of existing resources."""
    if not situation.after:  # all of it goes
        return
    moved = [*_networks(situation), *_another_vpc(situation)]
    yield from moved
    if not moved:
        yield from _subnets(situation)
        yield from _swapped_subnets(situation)
    yield from _target_groups(situation)


def _networks(situation: Situation) -> Iterator[Block]:
    """Block deleted and replaced VPCs and subnets, except subnets that follow their VPC."""
    gone = [change for change in situation.changes if _goes(change, VPC)]
    gone = gone or [change for change in situation.changes if _goes(change, SUBNET)]
    for does in ("deletes", "replaces"):
        moved = [each for each in gone if (each.action is Action.DELETE) == (does == "deletes")]
        does = "replace" if _may(moved) else does
        if not moved:
            continue
        yield blocked(
            moved[0],
            "CAM656",
            f"{', '.join(change.logical_id for change in moved)}: {_may(moved)}{does} the network "
            "under the "
            "database, the file system and the load balancers, which cannot move: the deployment "
            "would fail at this resource, and be rolled back",
            UNDO,
            next((each.location for each in moved if each.location), None),
        )


def _goes(change: ResourceChange, kind: str) -> bool:
    if change.type != kind:
        return False
    if change.action is Action.DELETE:
        return change.old_resource != RETAIN
    if change.action is Action.CHANGE and change.replacement is Replacement.CONDITIONAL:
        return any(
            leaf.requires_recreation != NEVER and not leaf.cause for leaf in change.properties
        )
    return change.action is Action.REPLACE and not _own(change, "VpcId")


def _may(moved: list[ResourceChange]) -> str:
    return "may " if moved and all(each.action is Action.CHANGE for each in moved) else ""


def _own(change: ResourceChange, path: str) -> PropertyChange | None:
    """Return the change of a property, if it has another value."""
    return next((leaf for leaf in change.properties if leaf.path == path), None)


def _another_vpc(situation: Situation) -> Iterator[Block]:
    """Block, once for each move, resources that are created again because of another VPC."""
    found: dict[tuple[str, str], list[tuple[ResourceChange, PropertyChange]]] = {}
    gone = {change.address for change in situation.changes if _goes(change, VPC)}
    for change in situation.changes:
        leaf = _own(change, "VpcId")
        before = properties_of(situation.before, change.address).get("VpcId")
        if leaf is None or leaf.cause or gone.intersection(_sources(before)):
            continue
        found.setdefault((shown(leaf.before), shown(leaf.after)), []).append((change, leaf))
    for (before, after), moved in found.items():
        groups = [pair for pair in moved if pair[0].type == "AWS::EC2::SecurityGroup"]
        first, leaf = (groups or moved)[0]
        names = ", ".join(change.logical_id for change, _ in moved)
        yield blocked(
            first,
            "CAM656",
            f"{names}: the VPC changes from {before} to {after}, under the database, the file "
            "system and the load balancers, which cannot move: the deployment would fail at this "
            "resource, and be rolled back",
            UNDO,
            leaf.location,
        )


def _sources(value: Any) -> set[Address]:
    return {symbol.resource for symbol in symbols(value)}


def _subnets(situation: Situation) -> Iterator[Block]:
    """Block subnets that are removed from the file system or the database while these stay."""
    reported: set[str] = set()
    kept = {same_of(each) for each in situation.after.values() if each["Type"] == MOUNT_TARGET}
    for change in situation.changes:
        if change.type != MOUNT_TARGET or not _file_system_stays(situation, change):
            continue
        subnet = shown(properties_of(situation.before, change.address).get("SubnetId"))
        if change.action is Action.DELETE and same_of(situation.before[change.address]) in kept:
            continue  # another block is for it (`names_gate`)
        if change.action is Action.DELETE:
            reported.add(subnet)
            yield blocked(
                change,
                "CAM656",
                f"{change.logical_id}: takes {subnet} from the file system, the database and the "
                "tasks: a database cannot leave a subnet that it is in, and another subnet of the "
                "same zone is refused while this one has its mount target",
                SUBNETS,
                change.location or _line(situation),
            )
        elif change.action is Action.REPLACE and not all(leaf.cause for leaf in change.properties):
            reported.add(subnet)
            if same_of(situation.before[change.address]) in kept:
                continue  # which nothing allows (`names_gate`)
            yield blocked(
                change,
                "CAM656",
                f"{change.logical_id}: replaces the mount target in {subnet}: a file system has "
                "one mount target in each zone, all in one VPC, so the new one is refused while "
                "the old one exists",
                SUBNETS,
                change.location,
            )
    for change in situation.changes:
        if change.type != SUBNET_GROUP or change.action is not Action.CHANGE:
            continue
        lost = _lost(situation, change, "SubnetIds") - reported
        if lost and all(not leaf.cause for leaf in change.properties):
            yield blocked(
                change,
                "CAM656",
                f"{change.logical_id}: takes {', '.join(sorted(lost))} from the database, which "
                "cannot leave a subnet that it is in",
                SUBNETS,
                change.line_of("SubnetIds"),
            )


def _line(situation: Situation) -> Location | None:
    """Return the line of the database's subnets: a removed item of a list has none itself."""
    lines = (each.line_of("SubnetIds") for each in situation.changes if each.type == SUBNET_GROUP)
    return next(filter(None, lines), None)


def _file_system_stays(situation: Situation, change: ResourceChange) -> bool:
    before = properties_of(situation.before, change.address)
    system = before.get("FileSystemId")
    if not isinstance(system, Symbol):
        return system is not None
    its = situation.change(system.resource)
    return its is None or its.action is Action.CHANGE


def _lost(situation: Situation, change: ResourceChange, name: str) -> set[str]:
    """Return the removed items of a list property."""
    return _items(situation.before, change, name) - _items(situation.after, change, name)


def _items(resources: Resources, change: ResourceChange, name: str) -> set[str]:
    found = properties_of(resources, change.address).get(name, [])
    return set(map(shown, found)) if isinstance(found, list) else set()


def _swapped_subnets(situation: Situation) -> Iterator[Block]:
    """Warn of network load balancers that leave a subnet and join another at once: in one zone
    these are two steps (ELB docs, Update the Availability Zones for your Network Load Balancer)."""
    for change in situation.changes:
        if change.type != LOAD_BALANCER or change.action is not Action.CHANGE:
            continue
        after = properties_of(situation.after, change.address)
        lost = _lost(situation, change, "Subnets")
        joined = _items(situation.after, change, "Subnets") - _items(
            situation.before, change, "Subnets"
        )
        if lost and joined and after.get("Type") == "network":
            yield warned(
                change,
                "CAM656",
                f"{change.logical_id}: leaves {', '.join(sorted(lost))} and joins "
                f"{', '.join(sorted(joined))}: a network load balancer cannot change its subnet "
                "of a zone in one step",
                "if both are in the same zone, remove the old subnet first, and add the new one "
                "in a second deployment",
                change.line_of("Subnets"),
            )


def _target_groups(situation: Situation) -> Iterator[Block]:
    """Block load balancers that would take over target groups that another one still has.

    A target group belongs to one load balancer (ELB API Reference, TargetGroupAssociationLimit),
    and the old load balancer is deleted last.
    """
    before, after = attached(situation.before), attached(situation.after)
    taken: dict[Address, list[str]] = {}
    for group, balancers in after.items():
        change = situation.change(group)
        if group not in before or (change and change.action in (Action.REPLACE, Action.ADD)):
            continue
        for balancer in balancers:
            its = situation.change(balancer)
            if its and its.action in (Action.REPLACE, Action.ADD):
                taken.setdefault(balancer, []).append(group.logical_id)
    for balancer, groups in taken.items():
        change = situation.change(balancer)
        assert change is not None
        does = "is replaced" if change.action is Action.REPLACE else "is new"
        yield blocked(
            change,
            "CAM657",
            f"{balancer.logical_id}: {does}, and {', '.join(groups)} would belong to two load "
            "balancers until the old one is deleted, which is refused: the deployment would fail "
            "at this resource, and be rolled back",
            "replace the target groups in the same deployment, as a change of `access.scheme` "
            "does; or undo the change; " + ALLOW,
            change.location,
        )


def attached(resources: Resources) -> dict[Address, set[Address]]:
    """Return the load balancers whose listeners forward to each target group."""
    balancers = {
        address: _sources(resource.get("Properties", {}).get("LoadBalancerArn"))
        for address, resource in resources.items()
        if resource["Type"] == LISTENER
    }
    found: dict[Address, set[Address]] = {}
    for address, resource in resources.items():
        if resource["Type"] not in (LISTENER, LISTENER_RULE):
            continue
        properties = resource.get("Properties", {})
        listeners = (
            {address} if resource["Type"] == LISTENER else _sources(properties.get("ListenerArn"))
        )
        of = {each for listener in listeners for each in balancers.get(listener, ())}
        for group in _sources([properties.get("DefaultActions"), properties.get("Actions")]):
            found.setdefault(group, set()).update(of)
    return found

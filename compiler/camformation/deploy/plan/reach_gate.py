"""Gate checks for brokers that no longer reach their data: rules of security groups that go, and a
VPC without the names of its file systems and endpoints."""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.containers import broker_services
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, symbols
from camformation.deploy.plan.template_diff import Resources, properties_of

VPC = "AWS::EC2::VPC"
NAMES = ("EnableDnsSupport", "EnableDnsHostnames")
RULES = {
    "AWS::EC2::SecurityGroupIngress": ("SourceSecurityGroupId", "GroupId"),
    "AWS::EC2::SecurityGroupEgress": ("GroupId", "DestinationSecurityGroupId"),
}
"""Rules between two groups, and who reaches whom by them."""
DATA = {
    "AWS::RDS::DBCluster": ("VpcSecurityGroupIds", "the database"),
    "AWS::EFS::MountTarget": ("SecurityGroups", "the file system"),
}
"""The brokers' data stores, and the property with their security groups."""

Pair = tuple[str, Address, Address]


def reach_gate(situation: Situation) -> Iterator[Block]:
    """Warn of brokers that are cut off from their data (CAM799)."""
    for change, _, after in situation.updated():
        off = [name for name in NAMES if str(after.get(name, "")).lower() == "false"]
        if change.type == VPC and (leaf := next(filter(None, map(change.change_of, off)), None)):
            yield warned(
                change,
                "CAM799",
                f"{change.logical_id}: {leaf.path} is switched off: new tasks can resolve neither "
                "the name of the file system nor private names, and do not start",
                "undo the change: Amazon EFS and private zones need both settings of the VPC",
                leaf.location,
            )
    yield from _rules(situation)


def _rules(situation: Situation) -> Iterator[Block]:
    brokers = _groups(situation.after, *broker_services(situation.after))
    before, after = _pairs(situation.before), _pairs(situation.after)
    for (kind, source, target), rule in before.items():
        what = _behind(situation.after, target)
        change = situation.change(rule)
        gone = change is not None and change.action is Action.DELETE
        if what and gone and change and source in brokers and (kind, source, target) not in after:
            yield warned(
                change,
                "CAM799",
                f"{change.logical_id}: deletes the rule that lets brokers reach {what}, and no "
                "other rule replaces it: brokers stop, and cannot start again",
                "keep the rule, or add another one in the same deployment",
                change.location,
            )


def _pairs(resources: Resources) -> dict[Pair, Address]:
    """Return the rules between groups of these templates: which kind, from whom, to whom."""
    found = {}
    for address, resource in resources.items():
        if ends := RULES.get(resource["Type"]):
            properties = resource.get("Properties", {})
            groups = [_only(properties.get(name)) for name in ends]
            if groups[0] and groups[1]:
                found[resource["Type"], groups[0], groups[1]] = address
    return found


def _only(value: Any) -> Address | None:
    return next((symbol.resource for symbol in symbols(value or "")), None)


def _groups(resources: Resources, *services: Address) -> set[Address]:
    return {
        symbol.resource
        for service in services
        for symbol in symbols(properties_of(resources, service).get("NetworkConfiguration", {}))
    }


def _behind(resources: Resources, group: Address) -> str:
    """Return the data behind a security group, if any."""
    for resource in resources.values():
        name, what = DATA.get(resource["Type"], ("", ""))
        held = symbols(resource.get("Properties", {}).get(name, ())) if name else ()
        if any(symbol.resource == group for symbol in held):
            return what
    return ""

"""Gate checks for brokers that no longer reach their data, and for clients that no longer reach
brokers: rules of security groups that go, and a VPC without the names of its file systems and
endpoints."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.containers import broker_services
from camformation.deploy.plan.holdings import GONE
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, shown, symbols
from camformation.deploy.plan.template_diff import Resources, properties_of
from camformation.deploy.plan.values import number
from camformation.shapes import mappings

VPC = "AWS::EC2::VPC"
NAMES = ("EnableDnsSupport", "EnableDnsHostnames")
INGRESS = "AWS::EC2::SecurityGroupIngress"
RULES = {
    INGRESS: ("SourceSecurityGroupId", "GroupId"),
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
    yield from _clients(situation)


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


def _clients(situation: Situation) -> Iterator[Block]:
    """Warn of networks whose clients connect to brokers without a load balancer, and no longer can
    (CAM761); not where the brokers' security group is another, which is told."""
    groups = {
        group
        for group in _groups(situation.before, *broker_services(situation.before))
        if (its := situation.change(group)) is None or its.action not in GONE
    }
    ports = _ports(situation)
    after = [*_networks(situation.after, groups)]
    gone: dict[str, list[tuple[ResourceChange, int]]] = {}
    for address, network, first, last in _networks(situation.before, groups):
        change = situation.change(address)
        for port in sorted(each for each in ports if first <= each <= last):
            stays = any(f <= port <= e and _within(network, other) for _, other, f, e in after)
            if change and not stays:
                gone.setdefault(network, []).append((change, port))
    for network, rules in gone.items():
        names = ", ".join(dict.fromkeys(change.logical_id for change, _ in rules))
        at = " and ".join(str(port) for port in dict.fromkeys(port for _, port in rules))
        yield warned(
            rules[0][0],
            "CAM761",
            f"{names}: clients in {network} can no longer connect to brokers directly, at {at}",
            "move them to the load balancers first",
            rules[0][0].location,
        )


def _ports(situation: Situation) -> set[int]:
    """Return the ports of the brokers' containers; those of proxies are not theirs."""
    return {
        int(port)
        for _, brokers in broker_services(situation.before).values()
        for broker in brokers
        for mapped in mappings(broker.get("PortMappings"))
        if (port := number(mapped.get("ContainerPort"))) is not None
    }


def _networks(
    resources: Resources, groups: set[Address]
) -> Iterator[tuple[Address, str, float, float]]:
    """Yield the networks that rules let into groups, with the ports."""
    for address, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] != INGRESS or _only(properties.get("GroupId")) not in groups:
            continue
        network = properties.get("CidrIp", properties.get("CidrIpv6"))
        first, last = (number(properties.get(name)) for name in ("FromPort", "ToPort"))
        if network is not None:
            every = first is None or last is None
            yield address, shown(network), 0 if every else first or 0, 65535 if every else last or 0


def _within(network: str, other: str) -> bool:
    try:
        one, two = (ip_network(each, strict=False) for each in (network, other))
    except ValueError:  # a reference
        return network == other
    return one.version == two.version and one.subnet_of(two)  # type: ignore[arg-type]


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

"""Checks of the network ACLs of an existing VPC: whether its subnets may talk to each other.

ACLs keep no connections in mind: they judge answers, too, and nothing within a subnet (Amazon VPC
User Guide, Network ACLs).
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from camformation.components import ports
from camformation.deploy.cloud.account_networks import NetworkAcl, Subnet
from camformation.deploy.preflight.facts import counts
from camformation.deploy.preflight.model import Result, Situation, no, ok
from camformation.deploy.preflight.subnet_checks import (
    EXISTING,
    PRIVATE,
    database_field,
    entrance,
    subnet_ids,
)
from camformation.frozen import frozen

ANSWER = 40000
"""One of the ports that all clients in a VPC take for answers: Linux from 32768 to 60999, load
balancers and NAT gateways from 1024 to 65535."""

TCP, ALL = "6", "-1"
RESERVED = 4  # the first addresses of a subnet are AWS's, and the last one


@frozen
class _Flow:
    """Connections from the subnets of one field to those of another."""

    who: str
    source: str
    target: str
    port: int


def acls(s: Situation) -> Iterator[Result]:
    """Whether network ACLs let through what load balancers, tasks, the database and the file system
    say to each other."""
    existing = s.deployment.network.existing
    if not existing:
        return
    groups = subnet_ids(s)
    found = s.account.vpcs.acls(str(existing.vpc_id))
    lists = {subnet: each for each in found for subnet in each.subnets}
    if not lists:  # another account's: only its owner sees them
        return
    names = sorted({name for each in groups.values() for name in each})
    subnets = {each.id: each for each in s.account.vpcs.subnets(names) if each.cidr}
    problems: dict[tuple[str, bool, int], Result] = {}
    for flow in _flows(s, groups):
        for source in groups[flow.source]:
            for target in groups[flow.target]:
                if source != target and source in subnets and target in subnets:
                    pair = subnets[source], subnets[target]
                    for key, result in _stopped(flow, *pair, lists):
                        problems.setdefault(key, result)
    yield from problems.values()
    if not problems:
        yield ok(f"{', '.join(sorted({each.id for each in lists.values()}))} let them through")


def _flows(s: Situation, groups: dict[str, list[str]]) -> Iterator[_Flow]:
    number = counts(s.templates)
    if number.get("application"):
        yield _Flow("the HTTP load balancer", entrance(s, groups), PRIVATE, ports.REST)
    if number.get("network"):
        yield _Flow("the gRPC load balancer", entrance(s, groups), PRIVATE, ports.GRPC)
    yield _Flow("brokers", PRIVATE, PRIVATE, ports.INTERNAL)
    if number.get("AWS::EFS::MountTarget"):
        yield _Flow("brokers", PRIVATE, PRIVATE, ports.NFS)
    if number.get("AWS::RDS::DBCluster"):
        yield _Flow("brokers", PRIVATE, database_field(groups), ports.POSTGRESQL)


def _stopped(
    flow: _Flow, source: Subnet, target: Subnet, lists: dict[str, NetworkAcl]
) -> Iterator[tuple[tuple[str, bool, int], Result]]:
    """Yield what ACLs do not let through, with the list, the direction and the port."""
    for subnet, outward, other, port in (
        (source, True, target, flow.port),
        (target, False, source, flow.port),
        (target, True, source, ANSWER),
        (source, False, target, ANSWER),
    ):
        acl = lists.get(subnet.id)
        if acl is None or _passes(acl, outward, other.cidr, port):
            continue
        way = f"out of {subnet.id} to {other.id}" if outward else f"from {other.id} to {subnet.id}"
        what = f"answers of port {flow.port}" if port == ANSWER else f"port {port}"
        yield (
            (acl.id, outward, port),
            no(
                f"the network ACL {acl.id} stops {what} {way}, for {flow.who}",
                "allow "
                + ("TCP ports 1024 to 65535, for answers" if port == ANSWER else f"TCP port {port}")
                + f", {'to' if outward else 'from'} {other.cidr}",
                (*EXISTING, "vpc_id"),
                certain=False,
            ),
        )


def _passes(acl: NetworkAcl, outward: bool, block: str, port: int) -> bool:
    """Whether a list lets one of the block's ends through; the lowest number decides."""
    try:
        network = ip_network(block, strict=False)
    except ValueError:
        return True
    ends = (network[min(RESERVED, network.num_addresses - 1)], network[-2 % network.num_addresses])
    return any(_allowed(acl, outward, each, port) for each in ends)


def _allowed(acl: NetworkAcl, outward: bool, address: Any, port: int) -> bool:
    rules: Sequence[Any] = sorted(acl.rules, key=lambda each: each.number)
    for rule in rules:
        if rule.outward is not outward or rule.protocol not in (TCP, ALL):
            continue
        low, high = rule.ports if rule.protocol == TCP else (0, 65535)
        if low <= port <= high and _holds(rule.cidr, str(address)):
            return bool(rule.allows)
    return False


def _holds(block: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(block, strict=False)
    except ValueError:
        return False

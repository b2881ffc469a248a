"""Rules for where tasks may connect to."""

from collections.abc import Iterator
from ipaddress import ip_network

from camformation.components.egress_spec import DestinationSpec
from camformation.components.outbound import (
    Flow,
    Outbound,
    address,
    covers,
    excepted,
    span,
)
from camformation.components.outbound import outbound as flows_of
from camformation.components.patched_rules import patched_ports
from camformation.components.ports import WEB_TLS
from camformation.components.s3_prefix_lists import by_routes
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.images import all_images, image
from camformation.rules.network import NEEDED_ENDPOINTS
from camformation.rules.registry import Violation, rule

OUTBOUND_RULES = 60  # of a security group, unless the quota is raised (L-0EA8095F)
OWN_RULES = {
    "orchestration": 8,
    "connectors": 5,
    "database": 4,
    "operations": 4,
}  # at most, besides listed ones
HIGHEST = 65535
SERVICES = {
    "orchestration": "brokers",
    "connectors": "connectors",
    "database": "the seed task",
    "operations": "the ops task",
}


def outbound(d: Deployment) -> Outbound:
    """Return the outbound rules of a deployment's tasks; of a sound spec."""
    return flows_of(
        by_routes(d.network, d.region),
        d.network.proxy,
        d.authentication,
        orchestration=d.orchestration.egress,
        connectors=d.connectors.egress,
        patched=patched_ports(d.patches),
    )


def services(d: Deployment) -> dict[str, tuple[Flow, ...]]:
    """Return the flows of each service that the deployment has."""
    if any(_unplaced(each) or not _has_ports(each) for _, each in _destinations(d)):
        return {}  # CAM119
    found = outbound(d)
    return {
        "orchestration": found.orchestration,
        **({"connectors": found.connectors} if d.connectors.enabled else {}),
        **({"database": found.seed} if d.database.seed == "task" else {}),
        **({"operations": found.ops} if d.operations.task else {}),
    }


def by_proxy(d: Deployment, host: str) -> bool:
    """Return whether requests to a host outside go through the spec's proxy."""
    return d.network.proxy is not None and not excepted(d.network.proxy, host)


@rule("CAM119", "Unsuitable outbound destination")
def destinations(d: Deployment) -> Iterator[Violation]:
    """A destination in `network.egress`, `orchestration.egress` or `connectors.egress` is one
    network, prefix list or security group, because a security group rule accepts only one. It needs
    ports, except with `protocol: all`, which has none. A network begins at a multiple of its size,
    and a range of ports goes from a lower to a higher port. In a new VPC, tasks have only IPv4
    addresses, so they reach no IPv6 network: that is a warning.

    Source: Amazon EC2 API Reference, AuthorizeSecurityGroupEgress; AWS CloudFormation docs,
    AWS::EC2::SecurityGroupEgress.
    """
    for path, each in _destinations(d):
        if message := _unplaced(each):
            hint = "write cidr, ipv6_cidr, prefix_list_id or security_group_id, each in its entry"
            yield Violation(path, message, hint, required=True)
        for field in ("cidr", "ipv6_cidr"):
            if block := getattr(each, field):
                found = list(_block((*path, field), block))
                yield from found
                if field == "ipv6_cidr" and not d.network.existing and not found:
                    message = "tasks in a new VPC have no IPv6 addresses, so no route leads there"
                    hint = "write its IPv4 network, or use an existing VPC that has IPv6"
                    yield Violation((*path, field), message, hint, Severity.WARNING)
        if each.protocol == "all" and each.ports:
            message = "protocol all has no ports: the rule would open every port"
            yield Violation((*path, "ports"), message, "remove ports, or set protocol to tcp")
        elif not _has_ports(each):
            message = "no ports, so nothing can be reached"
            yield Violation(path, message, "for example ports: [443]", required=True)
        for index, port in enumerate(each.ports):
            first, last = span(port)
            if first > last or last > HIGHEST:
                yield Violation(
                    (*path, "ports", index),
                    f"{port} is not a range of ports",
                    f"a range goes from a lower to a higher port, at most {HIGHEST}",
                    required=True,
                )


def _destinations(d: Deployment) -> Iterator[tuple[Path, DestinationSpec]]:
    for section, listed in (
        (("network", "egress", "destinations"), d.network.egress.destinations),
        (("orchestration", "egress"), d.orchestration.egress),
        (("connectors", "egress"), d.connectors.egress),
    ):
        for index, each in enumerate(listed):
            yield (*section, index), each


def _has_ports(each: DestinationSpec) -> bool:
    return each.protocol == "all" or bool(each.ports)


def _unplaced(each: DestinationSpec) -> str | None:
    fields = ("cidr", "ipv6_cidr", "prefix_list_id", "security_group_id")
    named = [field for field in fields if getattr(each, field) is not None]
    if len(named) == 1:
        return None
    return f"{' and '.join(named)} are two destinations" if named else "this names no destination"


def _block(path: Path, block: str) -> Iterator[Violation]:
    try:
        aligned = str(ip_network(block, strict=False))
    except ValueError:
        yield Violation(path, f"{block} is not a network", "for example 2001:db8:1234::/48")
        return
    if aligned != block and ip_network(aligned) != _exact(block):
        message = f"{block} is an address, not the start of a block"
        yield Violation(path, message, f"did you mean {aligned}?", required=True)


def _exact(block: str) -> object:
    try:
        return ip_network(block)
    except ValueError:
        return None


@rule("CAM118", "Closed outbound rules without a route to required services")
def closed(d: Deployment) -> Iterator[Violation]:
    """With `network.egress.default: closed`, and with `routed` if there is no route to the
    internet, tasks reach only the destinations in the spec, the deployment's own resources, and the
    interface endpoints in `network.vpc_endpoints`. A task also needs Amazon S3 on port 443: brokers
    keep their leases there, and ECR keeps the layers of images there. The S3 gateway endpoint does
    not replace an outbound rule: `routed` creates one; with `closed`, set `s3_prefix_list_id` to
    the ID of the region's prefix list `com.amazonaws.REGION.s3`, which `aws ec2
    describe-managed-prefix-lists` shows. An image outside ECR needs a rule for its registry, and
    AWS services without an endpoint need one for the networks in which they are reached. A proxy
    with a hostname needs a rule for its networks; one with an IPv4 address gets its rule
    automatically.

    The content of a prefix list is not visible in a spec: if there is only one, the rule assumes
    that it is that of S3.

    Source: Amazon VPC User Guide, Gateway endpoints for Amazon S3 (security group rules); Amazon
    ECR User Guide, Interface VPC endpoints; Amazon ECS Developer Guide, Interface VPC endpoints.
    """
    if by_routes(d.network, d.region).default == "open":
        return
    path: Path = ("network", "egress", "default")
    found = services(d)
    ways = {s: [f for f in flows if covers(f, WEB_TLS)] for s, flows in found.items()}
    if stuck := [SERVICES[service] for service, flows in ways.items() if not flows]:
        yield Violation(
            path,
            f"no outbound rule of {_and(stuck)} opens port 443, so they do not reach Amazon S3",
            "set network.egress.s3_prefix_list_id to the prefix list com.amazonaws.REGION.s3",
        )
    missing = [] if "all" in d.network.vpc_endpoints else list(NEEDED_ENDPOINTS)
    missing = [each for each in missing if each not in d.network.vpc_endpoints]
    foreign = {use.path[0] for use in all_images(d) if not image(use.reference).ecr_region}
    narrow: dict[str, list[str]] = {}
    for service, flows in ways.items():
        lists = {flow.peer for flow in flows if "DestinationPrefixListId" in flow.destination}
        lacks = [f"AWS services without an endpoint ({', '.join(missing)})"] * bool(missing)
        lacks += ["a registry outside Amazon ECR"] * (service in foreign)
        if lacks and len({flow.peer for flow in flows}) == len(lists) == 1:
            narrow.setdefault(_and(lacks), []).append(SERVICES[service])
    for needed, who in narrow.items():
        yield Violation(
            path,
            f"on port 443, {_and(who)} can reach one prefix list, but need {needed}",
            "list the networks in which these are reached in network.egress.destinations, or add "
            "the endpoints to network.vpc_endpoints and use images in Amazon ECR",
            Severity.WARNING,
        )
    if d.network.proxy is None:
        return
    host, port = address(d.network.proxy.address)
    users = {service: flows for service, flows in found.items() if service != "database"}
    stuck = [s for s, flows in users.items() if not any(covers(flow, port) for flow in flows)]
    if stuck:
        yield Violation(
            ("network", "proxy", "address"),
            f"no outbound rule of {_and([SERVICES[each] for each in stuck])} opens port {port} for "
            f"{host}",
            "list the proxy's networks in network.egress.destinations",
        )


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]


@rule("CAM105", "Outbound rules for addresses without a route", Severity.WARNING)
def idle_rules(d: Deployment) -> Iterator[Violation]:
    """Without NAT gateways in a new VPC, the rules that allow tasks to reach ports 80 and 443 of
    every address have no effect today, but open everything as soon as somebody adds a route. With
    `network.egress.default: routed`, the production profile's, tasks reach only the interface
    endpoints, Amazon S3 by the region's prefix list `com.amazonaws.REGION.s3`, and the destinations
    in the spec. For a region whose list camformation does not know, set
    `network.egress.s3_prefix_list_id`. The rule applies in production.

    Source: Amazon VPC User Guide, Gateway endpoints for Amazon S3 (security group rules).
    """
    network = d.network
    if d.profile != "production" or network.existing or network.nat_gateways != "none":
        return
    if by_routes(network, d.region).default == "open":
        routed = network.egress.default == "routed"
        yield Violation(
            ("network", "nat_gateways"),
            "tasks may connect to every address on ports 80 and 443, but no route leads there",
            f"set network.egress.s3_prefix_list_id to com.amazonaws.{d.region}.s3's ID"
            if routed
            else "set network.egress.default to routed",
        )


@rule("CAM127", "More outbound rules than a security group allows", Severity.WARNING)
def outbound_rules(d: Deployment) -> Iterator[Violation]:
    """Each port or range of a destination is one rule of a task's security group, in addition to
    up to 8 of camformation's own. A prefix list counts as its maximum number of entries. A security
    group can have 60 outbound rules unless the quota L-0EA8095F is raised; with more the deployment
    fails.

    The spec does not show the size of a prefix list: each is counted as one.

    Source: Amazon VPC User Guide, Amazon VPC quotas (security groups).
    """
    for service, flows in services(d).items():
        count = len(flows) + OWN_RULES[service]
        own = (service, "egress") if service != "database" else ()
        listed = own and any(flow.section[:2] == own for flow in flows)
        if count > OUTBOUND_RULES:
            yield Violation(
                own if listed else ("network", "egress", "destinations"),
                f"this makes {count} outbound rules in the security group of {SERVICES[service]}; "
                f"the default quota is {OUTBOUND_RULES}",
                "merge networks and ports, use a prefix list, or raise the quota L-0EA8095F and "
                "ignore CAM127",
            )

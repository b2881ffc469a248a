"""Checks of zones, blocks of addresses, and an existing VPC."""

from collections.abc import Iterator
from ipaddress import ip_network

from camformation.components.network import ExistingNetworkSpec
from camformation.deploy.change.zones import choose_zones, zones_wanted
from camformation.deploy.cloud.account_networks import Vpc
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.preflight.facts import counts
from camformation.deploy.preflight.model import Result, Situation, no, ok
from camformation.regions import has_fargate


def zones(s: Situation) -> Iterator[Result]:
    """Whether the region has the zones of the spec."""
    if s.deployment.network.existing:
        return
    found = s.cloud.identity.zones()
    wanted = s.deployment.network.availability_zones
    if isinstance(wanted, int):
        if not s.first:
            yield ok("as deployed")
            return
        try:
            chosen = choose_zones(found, zones_wanted(s.templates))
        except DeployError as error:
            yield no(error.message, error.hint or "", ("network", "availability_zones"))
        else:
            yield ok(", ".join(chosen))
        return
    usable = {name for zone in found if zone.state == "available" for name in (zone.name, zone.id)}
    for zone in wanted:
        if str(zone) not in usable:
            yield no(
                f"the account has no zone {zone} in {s.cloud.region}",
                f"choose from {', '.join(sorted(each.name for each in found))}",
                zone,
            )
    bare = without_fargate(s)
    for zone in wanted:
        if str(zone) in bare:
            yield no(f"there is no Fargate in {zone}", "name another zone", zone, certain=False)
    if all(str(zone) in usable - bare for zone in wanted):
        yield ok(", ".join(map(str, wanted)))


def without_fargate(s: Situation) -> set[str]:
    """Return the zones of the region without Fargate, by name."""
    return {zone.name for zone in s.cloud.identity.zones() if not has_fargate(zone.id)}


def blocks(s: Situation) -> Iterator[Result]:
    """Whether the addresses are not used by another network."""
    existing = s.deployment.network.existing
    if existing:
        yield from _peered(s, existing)
        return
    if not s.first:
        return
    own = str(s.deployment.network.cidr)
    others = [f"{vpc.id} ({cidr})" for vpc in s.account.vpcs.vpcs() for cidr in vpc.cidrs
              if _overlap(own, cidr)]  # fmt: skip
    others += [
        f"{vpc} ({cidr}), peered by {peering.id}"
        for peering in s.account.vpcs.peerings()
        for vpc, cidrs in peering.cidrs.items()
        for cidr in cidrs
        if _overlap(own, cidr) and not any(each.startswith(vpc) for each in others)
    ]
    if others:
        yield ok(
            f"{own} overlaps with {', '.join(others[:3])}: the two can never be peered or joined "
            "by a transit gateway; choose another `cidr` now if you may need that later",
            s.deployment.network.cidr,
        )
    else:
        yield ok(f"{own} overlaps with no VPC in the region", s.deployment.network.cidr)


def _peered(s: Situation, existing: ExistingNetworkSpec) -> Iterator[Result]:
    """Compare the block of an existing VPC with those of its peers."""
    vpc = str(existing.vpc_id)
    clashes = [
        f"{other} ({cidr}), peered by {peering.id}"
        for peering in s.account.vpcs.peerings()
        if vpc in peering.vpcs
        for other, cidrs in peering.cidrs.items()
        if other != vpc
        for cidr in cidrs
        if _overlap(str(existing.cidr), cidr)
    ]
    for clash in clashes:
        yield no(f"{existing.cidr} overlaps with {clash}", "correct `cidr`", existing.cidr)
    if not clashes:
        yield ok(f"{existing.cidr} overlaps with no peered network")


def gateways(s: Situation) -> Iterator[Result]:
    """Whether the internet gateway of a new VPC may pass traffic (Amazon VPC User Guide,
    Block public access to VPCs and subnets)."""
    number = counts(s.templates)
    if not s.first or not number.get("AWS::EC2::InternetGateway"):
        return
    mode = s.account.vpcs.blocked()
    out = mode == "block-bidirectional" and number.get("AWS::EC2::NatGateway", 0)
    balancers = number.get("AWS::ElasticLoadBalancingV2::LoadBalancer", 0)
    inward = mode != "off" and balancers and s.deployment.access.scheme == "internet-facing"
    if out or inward:
        who = "tasks do not reach the internet" if out else "clients do not reach load balancers"
        yield no(
            f"VPC Block Public Access is {mode} in {s.cloud.region}, so that {who}",
            "ask its owner for another mode, or deploy into a VPC that is excluded from it",
            certain=False,
        )
    else:
        yield ok(f"VPC Block Public Access is {mode}")


def existing_vpc(s: Situation) -> Iterator[Result]:
    """Whether an existing VPC is found, with DNS and the block in the spec."""
    existing = s.deployment.network.existing
    if not existing:
        return
    vpc = s.account.vpcs.vpc(str(existing.vpc_id))
    if vpc is None:
        yield no(
            f"there is no VPC {existing.vpc_id} in {s.cloud.region}",
            "correct `vpc_id`, or choose the account and region that have it",
            existing.vpc_id,
        )
        return
    problems = [*_problems(vpc, existing), *_shared(s, vpc)]
    yield from problems
    if not problems:
        yield ok(f"{vpc.id} has DNS resolution, DNS hostnames and {existing.cidr}")


def _problems(vpc: Vpc, existing: ExistingNetworkSpec) -> Iterator[Result]:
    for enabled, name, flag in (
        (vpc.dns_support, "DNS resolution", "--enable-dns-support"),
        (vpc.dns_hostnames, "DNS hostnames", "--enable-dns-hostnames"),
    ):
        if not enabled:
            yield no(
                f"{name} is off in {vpc.id}: tasks do not find the database, EFS and each other",
                f"`aws ec2 modify-vpc-attribute --vpc-id {vpc.id} {flag}`",
                existing.vpc_id,
            )
    if not any(_within(str(existing.cidr), cidr) for cidr in vpc.cidrs):
        yield no(
            f"{vpc.id} has {', '.join(vpc.cidrs)}, and not {existing.cidr}",
            "correct `cidr`: security groups use it",
            existing.cidr,
            certain=False,
        )
    if existing.ipv6_cidr and str(existing.ipv6_cidr) not in vpc.ipv6_cidrs:
        yield no(
            f"{vpc.id} has no IPv6 block {existing.ipv6_cidr}",
            "correct `ipv6_cidr`",
            existing.ipv6_cidr,
            certain=False,
        )


def _shared(s: Situation, vpc: Vpc) -> Iterator[Result]:
    """Yield the resources that only the owner of a shared VPC may create (Amazon VPC User Guide,
    Share your VPC subnets with other accounts)."""
    made = counts(s.templates).get("AWS::EC2::VPCEndpoint", 0)
    if made and s.first and vpc.owner not in ("", s.caller.account):
        yield no(
            f"{vpc.id} is shared by the account {vpc.owner}, which alone may make endpoints in it",
            "leave out `vpc_endpoints`, and ask the owner for those that tasks need",
            ("network", "vpc_endpoints"),
        )


def _overlap(one: str, other: str) -> bool:
    try:
        return ip_network(one, strict=False).overlaps(ip_network(other, strict=False))
    except (TypeError, ValueError):
        return False


def _within(inner: str, outer: str) -> bool:
    try:
        first, last = ip_network(inner, strict=False), ip_network(outer, strict=False)
    except ValueError:
        return False
    return first.version == last.version and first.subnet_of(last)  # type: ignore[arg-type]

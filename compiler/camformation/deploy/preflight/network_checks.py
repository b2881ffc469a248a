"""Checks of zones, blocks of addresses, and an existing VPC."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from camformation.components.network import ExistingNetworkSpec
from camformation.deploy.change.zones import choose_zones, zones_wanted
from camformation.deploy.cloud.account import Subnet, Vpc
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.preflight.facts import counts, tasks
from camformation.deploy.preflight.model import Result, Situation, no, ok

BALANCER = 8
"""Free addresses that a load balancer needs in each subnet (Elastic Load Balancing User Guide)."""

SUBNETS = ("network", "existing", "private_subnet_ids")
PUBLIC = ("network", "existing", "public_subnet_ids")


def zones(s: Situation) -> Iterator[Result]:
    """Whether the region has the zones that the spec takes."""
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
                f"choose of {', '.join(sorted(each.name for each in found))}",
                zone,
            )
    if all(str(zone) in usable for zone in wanted):
        yield ok(", ".join(map(str, wanted)))


def blocks(s: Situation) -> Iterator[Result]:
    """Whether the addresses are those of no other network."""
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
            "by a transit gateway; choose another `cidr` now if they ever should",
            s.deployment.network.cidr,
        )
    else:
        yield ok(f"{own} overlaps with no VPC of the region", s.deployment.network.cidr)


def _peered(s: Situation, existing: ExistingNetworkSpec) -> Iterator[Result]:
    """Compare the block of an existing VPC with those that it is peered with."""
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


def existing_vpc(s: Situation) -> Iterator[Result]:
    """Whether an existing VPC is there, with DNS and the block that the spec says."""
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
    problems = list(_problems(vpc, existing))
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
            "correct `cidr`: security groups are made for it",
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


def subnets(s: Situation) -> Iterator[Result]:
    """Whether existing subnets are there, in different zones, with addresses left."""
    existing = s.deployment.network.existing
    if not existing:
        return
    private = [str(each) for each in existing.private_subnet_ids]
    public = [str(each) for each in existing.public_subnet_ids]
    found = {each.id: each for each in s.account.vpcs.subnets([*private, *public])}
    problems = [
        *_missing(found, private, existing, SUBNETS),
        *_missing(found, public, existing, PUBLIC),
        *_same_zone([found[each] for each in private if each in found], SUBNETS),
        *_same_zone([found[each] for each in public if each in found], PUBLIC),
    ]
    yield from problems
    if not problems:
        yield _free(s, found, private, public)


def _missing(
    found: dict[str, Subnet],
    wanted: Sequence[str],
    existing: ExistingNetworkSpec,
    path: tuple[str, ...],
) -> Iterator[Result]:
    for name in wanted:
        if name not in found:
            yield no(f"there is no subnet {name} in this account and region", "correct it", path)
        elif found[name].vpc != str(existing.vpc_id):
            yield no(
                f"{name} is in {found[name].vpc}, not in {existing.vpc_id}", "correct it", path
            )


def _same_zone(found: Sequence[Subnet], path: tuple[str, ...]) -> Iterator[Result]:
    """Yield subnets that share a zone: a file system has one mount target in each (EFS User
    Guide), and a load balancer one subnet (Elastic Load Balancing User Guide)."""
    zones: dict[str, str] = {}
    for subnet in found:
        if other := zones.get(subnet.zone):
            yield no(
                f"{subnet.id} and {other} are both in {subnet.zone}",
                "name one subnet of each zone: EFS and load balancers take no second one",
                path,
            )
        zones[subnet.zone] = subnet.id


def _free(
    s: Situation, found: dict[str, Subnet], private: Sequence[str], public: Sequence[str]
) -> Result:
    """Judge the free addresses: tasks, mount targets, databases and endpoints take one each."""
    if not s.first:
        return ok("as deployed")
    number = counts(s.templates)
    endpoints = number.get("AWS::EC2::VPCEndpoint", 0) * len(private)
    mounts = number.get("AWS::EFS::MountTarget", 0)
    inner = 2 * tasks(s.templates) + mounts + endpoints + number.get("AWS::RDS::DBInstance", 0)
    balancers = (number.get("application", 0) + number.get("network", 0)) * BALANCER
    internal = s.deployment.access.scheme == "internal" or not public
    for names, needed, path in (
        (private, inner + (balancers * len(private) if internal else 0), SUBNETS),
        (public, 0 if internal else balancers * len(public), PUBLIC),
    ):
        free = sum(found[name].free for name in names)
        short = next((name for name in names if found[name].free < BALANCER), None)
        if free < needed or (short and needed):
            return no(
                f"the subnets have {free} free addresses, and {needed} are needed"
                if free < needed
                else f"{short} has {found[short or ''].free} free addresses",
                "use larger subnets, or remove what takes their addresses",
                path,
                certain=False,
            )
    free = sum(found[name].free for name in private)
    return ok(f"{free} free addresses in the private subnets; about {inner} are needed")


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

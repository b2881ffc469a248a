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

EXISTING = ("network", "existing")
PRIVATE, PUBLIC, BALANCERS = "private_subnet_ids", "public_subnet_ids", "load_balancer_subnet_ids"


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
    groups = _groups(existing)
    wanted = list(dict.fromkeys(name for names in groups.values() for name in names))
    found = {each.id: each for each in s.account.vpcs.subnets(wanted)}
    problems = [
        result
        for field, names in groups.items()
        for result in _missing(found, names, existing, (*EXISTING, field))
    ]
    for field in _one_a_zone(s, groups):
        there = [found[each] for each in groups[field] if each in found]
        problems += _same_zone(there, (*EXISTING, field))
    problems += _two_zones(s, found, groups)
    yield from problems
    if not problems:
        yield _free(s, found, groups)


def _groups(existing: ExistingNetworkSpec) -> dict[str, list[str]]:
    """Return the ids of the subnets by their field."""
    return {
        field: [str(each) for each in getattr(existing, field)]
        for field in (PRIVATE, PUBLIC, "database_subnet_ids", BALANCERS)
    }


def _entrance(s: Situation, groups: dict[str, list[str]]) -> str:
    """Return the field with the subnets of the load balancers."""
    if groups[BALANCERS]:
        return BALANCERS
    inside = s.deployment.access.scheme == "internal" or not groups[PUBLIC]
    return PRIVATE if inside else PUBLIC


def _one_a_zone(s: Situation, groups: dict[str, list[str]]) -> list[str]:
    """Return the fields with subnets of which one in each zone is taken: by a mount target, by a
    load balancer. Tasks and databases take any."""
    number = counts(s.templates)
    mounted = [PRIVATE] if number.get("AWS::EFS::MountTarget") else []
    balanced = number.get("application", 0) + number.get("network", 0)
    return list(dict.fromkeys([*mounted, *([_entrance(s, groups)] if balanced else [])]))


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


def _two_zones(
    s: Situation, found: dict[str, Subnet], groups: dict[str, list[str]]
) -> Iterator[Result]:
    """Yield subnets of one zone where two are needed: by a database (Aurora User Guide, DB clusters
    in a VPC), by an application load balancer (its User Guide)."""
    number = counts(s.templates)
    databases = "database_subnet_ids" if groups["database_subnet_ids"] else PRIVATE
    for field, taken, what in (
        (databases, number.get("AWS::RDS::DBSubnetGroup", 0), "a database"),
        (_entrance(s, groups), number.get("application", 0), "an application load balancer"),
    ):
        zones = {found[name].zone for name in groups[field] if name in found}
        if taken and len(zones) == 1:
            yield no(
                f"the {field} are all in {', '.join(zones)}: {what} needs two zones",
                "name a subnet of another zone, too",
                (*EXISTING, field),
            )


def _free(s: Situation, found: dict[str, Subnet], groups: dict[str, list[str]]) -> Result:
    """Judge the free addresses: tasks, mount targets, databases and endpoints take one each."""
    if not s.first:
        return ok("as deployed")
    number, private = counts(s.templates), groups[PRIVATE]
    endpoints = number.get("AWS::EC2::VPCEndpoint", 0) * len(private)
    mounts = number.get("AWS::EFS::MountTarget", 0)
    needed = dict.fromkeys(groups, 0)
    needed[PRIVATE] = 2 * tasks(s.templates) + mounts + endpoints
    databases = "database_subnet_ids" if groups["database_subnet_ids"] else PRIVATE
    needed[databases] += number.get("AWS::RDS::DBInstance", 0)
    entrance = _entrance(s, groups)
    balancers = number.get("application", 0) + number.get("network", 0)
    needed[entrance] += balancers * BALANCER * len(groups[entrance])
    for field, names in groups.items():
        free = sum(found[name].free for name in names)
        if free < needed[field]:
            return no(
                f"the {field} have {free} free addresses, and {needed[field]} are needed",
                "use larger subnets, or remove what takes their addresses",
                (*EXISTING, field),
                certain=False,
            )
    for name in groups[entrance]:
        if balancers and found[name].free < BALANCER:
            return no(
                f"{name} has {found[name].free} free addresses; a load balancer needs {BALANCER}",
                "use a larger subnet, or remove what takes its addresses",
                (*EXISTING, entrance),
            )
    free = sum(found[name].free for name in private)
    return ok(f"{free} free addresses in the private subnets; about {needed[PRIVATE]} are needed")


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

"""Checks of the subnets of an existing VPC."""

from collections.abc import Iterator, Sequence

from camformation.components.network import ExistingNetworkSpec
from camformation.deploy.change.zones import choose_zones, zones_wanted
from camformation.deploy.cloud.account_networks import Subnet
from camformation.deploy.preflight.facts import counts, tasks
from camformation.deploy.preflight.model import Result, Situation, no, ok
from camformation.deploy.preflight.network_checks import without_fargate

BALANCER = 8
"""Free addresses that a load balancer needs in each subnet (Elastic Load Balancing User Guide)."""

EXISTING = ("network", "existing")
PRIVATE, PUBLIC, BALANCERS = "private_subnet_ids", "public_subnet_ids", "load_balancer_subnet_ids"
DATABASE = "database_subnet_ids"


def subnets(s: Situation) -> Iterator[Result]:
    """Whether existing subnets are found, in different zones, with free addresses."""
    existing = s.deployment.network.existing
    if not existing:
        return
    groups = subnet_ids(s)
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
    problems += [
        *_two_zones(s, found, groups),
        *_single_stack(s, found, groups),
        *_no_fargate(s, found, groups),
    ]
    yield from problems
    if not problems:
        yield _free(s, found, groups)


def subnet_ids(s: Situation) -> dict[str, list[str]]:
    """Return the ids of an existing VPC's subnets by their field."""
    existing = s.deployment.network.existing
    return {
        field: [str(each) for each in getattr(existing, field)]
        for field in (PRIVATE, PUBLIC, DATABASE, BALANCERS)
    }


def entrance(s: Situation, groups: dict[str, list[str]]) -> str:
    """Return the field with the subnets of the load balancers."""
    if groups[BALANCERS]:
        return BALANCERS
    inside = s.deployment.access.scheme == "internal" or not groups[PUBLIC]
    return PRIVATE if inside else PUBLIC


def database_field(groups: dict[str, list[str]]) -> str:
    """Return the field with the subnets of the database."""
    return DATABASE if groups[DATABASE] else PRIVATE


def known_zones(s: Situation, field: str) -> set[str]:
    """Return the zones of a VPC's subnets by name: of those in a field if it exists, otherwise
    those that a first deployment has."""
    if s.deployment.network.existing:
        return {each.zone for each in s.account.vpcs.subnets(subnet_ids(s)[field])}
    wanted = s.deployment.network.availability_zones
    zones = s.cloud.identity.zones()
    if isinstance(wanted, int):
        return set(choose_zones(zones, zones_wanted(s.templates)))
    given = {str(each) for each in wanted}
    return {each.name for each in zones if given & {each.name, each.id}}


def _one_a_zone(s: Situation, groups: dict[str, list[str]]) -> list[str]:
    """Return the fields with subnets of which only one in each zone is used: by a mount target, by
    a load balancer. Tasks and databases use any.
    """
    number = counts(s.templates)
    mounted = [PRIVATE] if number.get("AWS::EFS::MountTarget") else []
    balanced = number.get("application", 0) + number.get("network", 0)
    return list(dict.fromkeys([*mounted, *([entrance(s, groups)] if balanced else [])]))


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
                "name one subnet in each zone: EFS and load balancers accept only one",
                path,
            )
        zones[subnet.zone] = subnet.id


def _two_zones(
    s: Situation, found: dict[str, Subnet], groups: dict[str, list[str]]
) -> Iterator[Result]:
    """Yield subnets of only one zone if two are needed: by a database (Aurora User Guide, DB
    clusters in a VPC), by an application load balancer (its User Guide)."""
    number = counts(s.templates)
    databases = database_field(groups)
    for field, taken, what in (
        (databases, number.get("AWS::RDS::DBSubnetGroup", 0), "a database"),
        (entrance(s, groups), number.get("application", 0), "an application load balancer"),
    ):
        zones = {found[name].zone for name in groups[field] if name in found}
        if taken and len(zones) == 1:
            yield no(
                f"the {field} are all in {', '.join(zones)}: {what} needs two zones",
                "also name a subnet in another zone",
                (*EXISTING, field),
            )


def _single_stack(
    s: Situation, found: dict[str, Subnet], groups: dict[str, list[str]]
) -> Iterator[Result]:
    """Yield subnets without IPv6 for a dual-stack load balancer (Application Load
    Balancer User Guide, IP address types)."""
    if s.deployment.access.ip_address_type != "dualstack":
        return
    field = entrance(s, groups)
    for name in groups[field]:
        if name in found and not found[name].ipv6:
            yield no(
                f"{name} has no IPv6 block, which a dual-stack load balancer needs",
                "give it one, or set `access.ip_address_type: ipv4`",
                (*EXISTING, field),
                certain=s.first,
            )


def _no_fargate(
    s: Situation, found: dict[str, Subnet], groups: dict[str, list[str]]
) -> Iterator[Result]:
    """Yield subnets in zones without Fargate."""
    bare = without_fargate(s)
    for name in groups[PRIVATE]:
        if name in found and found[name].zone in bare:
            yield no(
                f"{name} is in {found[name].zone}, where there is no Fargate",
                "name subnets of other zones",
                (*EXISTING, PRIVATE),
                certain=False,
            )


def _free(s: Situation, found: dict[str, Subnet], groups: dict[str, list[str]]) -> Result:
    """Judge the free addresses: tasks, mount targets, databases and endpoints use one each."""
    if not s.first:
        return ok("as deployed")
    number, private = counts(s.templates), groups[PRIVATE]
    endpoints = number.get("AWS::EC2::VPCEndpoint", 0) * len(private)
    mounts = number.get("AWS::EFS::MountTarget", 0)
    needed = dict.fromkeys(groups, 0)
    needed[PRIVATE] = 2 * tasks(s.templates) + mounts + endpoints
    databases = database_field(groups)
    needed[databases] += number.get("AWS::RDS::DBInstance", 0)
    field = entrance(s, groups)
    balancers = number.get("application", 0) + number.get("network", 0)
    needed[field] += balancers * BALANCER * len(groups[field])
    for each, names in groups.items():
        free = sum(found[name].free for name in names)
        if free < needed[each]:
            return no(
                f"the {each} have {free} free addresses, and {needed[each]} are needed",
                "use larger subnets, or free some of their addresses",
                (*EXISTING, each),
                certain=False,
            )
    for name in groups[field]:
        if balancers and found[name].free < BALANCER:
            return no(
                f"{name} has {found[name].free} free addresses; a load balancer needs {BALANCER}",
                "use a larger subnet, or free some of its addresses",
                (*EXISTING, field),
            )
    free = sum(found[name].free for name in private)
    return ok(f"{free} free addresses in the private subnets; about {needed[PRIVATE]} are needed")

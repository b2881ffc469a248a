"""Rules for the network, and for what has to get out of it."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from math import ceil

from camformation.components.outbound import address, excepted
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.arns import secret_sections
from camformation.rules.cidrs import misstated
from camformation.rules.images import all_images, image
from camformation.rules.registry import Violation, rule

NEEDED_ENDPOINTS = ("secretsmanager", "kms", "logs", "ecr.api", "ecr.dkr")
SMALLEST = {2: 23, 3: 22}  # zones: longest prefix of a VPC
RESERVED = 5  # addresses that AWS keeps of each subnet
IPV6_LENGTHS = (56, 44, 48, 52, 60)  # of a VPC's block, the usual one first
OTHERS = 32  # addresses of a subnet for load balancers, endpoints, the database, one-off tasks
SHORT = {  # in the IDs of zones: AWS RAM User Guide, Availability Zone IDs
    **{"gov": "g", "north": "n", "east": "e", "south": "s", "west": "w", "central": "c"},
    **{"northeast": "ne", "southeast": "se", "northwest": "nw", "southwest": "sw"},
}
NEVER = [
    IPv4Network(block) for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
]
PRIVATE = [
    IPv4Network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15")
]


@rule("CAM150", "Unsuitable network block")
def cidr(d: Deployment) -> Iterator[Violation]:
    """A block begins at a multiple of its size: 10.0.0.7/16 is an address in 10.0.0.0/16, not a
    block; this cannot be ignored. Each task uses an address in a private subnet, connectors use
    twice as many during an update, and AWS reserves five in every subnet. Camunda's reference
    found /24 too small: three zones need at least /22, two zones /23; with `separate_subnets` each
    subnet is half as large, and they need twice that. Loopback, link-local and multicast addresses
    cannot be used for a VPC. The IPv6 block of a VPC is a /44, /48, /52, /56 or /60: a /64 is that
    of a subnet.

    Source: Amazon VPC User Guide, VPC CIDR blocks and Subnet CIDR blocks; RFC 1918, RFC 2544,
    RFC 6598; camunda/camunda-deployment-references, commit d3e73898.
    """
    existing = d.network.existing
    yield from misstated(d)
    if existing:
        yield from _ipv6_block(existing.ipv6_cidr)
        return
    own: Path = ("network", "cidr")
    network = IPv4Network(d.network.cidr, strict=False)
    private = any(network.subnet_of(block) for block in PRIVATE)
    larger = network.supernet(new_prefix=16) if private else "10.190.0.0/16"
    zones = _zones(d)
    separate = d.network.separate_subnets
    smallest = SMALLEST[zones] - separate
    subnets = (4 if separate else 2) * zones
    if network.prefixlen > smallest:
        yield Violation(
            own,
            f"{network} is too small for {zones} "
            f"zones{' with separate subnets' if separate else ''}: every task needs an address",
            f"use a /{smallest} or larger, for example {larger}",
        )
    elif (needed := _addresses(d, zones)) > (there := _subnet_size(network, subnets) - RESERVED):
        yield Violation(
            own,
            f"each private subnet of {network} has {there} addresses; the tasks need about "
            f"{needed}",
            f"use a larger block, for example {larger}"
            if network.prefixlen > 16
            else "use fewer tasks, or split them over more deployments",
        )
    if any(network.overlaps(block) for block in NEVER):
        yield Violation(
            own,
            f"Amazon EC2 does not create a VPC with {network}: it is reserved",
            "use a block of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        )
    elif not private:
        yield Violation(
            own,
            f"{network} is public address space",
            "use a block of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
            Severity.WARNING,
        )


def _ipv6_block(block: str | None) -> Iterator[Violation]:
    length = int(block.rpartition("/")[2]) if block else IPV6_LENGTHS[0]
    if length not in IPV6_LENGTHS:
        yield Violation(
            ("network", "existing", "ipv6_cidr"),
            f"no VPC has an IPv6 block of /{length}",
            "write the VPC's own, usually a /56" + ", not that of a subnet" * (length == 64),
        )


def _zones(d: Deployment) -> int:
    zones = d.network.availability_zones
    return zones if isinstance(zones, int) else len(zones)


def _subnet_size(network: IPv4Network, subnets: int) -> int:
    return int(network.num_addresses) >> (subnets - 1).bit_length()


def _addresses(d: Deployment, zones: int) -> int:
    tasks = d.connectors.tasks if d.connectors.enabled else 0
    return ceil(d.orchestration.brokers / zones) + 2 * ceil(tasks / zones) + OTHERS


@rule("CAM151", "Three or more brokers in fewer than three zones", Severity.WARNING)
def zones(d: Deployment) -> Iterator[Violation]:
    """With three or more brokers in two zones, one zone has most of them: if it fails, partitions
    lose their quorum. With three zones, the cluster survives the loss of any one.

    Source: Camunda docs, Amazon ECS reference architecture; AWS Well-Architected Framework,
    Reliability Pillar, Deploy the workload to multiple locations.
    """
    existing = d.network.existing
    count = len(existing.private_subnet_ids) if existing else _zones(d)
    if d.orchestration.brokers < 3 or count >= 3:
        return
    path: Path = ("network", "availability_zones")
    hint = "set network.availability_zones to 3, or list three zones"
    if existing:
        path = ("network", "existing", "private_subnet_ids")
        hint = "list a private subnet in each of three zones"
    yield Violation(
        path,
        f"{d.orchestration.brokers} brokers in {count} zones: the loss of one zone can stop "
        "the cluster",
        hint,
    )


@rule("CAM156", "No route to a required service")
def way_out(d: Deployment) -> Iterator[Violation]:
    """Tasks fetch images and secrets, write logs and use keys. Without NAT gateways they reach
    only services with an endpoint in the VPC, and images only in the region's Amazon ECR: Docker
    Hub and public.ecr.aws have no endpoint. ECS Exec needs ssmmessages, and secrets in Systems
    Manager parameters need ssm. An OpenID Connect provider must be reachable in another way, such
    as peering.

    The spec does not show the outbound routes of an existing VPC.

    Source: Amazon ECS Developer Guide, Interface VPC endpoints; Amazon ECR User Guide, Interface
    VPC endpoints.
    """
    if d.network.nat_gateways != "none" or d.network.existing:
        return
    c = d.connectors
    execute = d.orchestration.execute_command or (c.enabled and c.execute_command)
    parameters = any(
        ":ssm:" in arn
        for section, secrets in secret_sections(d)
        for arn in secrets.values()
        if c.enabled or section[0] != "connectors"
    )
    needed = [*NEEDED_ENDPOINTS, *["ssm"] * parameters, *["ssmmessages"] * execute]
    given = d.network.vpc_endpoints
    if "all" not in given and (missing := [each for each in needed if each not in given]):
        yield Violation(
            ("network", "nat_gateways"),
            f"without NAT gateways, tasks need VPC endpoints for {', '.join(missing)}",
            f"add {'it' if len(missing) == 1 else 'them'} to network.vpc_endpoints, "
            "or set network.nat_gateways to single",
        )
    if d.observability.prometheus and d.network.proxy is None:
        yield Violation(
            ("observability", "prometheus"),
            "without NAT gateways, collectors reach the workspace only through a proxy, or an "
            "endpoint that is not part of this deployment",
            "set network.nat_gateways to single, or add an endpoint for aps-workspaces to the VPC",
            Severity.WARNING,
        )
    for use in all_images(d):
        region = image(use.reference).ecr_region
        if region is None or (d.region and region != d.region):
            yield Violation(
                use.path,
                f"without NAT gateways, {use.reference} cannot be pulled: tasks can reach only "
                "Amazon ECR of the same region",
                "copy it to a private Amazon ECR repository"
                + (f" in {d.region}" if d.region else ""),
            )
    oidc = d.authentication.oidc
    if d.authentication.mode == "oidc" and oidc and not _by_proxy(d, oidc.issuer):
        yield Violation(
            ("authentication", "oidc", "issuer"),
            "without NAT gateways, brokers reach the provider only through peering or a proxy",
            "set network.nat_gateways to single, unless the VPC has another route to it",
            Severity.WARNING,
        )


def _by_proxy(d: Deployment, url: str) -> bool:
    proxy = d.network.proxy
    return proxy is not None and not excepted(proxy, address(url)[0])


@rule("CAM176", "Zone in another region")
def zone_region(d: Deployment) -> Iterator[Violation]:
    """Zones in `availability_zones`, by name or by ID, must be in the deployment's region; if the
    spec names no region, they must all be in the same one.

    Source: Amazon EC2 User Guide, Regions and Zones; AWS RAM User Guide, Availability Zone IDs.
    """
    zones = d.network.availability_zones
    if isinstance(zones, int) or d.network.existing:
        return
    by_id = "-az" in zones[0]
    region = zones[0].partition("-az")[0] if by_id else d.region or zones[0][:-1]
    if by_id and d.region:
        region = short_name(d.region) or region
    for index, zone in enumerate(zones):
        if (zone.partition("-az")[0] if by_id else zone[:-1]) != region:
            yield Violation(
                ("network", "availability_zones", index),
                f"{zone} is not a zone of {d.region or region}",
                f"for example {region}{'-az1' if by_id else 'a'}",
            )


def short_name(region: str) -> str | None:
    """Return the prefix of the IDs of a region's zones, such as `apse1`; None if it is not
    known.
    """
    area, *words, number = region.split("-")
    if any(word not in SHORT for word in words):
        return None
    return area + "".join(SHORT[word] for word in words) + number


@rule("CAM184", "Single NAT gateway for all zones", Severity.WARNING)
def single_nat(d: Deployment) -> Iterator[Violation]:
    """A NAT gateway is in one zone. If that zone fails, tasks in the others lose access to
    registries, providers and services too, and replacement tasks do not start.

    Source: Amazon VPC User Guide, NAT gateway basics.
    """
    if d.profile == "production" and not d.network.existing and d.network.nat_gateways == "single":
        yield Violation(
            ("network", "nat_gateways"),
            "if the zone of the only NAT gateway fails, tasks in every zone lose outbound access",
            "set network.nat_gateways to per_zone",
        )

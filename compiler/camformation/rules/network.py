"""Rules for the network, for who gets in, and for what gets out."""

from collections.abc import Iterator
from ipaddress import ip_network

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.images import image
from camformation.rules.registry import Violation, rule

NEEDED_ENDPOINTS = ("secretsmanager", "kms", "logs", "ecr.api", "ecr.dkr")


@rule("CAM150", "Network block that does not fit")
def cidr(d: Deployment) -> Iterator[Violation]:
    """A block begins at a multiple of its size: 10.0.0.7/16 names an address in 10.0.0.0/16. Each
    task takes an address of a private subnet, twice during an update of connectors, and AWS takes
    five of every subnet; Camunda's reference found /24 too small, so three zones need /22 at least.

    Source: Amazon VPC User Guide, VPC CIDR blocks; camunda-deployment-references, commit d3e73898.
    """
    blocks: list[tuple[Path, str]] = [
        (("access", "allowed_cidrs", index), block)
        for index, block in enumerate(d.access.allowed_cidrs)
    ]
    existing = d.network.existing
    blocks.append(
        (("network", "existing", "cidr"), existing.cidr)
        if existing
        else (("network", "cidr"), d.network.cidr)
    )
    for path, block in blocks:
        aligned = ip_network(block, strict=False)
        if str(aligned) != block and str(aligned).partition("/")[0] != block.partition("/")[0]:
            yield Violation(
                path, f"{block} is an address in a block, not a block", f"did you mean {aligned}?"
            )
    if existing:
        return
    network = ip_network(d.network.cidr, strict=False)
    zones = _zones(d)
    if network.prefixlen > (22 if zones == 3 else 23):
        yield Violation(
            ("network", "cidr"),
            f"{network} is too small for {zones} zones: every task takes an address",
            f"use a /{22 if zones == 3 else 23} or larger, for example "
            f"{network.network_address}/16",
        )
    if not network.is_private:
        yield Violation(
            ("network", "cidr"),
            f"{network} is public address space",
            "use a block of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
            Severity.WARNING,
        )


def _zones(d: Deployment) -> int:
    zones = d.network.availability_zones
    return zones if isinstance(zones, int) else len(zones)


@rule("CAM151", "Three brokers in two zones", Severity.WARNING)
def zones(d: Deployment) -> Iterator[Violation]:
    """With three or more brokers in two zones, one zone has most of them: if it fails, the
    partitions lose their quorum. Three zones survive the loss of any.

    Source: Camunda docs, Amazon ECS reference architecture; AWS Well-Architected, Reliability.
    """
    existing = d.network.existing
    count = len(existing.private_subnet_ids) if existing else _zones(d)
    if d.orchestration.brokers >= 3 and count < 3:
        path = (
            ("network", "existing", "private_subnet_ids")
            if existing
            else (
                "network",
                "availability_zones",
            )
        )
        yield Violation(
            path,
            f"{d.orchestration.brokers} brokers in {count} zones: the loss of one zone can stop "
            "the cluster",
            "use three zones",
        )


@rule("CAM152", "Subnets that are not what they are listed as")
def subnets(d: Deployment) -> Iterator[Violation]:
    """A subnet is listed once: private subnets carry tasks, database and mount targets, and EFS
    takes one mount target for each zone; public subnets carry the load balancers.

    Source: Amazon EFS User Guide, Managing mount targets; Elastic Load Balancing User Guide.
    """
    existing = d.network.existing
    if existing is None:
        return
    seen: dict[str, str] = {}
    for name, ids in (
        ("private_subnet_ids", existing.private_subnet_ids),
        ("public_subnet_ids", existing.public_subnet_ids),
    ):
        for index, subnet in enumerate(ids):
            if subnet in seen:
                yield Violation(
                    ("network", "existing", name, index),
                    f"{subnet} is in {seen[subnet]} already",
                    "list each subnet once",
                )
            seen.setdefault(subnet, name)


@rule("CAM153", "Open to the world, or to nobody")
def open_to_the_world(d: Deployment) -> Iterator[Violation]:
    """The load balancers let in whoever `access.allowed_cidrs` names. In production that must not
    be everybody, and it must be somebody.

    Port 9600 manages brokers without any authentication: whoever reaches it can remove brokers and
    delete backups. `management_port: public` is therefore an error until an entry of `ignore` says
    why it is wanted.

    Source: Camunda docs, Management API; Camunda docs, Amazon ECS reference architecture
    (production hardening).
    """
    production = d.profile == "production"
    if not d.access.allowed_cidrs:
        yield Violation(
            ("access", "allowed_cidrs"),
            "nobody may connect",
            "list who may, for example [203.0.113.0/24]",
            Severity.ERROR if production else Severity.WARNING,
        )
    for index, block in enumerate(d.access.allowed_cidrs):
        if production and ip_network(block, strict=False).prefixlen == 0:
            yield Violation(
                ("access", "allowed_cidrs", index),
                "in production the load balancers must not be open to the world",
                "list the networks that may connect",
            )
    if d.access.management_port == "public":
        yield Violation(
            ("access", "management_port"),
            "port 9600 manages brokers without authentication and must not be public",
            "use `closed`" if production else "use `closed`, or acknowledge it in `ignore`",
        )


@rule("CAM156", "No way out for something that is needed")
def way_out(d: Deployment) -> Iterator[Violation]:
    """Tasks fetch images and secrets, write logs and use keys. Without NAT gateways they reach only
    what has an endpoint in the VPC, and images only in Amazon ECR: Docker Hub and public.ecr.aws
    have no endpoint.

    Source: Amazon ECS Developer Guide, Interface VPC endpoints; Amazon ECR User Guide.
    """
    if d.network.nat_gateways != "none" or d.network.existing:
        return
    given = d.network.vpc_endpoints
    if "all" not in given and (missing := [e for e in NEEDED_ENDPOINTS if e not in given]):
        yield Violation(
            ("network", "nat_gateways"),
            f"without NAT gateways tasks need VPC endpoints for {', '.join(missing)}",
            "add them to network.vpc_endpoints, or use NAT gateways",
        )
    images: list[tuple[Path, str]] = [(("orchestration", "image"), d.orchestration.image)]
    if d.connectors.enabled:
        images.append((("connectors", "image"), d.connectors.image))
    if d.database.seed != "none":
        images.append((("database", "seed_image"), d.database.seed_image))
    if d.orchestration.init_container:
        path: Path = ("orchestration", "init_container", "image")
        images.append((path, d.orchestration.init_container.image))
    for path, reference in images:
        if not image(reference).in_ecr:
            yield Violation(
                path,
                f"without NAT gateways {reference} cannot be pulled: only Amazon ECR is reachable",
                "mirror it into a private repository of Amazon ECR",
            )


@rule("CAM175", "TLS that cannot work")
def tls(d: Deployment) -> Iterator[Violation]:
    """A certificate is either given, or made by AWS Certificate Manager and validated in the hosted
    zone; one of the two has to be there. A certificate that is made has the hostname as its common
    name, which has at most 64 characters. Production does not send passwords over the internet in
    the clear.

    Source: AWS Certificate Manager User Guide, Request a public certificate; RFC 5280.
    """
    access = d.access
    if access.tls is None:
        if d.profile == "production":
            internal = access.scheme == "internal"
            yield Violation(
                ("access", "tls"),
                "production needs TLS: without it passwords and data travel in the clear",
                "set access.tls.hostname, and certificate_arn or hosted_zone_id",
                Severity.WARNING if internal else None,
            )
        return
    if not access.tls.certificate_arn and not access.tls.hosted_zone_id:
        yield Violation(
            ("access", "tls"),
            "there is neither a certificate nor a zone to make one in",
            "set access.tls.certificate_arn, or access.tls.hosted_zone_id",
        )
    elif not access.tls.certificate_arn and len(access.tls.hostname) > 64:
        yield Violation(
            ("access", "tls", "hostname"),
            f"a certificate is made for names of up to 64 characters; this has "
            f"{len(access.tls.hostname)}",
            "set access.tls.certificate_arn to a certificate that covers it",
        )


@rule("CAM179", "Management port that the VPC cannot reach", Severity.WARNING)
def management_port(d: Deployment) -> Iterator[Violation]:
    """`management_port: vpc` admits the VPC's own addresses. Clients in the VPC reach an
    internet-facing load balancer through its public addresses, so they arrive from their NAT
    gateway's address and are not let in.

    Source: Elastic Load Balancing User Guide, Load balancer scheme.
    """
    if d.access.management_port == "vpc" and d.access.scheme == "internet-facing":
        yield Violation(
            ("access", "management_port"),
            "clients in the VPC do not reach an internet-facing load balancer from VPC addresses",
            "use `scheme: internal`, or `closed` and ECS Exec",
        )

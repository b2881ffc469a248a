"""Rules for who gets in, and how."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from camformation.components.access_spec import AccessSpec
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.dual_stack import inside
from camformation.rules.hostnames import names_to_certify
from camformation.rules.registry import Violation, rule

_OLD_POLICIES = r"20|TLS13-1-[01]-|TLS-1-[01]-|FS-2018|FS-1-1-"
_POLICIES = (
    r"TLS13-1-(?:[0-3]|2-(?:Res|Ext[12]))-(?:2021-06|FIPS-2023-04|PQ-2025-09|FIPS-PQ-2025-09)"
    r"|TLS13-1-2-Ext0-FIPS-(?:2023-04|PQ-2025-09)"
    r"|2015-05|2016-08|TLS-1-0-2015-04|TLS-1-[12]-2017-01|TLS-1-2-Ext-2018-06"
    r"|FS-2018-06|FS-1-1-2019-08|FS-1-2-2019-08|FS-1-2-Res-2019-08|FS-1-2-Res-2020-10"
)
WORLD = {4: 8, 6: 16}  # a block with a shorter prefix is no organisation's network
PRIVATE: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"),
    )
)
CERTIFICATE_NAME = 64  # characters of a common name (RFC 5280, ub-common-name)


@rule("CAM153", "Access open to everyone, or to no one")
def open_to_the_world(d: Deployment) -> Iterator[Violation]:
    """The load balancers admit the networks in `access.allowed_cidrs` and
    `access.allowed_prefix_list_ids`. In production they must not admit everybody, and must not be
    empty.

    Port 9600 manages brokers without any authentication: anyone who reaches it can remove brokers
    and delete backups. `management_port: public` is therefore an error unless an entry of `ignore`
    gives a reason; in production it cannot be ignored.

    Source: Camunda docs, Management API; Camunda docs, Amazon ECS reference architecture
    (production hardening).
    """
    production = d.profile == "production"
    ways = d.access.http or d.access.grpc
    if ways and not (d.access.allowed_cidrs or d.access.allowed_prefix_list_ids):
        yield Violation(
            ("access", "allowed_cidrs"),
            "no client may connect",
            "list the networks that may connect, for example [203.0.113.0/24]",
            Severity.ERROR if production else Severity.WARNING,
        )
    for index, block in enumerate(d.access.allowed_cidrs):
        network = ip_network(block, strict=False)
        if production and ways and network.prefixlen < WORLD[network.version]:
            yield Violation(
                ("access", "allowed_cidrs", index),
                "in production the load balancers must not be open to the world",
                "list the networks that may connect, for example [203.0.113.0/24]",
            )
    if d.access.management_port == "public":
        yield Violation(
            ("access", "management_port"),
            "port 9600 manages brokers without authentication and must not be public",
            "set access.management_port to closed; or to vpc, with `scheme: internal`",
            required=production,
        )


@rule("CAM175", "Missing or incomplete TLS")
def tls(d: Deployment) -> Iterator[Violation]:
    """A certificate is either given, or made by AWS Certificate Manager and validated in the hosted
    zone; one of the two is required, and this cannot be ignored. A requested certificate has the
    hostname as its common name, which has at most 64 characters. Production does not send passwords
    over the internet in the clear, and does not allow TLS 1.0 or 1.1. With a security policy that
    Elastic Load Balancing does not have, the deployment fails at the listener.

    Source: AWS Certificate Manager User Guide, Request a public certificate; RFC 5280, appendix A;
    Elastic Load Balancing User Guide, Security policies for your load balancer; RFC 8996.
    """
    access = d.access
    if access.tls is None:
        if d.profile == "production" and (access.http or access.grpc):
            internal = access.scheme == "internal"
            yield Violation(
                ("access", "tls"),
                "production needs TLS: without it, passwords and data cross the network "
                "unencrypted",
                "set access.tls.hostname, and certificate_arn or hosted_zone_id",
                Severity.WARNING if internal else None,
            )
        return
    made = names_to_certify(access)
    if made and not _zones(access, made):
        yield Violation(
            ("access", "tls"),
            "TLS needs a certificate, or a hosted zone to validate a new one in",
            "set access.tls.certificate_arn, or access.tls.hosted_zone_id",
            required=True,
        )
    elif made and len(made[0][1]) > CERTIFICATE_NAME:
        yield Violation(
            made[0][0],
            f"AWS Certificate Manager issues certificates for names of up to {CERTIFICATE_NAME} "
            f"characters; this one has {len(made[0][1])}",
            "set access.tls.certificate_arn to a certificate that covers the name, or shorten "
            "the name",
        )
    policy = access.tls.policy.removeprefix("ELBSecurityPolicy-")
    known = re.fullmatch(_POLICIES, policy)
    old = d.profile == "production" and re.match(_OLD_POLICIES, policy)
    if not known or old:
        yield Violation(
            ("access", "tls", "policy"),
            f"{access.tls.policy} lets clients use TLS 1.0 or 1.1"
            if old
            else f"Elastic Load Balancing has no policy {access.tls.policy}, unless it is new",
            "use for example ELBSecurityPolicy-TLS13-1-2-2021-06",
            Severity.WARNING,
        )


def _zones(access: AccessSpec, names: list[tuple[Path, str]]) -> bool:
    """Whether there is a hosted zone for every name of a certificate that is made."""
    tls = access.tls
    if tls is None:
        return False
    web = tls.zone_of_record or not any(path[-1] == "hostname" for path, _ in names)
    return bool(web and (tls.grpc_zone_of_record or not access.grpc or tls.grpc_certificate_arn))


@rule("CAM188", "Same hostname for both load balancers")
def one_hostname(d: Deployment) -> Iterator[Violation]:
    """`access.tls.hostname` belongs to the application load balancer, `access.tls.grpc_hostname`
    to the network load balancer. A DNS name points to only one of them, so with the same name
    either browsers or gRPC clients reach the wrong one. Two alias records with one name also make
    the deployment fail.

    Source: Amazon Route 53 Developer Guide, Choosing between alias and non-alias records.
    """
    tls = d.access.tls
    if tls and d.access.http and tls.grpc_hostname == tls.hostname:
        yield Violation(
            ("access", "tls", "grpc_hostname"),
            f"{tls.hostname} is the hostname of the other load balancer",
            "remove it to use grpc. before the hostname, or choose another name that the "
            "certificate covers",
        )


@rule("CAM189", "Hostnames that do not fit in one hosted zone")
def one_zone(d: Deployment) -> Iterator[Violation]:
    """With `access.tls.hosted_zone_id`, the records for both hostnames are created in that zone,
    and Route 53 accepts only names below the zone's own name. Names that share only a top-level
    domain cannot be in one zone: keep both below one domain, name the zone of the gRPC hostname in
    `grpc_hosted_zone_id` or `grpc_private_hosted_zone_id`, or leave `hosted_zone_id` out and create
    the records yourself.

    Source: Amazon Route 53 Developer Guide, DNS constraints and behaviors.
    """
    tls = d.access.tls
    if not (tls and tls.grpc_hostname and d.access.http):
        return
    public = tls.hosted_zone_id and tls.grpc_zone_of_validation == tls.hosted_zone_id
    one = tls.zone_of_record and tls.zone_of_record == tls.grpc_zone_of_record
    if not (one or (public and names_to_certify(d.access)[1:])):
        return
    web, grpc = (name.split(".")[::-1] for name in (tls.hostname, tls.grpc_hostname))
    # A zone may be a whole top-level domain, but not of two names that have three labels.
    needed = 1 if min(len(web), len(grpc)) < 3 else 2
    if web[:needed] != grpc[:needed]:
        yield Violation(
            ("access", "tls", "grpc_hostname"),
            f"{tls.grpc_hostname} and {tls.hostname} cannot be in the same hosted zone",
            "set access.tls.grpc_hosted_zone_id (grpc_private_hosted_zone_id if the record is to "
            "be private) to the zone of that name, or choose a name below the domain of hostname",
        )


@rule("CAM179", "Management port unreachable from the VPC", Severity.WARNING)
def management_port(d: Deployment) -> Iterator[Violation]:
    """`management_port: vpc` admits the VPC's own addresses. Clients in the VPC reach an
    internet-facing load balancer through its public addresses, so their requests come from a NAT
    gateway's address and are refused.

    Source: Elastic Load Balancing User Guide, Load balancer scheme.
    """
    vpc = d.access.http and d.access.management_port == "vpc"
    if vpc and d.access.scheme == "internet-facing":
        yield Violation(
            ("access", "management_port"),
            "clients in the VPC reach an internet-facing load balancer from public addresses, "
            "not from VPC addresses",
            "set access.scheme to internal, or access.management_port to closed",
        )


@rule("CAM190", "Private addresses at a public load balancer", Severity.WARNING)
def private_sources(d: Deployment) -> Iterator[Violation]:
    """Clients reach an internet-facing load balancer over the internet, from a public address: that
    of an office router, a VPN or a NAT gateway. Private addresses (10.0.0.0/8, 172.16.0.0/12,
    192.168.0.0/16, 100.64.0.0/10; in IPv6 fc00::/7 and fe80::/10) never arrive there, not even from
    peered networks, because its name resolves to public addresses.

    Source: Elastic Load Balancing User Guide, Load balancer scheme; RFC 1918, section 3; RFC 6598;
    RFC 4193, section 3; RFC 4291, section 2.5.6.
    """
    if d.access.scheme != "internet-facing" or not (d.access.http or d.access.grpc):
        return
    for index, text in enumerate(d.access.allowed_cidrs):
        network = ip_network(text, strict=False)
        if any(inside(network, each) for each in PRIVATE):
            yield Violation(
                ("access", "allowed_cidrs", index),
                f"no client reaches an internet-facing load balancer from {text}",
                "name the clients' public addresses, or set access.scheme to internal",
            )

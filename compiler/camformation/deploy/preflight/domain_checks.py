"""Checks of certificates, certificate authorities and hosted zones."""

import re
from collections.abc import Iterator
from datetime import timedelta

from camformation.components.access_spec import TlsSpec
from camformation.deploy.preflight.model import Result, Situation, no, ok

SOON = timedelta(days=14)
ISSUE = re.compile(r'\d+\s+issue\s+"(.*)"', re.IGNORECASE)
AMAZON = {"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}
"""ACM's names in CAA records (AWS Certificate Manager User Guide, Configure a CAA record)."""


def certificates(s: Situation) -> Iterator[Result]:
    """Whether the spec's certificates are issued, and cover the hostnames."""
    tls = s.deployment.access.tls
    if tls is None:
        return
    served = []
    if s.deployment.access.http and tls.certificate_arn:
        served.append((tls.certificate_arn, str(tls.hostname)))
    grpc = tls.grpc_certificate_arn or tls.certificate_arn
    if s.deployment.access.grpc and grpc:
        served.append((grpc, _grpc(tls)))
    for arn in dict.fromkeys(arn for arn, _ in served):
        names = [name for each, name in served if each == arn]
        yield from _certificate(s, arn, names)


def authorities(s: Situation) -> Iterator[Result]:
    """Whether ECS can get certificates for Service Connect from the private CA."""
    tls = s.deployment.cluster.service_connect_tls
    if tls is None:
        return
    arn = str(tls.certificate_authority_arn)
    region = arn.split(":")[3]
    if region != s.cloud.region:
        yield no(
            f"{arn} is in {region}, the deployment in {s.cloud.region}",
            f"name a CA in {s.cloud.region}",
            tls.certificate_authority_arn,
        )
        return
    found = s.account.domains.authority(arn)
    if found is None:
        reason, fix = f"there is no private CA {arn}", "correct the ARN"
    elif found.status != "ACTIVE":
        reason, fix = f"the private CA {arn} is {found.status}", "activate it, or name another one"
    elif not found.managed:
        reason = f"the private CA {arn} has no tag AmazonECSManaged with the value true"
        fix = (
            f"`aws acm-pca tag-certificate-authority --certificate-authority-arn {arn} "
            "--tags Key=AmazonECSManaged,Value=true`"
        )
    else:
        yield ok("active, and ECS may use it", tls.certificate_authority_arn)
        return
    yield no(reason, fix, tls.certificate_authority_arn)


def _grpc(tls: TlsSpec) -> str:
    return str(tls.grpc_hostname) if tls.grpc_hostname else f"grpc.{tls.hostname}"


def _certificate(s: Situation, arn: str, names: list[str]) -> Iterator[Result]:
    region = arn.split(":")[3]
    if region != s.cloud.region:
        yield no(
            f"{arn} is in {region}: a load balancer takes certificates of its own region",
            f"request one in {s.cloud.region}",
            arn,
        )
        return
    found = s.account.domains.certificate(str(arn))
    if found is None:
        yield no(f"there is no certificate {arn}", "correct the ARN", arn)
        return
    if found.status != "ISSUED":
        yield no(
            f"the certificate {arn} is {found.status}",
            "validate it: ACM shows the DNS records that it waits for"
            if found.status == "PENDING_VALIDATION"
            else "request another one",
            arn,
        )
        return
    uncovered = [name for name in names if not any(covers(each, name) for each in found.names)]
    for name in uncovered:
        yield no(
            f"the certificate {arn} is for {', '.join(found.names)}, not for {name}",
            f"request one that covers {name}, too; `grpc_certificate_arn` takes a separate one",
            arn,
            certain=False,
        )
    if found.expires and found.expires - s.now < SOON:
        yield no(
            f"the certificate {arn} expires on {found.expires:%Y-%m-%d}",
            "renew it: an imported certificate is not renewed by ACM",
            arn,
            certain=False,
        )
    elif not uncovered:
        yield ok(f"issued, for {' and '.join(names)}", arn)


def covers(pattern: str, name: str) -> bool:
    """Return whether a certificate's name covers a hostname; `*` is one label (RFC 6125)."""
    pattern, name = pattern.lower(), name.lower()
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return pattern == name


def hosted_zones(s: Situation) -> Iterator[Result]:
    """Whether the hosted zones exist, contain the hostnames, and are of the right kind."""
    tls = s.deployment.access.tls
    if tls is None:
        return
    web = [str(tls.hostname)] if s.deployment.access.http else []
    grpc = [_grpc(tls)] if s.deployment.access.grpc else []
    for zone, own, private in (
        (tls.hosted_zone_id, tls.grpc_hosted_zone_id, False),
        (tls.private_hosted_zone_id, tls.grpc_private_hosted_zone_id, True),
    ):
        made = not tls.certificate_arn
        if zone:
            names = [*web, *([] if own else grpc)]
            yield from _zone(s, zone, names, private=private, made=made)
        if own:
            yield from _zone(s, own, grpc, private=private, made=made)


def issuers(s: Situation) -> Iterator[Result]:
    """Whether CAA records in the hosted zones allow ACM to issue the deployment's certificates: the
    nearest ones above a name decide (RFC 8659).
    """
    tls = s.deployment.access.tls
    if tls is None or tls.certificate_arn or not tls.hosted_zone_id:
        return
    served = [(tls.hosted_zone_id, str(tls.hostname))] if s.deployment.access.http else []
    if s.deployment.access.grpc:
        served.append((tls.grpc_hosted_zone_id or tls.hosted_zone_id, _grpc(tls)))
    problems = 0
    for zone, name in served:
        at, values = _nearest(s, str(zone), name)
        given = [found[1].partition(";")[0].strip().lower() for each in values
                 if (found := ISSUE.fullmatch(each))]  # fmt: skip
        if given and not AMAZON & set(given):
            problems += 1
            yield no(
                f"the CAA record of {at} lets only {', '.join(filter(None, given)) or 'nobody'} "
                f"make certificates, so that ACM makes none for {name}",
                'add the value `0 issue "amazon.com"`',
                zone,
            )
    if served and not problems:
        yield ok("no CAA record of the hosted zones keeps ACM from making certificates")


def _nearest(s: Situation, zone: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the nearest name with CAA records, from a name up to its zone's, and their values."""
    found = s.account.domains.hosted_zone(zone)
    top = found.name.lower() if found else name
    at = name.lower()
    while f".{at}".endswith(f".{top}"):
        if (values := s.account.domains.issuers(zone, at)) is not None:
            return at, values
        at = at.partition(".")[2]
    return name, ()


def _zone(
    s: Situation, value: str, names: list[str], *, private: bool, made: bool
) -> Iterator[Result]:
    zone = str(value)
    found = s.account.domains.hosted_zone(zone)
    if found is None:
        yield no(f"there is no hosted zone {zone} in this account", "correct the id", value)
        return
    if found.private is not private:
        yield no(
            f"the hosted zone {zone} ({found.name}) is {'private' if found.private else 'public'}",
            "`hosted_zone_id` takes a public zone, `private_hosted_zone_id` a private one",
            value,
            certain=made and not private,  # its records would not help the validation
        )
        return
    outside = [each for each in names if not f".{each}".lower().endswith(f".{found.name}".lower())]
    for each in outside:
        yield no(
            f"{each} is not in the hosted zone {zone}, which is for {found.name}",
            "name the zone of the hostname",
            value,
        )
    existing = s.deployment.network.existing
    if private and existing and str(existing.vpc_id) not in found.vpcs:
        yield no(
            f"the private hosted zone {zone} is not associated with {existing.vpc_id}",
            f"`aws route53 associate-vpc-with-hosted-zone --hosted-zone-id {zone} --vpc "
            f"VPCRegion={s.cloud.region},VPCId={existing.vpc_id}`",
            value,
            certain=False,
        )
    if not outside:
        yield ok(f"{zone} is for {found.name}")

"""Rules for what a spec calls things of the world: hostnames, regions and zones."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.regions import FARGATE_ZONES, REGIONS, closest, has_fargate, misspelt
from camformation.rules.arns import arn_regions
from camformation.rules.hostnames import names_to_certify
from camformation.rules.images import all_images, image
from camformation.rules.network import short_name
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings

PREFIX = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PREFIX"
_COGNITO = r"https://cognito-idp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\."

ZONE_LETTERS = "abcdef"  # us-east-1 has all of them, and no region has more
TWO_ZONES = ("us-west-1",)
NEVER_PUBLIC = (
    *("internal", "local", "localdomain", "localhost", "lan", "corp", "home", "mail", "intranet"),
    *("private", "test", "example", "invalid", "onion", "alt", "home.arpa", "in-addr.arpa"),
    "ip6.arpa",
)
OF_AWS = ("amazonaws.com", "amazonaws.com.cn", "awsglobalaccelerator.com", "cloudfront.net")


@rule("CAM159", "Hostname that no public certificate can cover")
def hostname(d: Deployment) -> Iterator[Violation]:
    """AWS Certificate Manager validates a name through a record in public DNS, and public
    certificates exist only for public names. A name below `.internal`, `.local`, `.corp`,
    `.home.arpa` or similar is never public, and one below `amazonaws.com` belongs to AWS: the
    certificate stays in validation until the deployment fails after hours.

    A private certificate authority (AWS Private CA) can issue certificates for such names, and a
    certificate from elsewhere can be imported: set `certificate_arn` to it.

    Source: AWS Certificate Manager User Guide, DNS validation and Public certificate
    characteristics; RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476; ICANN resolutions
    2018.02.04.12 (.corp, .home, .mail) and 2024.07.29.06 (.internal).
    """
    tls = d.access.tls
    if tls is None or not (tls.hosted_zone_id or tls.grpc_hosted_zone_id):
        return
    hint = "set access.tls.certificate_arn to an imported certificate or one of a private CA"
    said: set[Path] = set()
    for path, name in names_to_certify(d.access):
        if path in said:  # grpc.<hostname>, of the same field
            continue
        said.add(path)
        if _below(name, NEVER_PUBLIC):
            yield Violation(
                path,
                f"{name} is not a public name, so no certificate can be issued and validated for "
                "it",
                f"{hint}, or choose a name below a public domain",
            )
        elif _below(name, OF_AWS):
            yield Violation(
                path,
                f"{name} belongs to AWS: you cannot have a zone or certificate for it",
                "choose a name below your own domain, and set its zone in "
                "access.tls.hosted_zone_id",
            )


def _below(name: str, domains: tuple[str, ...]) -> bool:
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)


@rule("CAM147", "Region or zone that does not exist")
def regions(d: Deployment) -> Iterator[Violation]:
    """A misspelt region passes other local checks; later, nothing is found there, or credentials
    seem wrong. The rule knows AWS's regions in all partitions. If a spec names no region, it
    checks the regions of zones and ARNs; it always checks those in addresses of Amazon ECR images
    and Amazon Cognito user pools. A name close to a known region is an error. A name that
    resembles none, or differs only in the number, is a warning: the region may be newer than this
    release. For a private partition, use `ignore`. The regions of a fleet are all in the
    partition of its StackSet.

    The zones available to an account vary; the letters of their names run from `a` to `f`. In
    us-west-1, new accounts have two. Some zones of old regions have no Fargate: the rule knows
    their IDs, but a zone's name means a different zone in each account.

    Source: AWS General Reference, Regional endpoints; Amazon EC2 User Guide, Regions and Zones;
    Amazon ECS Developer Guide, Supported Regions for Amazon ECS on AWS Fargate.
    """
    if d.region:
        if d.region not in REGIONS:
            yield _unknown(("region",), d.region)
    else:
        for path, region in arn_regions(d):
            if region not in REGIONS:
                yield _unknown(path, region)
    for path, region in _in_addresses(d):
        if region not in REGIONS:
            yield _unknown(path, region)
    zones = d.network.availability_zones
    count = zones if isinstance(zones, int) else len(zones)
    if d.region in TWO_ZONES and count > 2 and not d.network.existing:
        yield Violation(
            ("network", "availability_zones") if isinstance(zones, tuple) else ("region",),
            f"accounts have two zones in {d.region}, unless they are old",
            "set network.availability_zones to 2; ignore this if your account has three",
            Severity.WARNING,
        )
    if isinstance(zones, int) or d.network.existing:
        return
    if "-az" in zones[0]:
        yield from _zone_ids(zones)
        return
    told: set[str] = set()
    for index, zone in enumerate(zones):
        at: Path = ("network", "availability_zones", index)
        if not d.region and zone[:-1] not in REGIONS | told:
            told.add(zone[:-1])
            yield _unknown(at, zone[:-1])
        elif zone[-1] not in ZONE_LETTERS and zone[:-1] in REGIONS:
            yield Violation(
                at,
                f"no account has a zone {zone}: zone letters run from a to f",
                f"for example {zone[:-1]}a; `aws ec2 describe-availability-zones` lists yours",
                Severity.WARNING,
            )


def _in_addresses(d: Deployment) -> Iterator[tuple[Path, str]]:
    for use in all_images(d):
        if region := image(use.reference).ecr_region:
            yield use.path, region
    oidc = d.authentication.oidc
    if oidc and (found := re.match(_COGNITO, oidc.issuer)):
        yield ("authentication", "oidc", "issuer"), found[1]


def _zone_ids(zones: tuple[str, ...]) -> Iterator[Violation]:
    known = {short_name(region) for region in REGIONS}
    for index, zone in enumerate(zones):
        start = zone.partition("-az")[0]
        if not has_fargate(zone):
            yield Violation(
                ("network", "availability_zones", index),
                f"there is no Fargate in {zone}",
                f"Fargate is in {', '.join(FARGATE_ZONES[start])}",
                Severity.WARNING,  # or new there
            )
        elif start not in known:
            yield Violation(
                ("network", "availability_zones", index),
                f"no known region has zone IDs that begin with {start}",
                "`aws ec2 describe-availability-zones --query AvailabilityZones[].ZoneId` lists "
                "yours",
                Severity.WARNING,
            )


def _unknown(path: Path, region: str) -> Violation:
    near = closest(region)
    return Violation(
        path,
        f"AWS has no region {region}" + ("" if misspelt(region) else ", unless it is new"),
        f"did you mean {near}?" if near else "`aws account list-regions` lists yours",
        None if misspelt(region) else Severity.WARNING,
    )


@rule("CAM261", "Table prefix that brokers do not find their tables with")
def table_prefix(d: Deployment) -> Iterator[Violation]:
    """Camunda 8.9 makes tables such as `c8_PROCESS_INSTANCE`, with the prefix as it is written, and
    its queries look for `c8_process_instance`: PostgreSQL knows these as two tables, and brokers do
    not start. With a prefix in capitals both are one. Camunda 8.10 turns a prefix into capitals
    itself.

    In a variable, a prefix may have characters that no name of a table has, such as a hyphen:
    brokers do not start. A schema is no prefix; it is a parameter of JDBC, `currentSchema`.

    Source: camunda/camunda issue 56093 and pull request 60865; camunda/camunda-docs pull request
    9727; camunda/camunda-bpm-spring-boot-starter issue 304.
    """
    variable = broker_settings(d).find(PREFIX)
    prefix = d.database.table_prefix
    path: Path = ("database", "table_prefix")
    given = (variable.value or "").strip() if variable else ""
    if variable and given and not given.startswith(("arn:", "{{")):  # CAM173, CAM196
        prefix, path = given, variable.path
        if not re.fullmatch(r"[A-Za-z_]\w{0,40}", prefix, re.ASCII):
            meant = re.sub(r"\W+", "_", prefix, flags=re.ASCII).lstrip("0123456789")
            yield Violation(
                path,
                f"no table has a name with {quoted(prefix, 40)} in it: brokers do not start",
                f"set currentSchema in database.jdbc_parameters to {prefix[:-1]}"
                if re.fullmatch(r"\w+\.", prefix)
                else f"write {meant.upper()}",
            )
            return
    if d.version == "8.9" and prefix != prefix.upper():
        yield Violation(
            path,
            f"Camunda 8.9 does not find its tables with {prefix}, which has small letters",
            f"write {prefix.upper()}, unless tables are there already",
            Severity.WARNING,
        )

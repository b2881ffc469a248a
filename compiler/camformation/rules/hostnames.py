"""Rules for hosted zones, and for the names that a certificate has to cover."""

from collections.abc import Iterator

from camformation.components.access_spec import AccessSpec
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

TLS: Path = ("access", "tls")


def names_to_certify(access: AccessSpec) -> list[tuple[Path, str]]:
    """Return the hostnames that a certificate is created for, and the fields that decide them."""
    tls = access.tls
    if tls is None or tls.certificate_arn:
        return []
    names: list[tuple[Path, str]] = []
    if access.http:
        names.append(((*TLS, "hostname"), tls.hostname))
    if access.grpc and not tls.grpc_certificate_arn:
        field = "grpc_hostname" if tls.grpc_hostname else "hostname"
        names.append(((*TLS, field), tls.grpc_hostname or f"grpc.{tls.hostname}"))
    return names


@rule("CAM132", "Private hosted zone that cannot serve its purpose")
def private_zone(d: Deployment) -> Iterator[Violation]:
    """AWS Certificate Manager validates a certificate through a record in public DNS, so a private
    hosted zone cannot validate one; this cannot be ignored. Bring a certificate, or also name the
    domain's public zone in `hosted_zone_id`, which then only validates the certificate. A zone is
    either public or private.

    Names in a private zone resolve only in VPCs that are associated with it, and in networks that
    forward queries to these. An internet-facing load balancer is for clients elsewhere.

    Source: AWS Certificate Manager User Guide, DNS validation; Amazon Route 53 Developer Guide,
    Working with private hosted zones.
    """
    yield from _grpc_zones(d)
    tls = d.access.tls
    if tls is None or tls.private_hosted_zone_id is None:
        return
    path: Path = (*TLS, "private_hosted_zone_id")
    made = names_to_certify(d.access)
    if made and not tls.hosted_zone_id:
        yield Violation(
            path,
            f"the certificate for {made[0][1]} cannot be validated in a private hosted zone",
            "set access.tls.certificate_arn, or hosted_zone_id to the domain's public zone, for "
            "the validation",
            required=True,
        )
    elif tls.hosted_zone_id == tls.private_hosted_zone_id:
        yield Violation(
            path,
            f"{tls.private_hosted_zone_id} is also hosted_zone_id, the public zone",
            "set each to its own zone, or remove one of them",
        )
    elif tls.hosted_zone_id and not made:
        yield Violation(
            (*TLS, "hosted_zone_id"),
            "nothing uses this zone: the records are in private_hosted_zone_id, and no "
            "certificate is created",
            "remove it; or remove private_hosted_zone_id, for records in the public zone",
            Severity.WARNING,
        )
    if d.access.scheme == "internet-facing" and (d.access.http or d.access.grpc):
        yield Violation(
            path,
            f"clients on the internet cannot resolve {tls.hostname}: its record is in a private "
            "zone",
            "set access.scheme to internal, or use hosted_zone_id with the public zone",
            Severity.WARNING,
        )


def _grpc_zones(d: Deployment) -> Iterator[Violation]:
    """Yield the problems only of the gRPC hostname's zones."""
    tls = d.access.tls
    if tls is None or not d.access.grpc:
        return
    made = [path for path, _ in names_to_certify(d.access)]
    own = tls.grpc_private_hosted_zone_id
    if own and made and not tls.grpc_zone_of_validation and not tls.grpc_certificate_arn:
        yield Violation(
            (*TLS, "grpc_private_hosted_zone_id"),
            "the certificate for the gRPC hostname cannot be validated in a private hosted zone",
            "set access.tls.grpc_certificate_arn, or grpc_hosted_zone_id to the domain's public "
            "zone, for the validation",
            required=True,
        )
    if own and own in (tls.grpc_hosted_zone_id, tls.hosted_zone_id):
        yield Violation(
            (*TLS, "grpc_private_hosted_zone_id"),
            f"{own} is also a public zone of this spec",
            "set each to its own zone, or remove one of them",
        )
    certified = made and not tls.grpc_certificate_arn
    if tls.grpc_hosted_zone_id and (own or tls.private_hosted_zone_id) and not certified:
        yield Violation(
            (*TLS, "grpc_hosted_zone_id"),
            "nothing uses this zone: the gRPC hostname's record is in a private zone, and no "
            "certificate is created for it",
            "remove it",
            Severity.WARNING,
        )

"""The public hostnames: their certificate and DNS records."""

from typing import Any

from troposphere import GetAtt, Ref
from troposphere import elasticloadbalancingv2 as elb

from camformation.components.access_spec import AccessSpec, TlsSpec
from camformation.frozen import frozen
from camformation.units import Unit, Value, text

SECTION = ("access", "tls")


@frozen
class Certificates:
    """The ARNs of the listeners' certificates."""

    http: Value | None = None
    grpc: Value | None = None


def grpc_hostname(tls: TlsSpec) -> Any:
    """Return the hostname for gRPC clients: one host cannot point to both load balancers."""
    return tls.grpc_hostname or text("grpc.${Hostname}", Hostname=tls.hostname)


def certificates(unit: Unit, spec: AccessSpec) -> Certificates:
    """Return the given certificates, and a new one, validated through Route 53, for every hostname
    that has none."""
    tls = spec.tls
    if tls is None:
        return Certificates()
    given = Certificates(tls.certificate_arn, tls.grpc_certificate_arn or tls.certificate_arn)
    web = (tls.hostname, tls.hosted_zone_id)
    grpc = (grpc_hostname(tls), tls.grpc_zone_of_validation)
    names = [
        *([web] if spec.http and not given.http else []),
        *([grpc] if spec.grpc and not given.grpc else []),
    ]
    if not names:
        return given
    made = _certificate(unit, names)
    return Certificates(given.http or made, given.grpc or made)


def _certificate(unit: Unit, names: list[tuple[Any, str | None]]) -> Value:
    """Add a certificate for names, each with the hosted zone that validates it."""
    from troposphere.certificatemanager import Certificate, DomainValidationOption

    first, *others = (name for name, _ in names)
    more: dict[str, Any] = {"SubjectAlternativeNames": others} if others else {}
    certificate = unit.add(
        Certificate(
            "Certificate",
            DomainName=first,
            **more,
            ValidationMethod="DNS",
            DomainValidationOptions=[
                DomainValidationOption(DomainName=name, HostedZoneId=zone) for name, zone in names
            ],
        ),
        section=SECTION,
    )
    return unit.export("CertificateArn", Ref(certificate))


def alias_records(
    unit: Unit, spec: AccessSpec, alb: elb.LoadBalancer | None, nlb: elb.LoadBalancer | None
) -> None:
    """Add the hostnames' records, if the spec names hosted zones for them."""
    tls = spec.tls
    if tls is None:
        return
    web, grpc = tls.zone_of_record, tls.grpc_zone_of_record
    kinds = {"A": "", **({"AAAA": "Ipv6"} if spec.ip_address_type == "dualstack" else {})}
    for kind, infix in kinds.items():
        if alb and web:
            _alias(unit, f"Web{infix}AliasRecord", web, tls.hostname, kind, alb)
        if nlb and grpc:
            _alias(unit, f"Grpc{infix}AliasRecord", grpc, grpc_hostname(tls), kind, nlb)


def _alias(
    unit: Unit, title: str, zone: str, hostname: Any, kind: str, balancer: elb.LoadBalancer
) -> None:
    from troposphere import route53  # only with TLS

    unit.add(
        route53.RecordSetType(
            title,
            HostedZoneId=zone,
            Name=hostname,
            Type=kind,
            AliasTarget=route53.AliasTarget(  # type: ignore[attr-defined,no-untyped-call]
                hostedzoneid=GetAtt(balancer, "CanonicalHostedZoneID"),
                dnsname=GetAtt(balancer, "DNSName"),
            ),
        ),
        section=SECTION,
    )

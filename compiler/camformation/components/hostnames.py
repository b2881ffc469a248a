"""The public hostnames: the certificate that covers them, and their DNS records."""

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
    names = [
        *([tls.hostname] if spec.http and not given.http else []),
        *([grpc_hostname(tls)] if spec.grpc and not given.grpc else []),
    ]
    if not names:
        return given
    made = _certificate(unit, tls, names)
    return Certificates(given.http or made, given.grpc or made)


def _certificate(unit: Unit, tls: TlsSpec, names: list[Any]) -> Value:
    from troposphere.certificatemanager import Certificate, DomainValidationOption

    others: dict[str, Any] = {"SubjectAlternativeNames": names[1:]} if names[1:] else {}
    certificate = unit.add(
        Certificate(
            "Certificate",
            DomainName=names[0],
            **others,
            ValidationMethod="DNS",
            DomainValidationOptions=[
                DomainValidationOption(DomainName=name, HostedZoneId=tls.hosted_zone_id)
                for name in names
            ],
        ),
        section=SECTION,
    )
    return unit.export("CertificateArn", Ref(certificate))


def alias_records(
    unit: Unit, spec: AccessSpec, alb: elb.LoadBalancer | None, nlb: elb.LoadBalancer | None
) -> None:
    """Add the hostnames' records, if the spec names a hosted zone for them."""
    tls = spec.tls
    if tls is None or tls.zone_of_records is None:
        return
    kinds = {"A": "", **({"AAAA": "Ipv6"} if spec.ip_address_type == "dualstack" else {})}
    for kind, infix in kinds.items():
        if alb:
            _alias(unit, f"Web{infix}AliasRecord", tls, tls.hostname, kind, alb)
        if nlb:
            _alias(unit, f"Grpc{infix}AliasRecord", tls, grpc_hostname(tls), kind, nlb)


def _alias(
    unit: Unit, title: str, tls: TlsSpec, hostname: Any, kind: str, balancer: elb.LoadBalancer
) -> None:
    from troposphere import route53  # only with TLS

    unit.add(
        route53.RecordSetType(
            title,
            HostedZoneId=tls.zone_of_records,
            Name=hostname,
            Type=kind,
            AliasTarget=route53.AliasTarget(  # type: ignore[attr-defined,no-untyped-call]
                hostedzoneid=GetAtt(balancer, "CanonicalHostedZoneID"),
                dnsname=GetAtt(balancer, "DNSName"),
            ),
        ),
        section=SECTION,
    )

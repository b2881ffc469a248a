"""The load balancers: an application load balancer for HTTP, a network load balancer for gRPC."""

from typing import Any

from troposphere import GetAtt, Ref, Sub, Tags
from troposphere import elasticloadbalancingv2 as elb

from camformation.components.access_spec import AccessSpec, TlsSpec
from camformation.components.network import Network
from camformation.components.ports import GRPC, MANAGEMENT, WEB, WEB_TLS
from camformation.components.security_groups import SecurityGroups
from camformation.frozen import frozen
from camformation.units import Unit, Value, text


@frozen
class LoadBalancers:
    """Exports of the load balancers."""

    alb_dns_name: Value
    nlb_dns_name: Value
    nlb_arn: Value
    web_listener_arn: Value  # path rules go here: port 443 with TLS, else 80
    management_listener_arn: Value | None  # port 9600, unless closed
    certificate_arn: Value | None
    url: Value  # where people open Camunda: http(s)://…, without a slash at the end
    grpc_address: Value  # host:port; with TLS the name that the certificate is for


def build_load_balancers(
    unit: Unit, spec: AccessSpec, network: Network, groups: SecurityGroups
) -> LoadBalancers:
    """Create both load balancers, the HTTP listeners, and with TLS its certificate and DNS name."""
    alb = _load_balancer(
        unit,
        "WebLoadBalancer",
        "alb-webui",
        spec,
        network,
        Type="application",
        SecurityGroups=[groups.alb.id, *spec.alb_security_group_ids],
        LoadBalancerAttributes=_attributes(
            {
                "idle_timeout.timeout_seconds": "60",
                "routing.http.desync_mitigation_mode": "defensive",
                "routing.http.drop_invalid_header_fields.enabled": "true",
            }
        ),
    )
    # A network load balancer that was made without a security group can never be given one
    # (Elastic Load Balancing docs, Update the security groups for your Network Load Balancer).
    nlb = _load_balancer(
        unit,
        "GrpcLoadBalancer",
        "nlb-grpc",
        spec,
        network,
        Type="network",
        SecurityGroups=[groups.nlb.id, *spec.nlb_security_group_ids],
        LoadBalancerAttributes=_attributes({"load_balancing.cross_zone.enabled": "false"}),
    )
    certificate = _certificate(unit, spec.tls) if spec.tls else None
    web = _web_listener(unit, alb, spec.tls, certificate)
    management = (
        unit.add(
            _http_listener(
                "ManagementListener", alb, MANAGEMENT, _not_found(), spec.tls, certificate
            ),
            section=("access", "management_port"),
        )
        if spec.management_port != "closed"
        else None
    )
    if spec.tls and spec.tls.hosted_zone_id:
        _alias(unit, "WebAliasRecord", spec.tls.hostname, spec.tls.hosted_zone_id, alb)
        _alias(unit, "GrpcAliasRecord", grpc_hostname(spec.tls), spec.tls.hosted_zone_id, nlb)
    alb_dns_name = unit.export("AlbDnsName", GetAtt(alb, "DNSName"))
    nlb_dns_name = unit.export("NlbDnsName", GetAtt(nlb, "DNSName"))
    return LoadBalancers(
        alb_dns_name=alb_dns_name,
        nlb_dns_name=nlb_dns_name,
        nlb_arn=unit.export("NlbArn", Ref(nlb)),
        web_listener_arn=unit.export("WebListenerArn", Ref(web)),
        management_listener_arn=unit.export("ManagementListenerArn", Ref(management))
        if management
        else None,
        certificate_arn=certificate,
        url=unit.export(
            "Url",
            Sub("https://${Hostname}", Hostname=spec.tls.hostname)
            if spec.tls
            else Sub("http://${AlbDnsName}", AlbDnsName=GetAtt(alb, "DNSName")),
        ),
        grpc_address=unit.export(
            "GrpcAddress",
            Sub(f"${{Hostname}}:{GRPC}", Hostname=grpc_hostname(spec.tls))
            if spec.tls
            else Sub(f"${{NlbDnsName}}:{GRPC}", NlbDnsName=GetAtt(nlb, "DNSName")),
        ),
    )


def grpc_hostname(tls: TlsSpec) -> Any:
    """Return the hostname for gRPC clients: one host cannot point to both load balancers."""
    return tls.grpc_hostname or text("grpc.${Hostname}", Hostname=tls.hostname)


def _load_balancer(
    unit: Unit, title: str, name: str, spec: AccessSpec, network: Network, **properties: Any
) -> elb.LoadBalancer:
    public = spec.scheme == "internet-facing"
    balancer = elb.LoadBalancer(
        title,
        Scheme=spec.scheme,
        Subnets=list(network.load_balancer_subnet_ids(public=public)),
        Tags=Tags(Name=f"{unit.deployment}-{name}"),
        **properties,
    )
    return unit.add(balancer, after=[network.internet] if public else [])


def _attributes(attributes: dict[str, str]) -> list[elb.LoadBalancerAttributes]:
    return [elb.LoadBalancerAttributes(Key=key, Value=attributes[key]) for key in attributes]


def _certificate(unit: Unit, tls: TlsSpec) -> Value:
    """Return the ARN of the given certificate, or of a new one validated through Route 53."""
    if tls.certificate_arn:
        return tls.certificate_arn
    from troposphere.certificatemanager import Certificate, DomainValidationOption

    names = [tls.hostname, grpc_hostname(tls)]
    certificate = unit.add(
        Certificate(
            "Certificate",
            DomainName=tls.hostname,
            SubjectAlternativeNames=names[1:],
            ValidationMethod="DNS",
            DomainValidationOptions=[
                DomainValidationOption(DomainName=name, HostedZoneId=tls.hosted_zone_id)
                for name in names
            ],
        ),
        section=("access", "tls"),
    )
    return unit.export("CertificateArn", Ref(certificate))


def _web_listener(
    unit: Unit, alb: elb.LoadBalancer, tls: TlsSpec | None, certificate: Value | None
) -> elb.Listener:
    """Add port 80, and with TLS also port 443, to which port 80 then redirects."""
    if tls is None:
        return unit.add(_http_listener("HttpListener", alb, WEB, _not_found(), None, None))
    redirect = elb.Action(
        Type="redirect",
        RedirectConfig=elb.RedirectConfig(
            Protocol="HTTPS", Port=str(WEB_TLS), StatusCode="HTTP_301"
        ),
    )
    unit.add(_http_listener("HttpListener", alb, WEB, redirect, None, None))
    return unit.add(
        _http_listener("HttpsListener", alb, WEB_TLS, _not_found(), tls, certificate),
        section=("access", "tls"),
    )


def _http_listener(
    title: str,
    alb: elb.LoadBalancer,
    port: int,
    default: elb.Action,
    tls: TlsSpec | None,
    certificate: Value | None,
) -> elb.Listener:
    return elb.Listener(
        title,
        LoadBalancerArn=Ref(alb),
        Port=port,
        DefaultActions=[default],
        **(tls_listener("HTTPS", tls, certificate) if tls else {"Protocol": "HTTP"}),
    )


def tls_listener(protocol: str, tls: TlsSpec, certificate: Value | None) -> dict[str, Any]:
    """Return the properties with which a listener (HTTPS or TLS) terminates TLS."""
    return {
        "Protocol": protocol,
        "SslPolicy": tls.policy,
        "Certificates": [elb.Certificate(CertificateArn=certificate)],
    }


def _not_found() -> elb.Action:
    """Answer unmatched requests with 404; the reference's empty 200 hides wrong paths."""
    return elb.Action(
        Type="fixed-response",
        FixedResponseConfig=elb.FixedResponseConfig(
            StatusCode="404", ContentType="text/plain", MessageBody="Not found"
        ),
    )


def _alias(
    unit: Unit, title: str, hostname: Any, hosted_zone_id: str, balancer: elb.LoadBalancer
) -> None:
    from troposphere import route53  # only with TLS

    unit.add(
        route53.RecordSetType(
            title,
            HostedZoneId=hosted_zone_id,
            Name=hostname,
            Type="A",
            AliasTarget=route53.AliasTarget(  # type: ignore[attr-defined,no-untyped-call]
                hostedzoneid=GetAtt(balancer, "CanonicalHostedZoneID"),
                dnsname=GetAtt(balancer, "DNSName"),
            ),
        ),
        section=("access", "tls"),
    )

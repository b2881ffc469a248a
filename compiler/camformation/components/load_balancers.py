"""The load balancers: an application load balancer for HTTP, a network load balancer for gRPC."""

from collections.abc import Mapping
from typing import Any

from troposphere import GetAtt, Ref, Sub, Tags
from troposphere import elasticloadbalancingv2 as elb

from camformation.components.access_logs import ALB, ALB_CONNECTIONS, NLB, AccessLogs
from camformation.components.access_spec import AccessSpec, TlsSpec
from camformation.components.context_paths import prefix
from camformation.components.hostnames import (
    SECTION,
    Certificates,
    alias_records,
    certificates,
    grpc_hostname,
)
from camformation.components.network import Network
from camformation.components.ports import GRPC, MANAGEMENT, WEB, WEB_TLS
from camformation.components.security_group_rules import SecurityGroup
from camformation.components.security_groups import SecurityGroups
from camformation.frozen import frozen
from camformation.units import Unit, Value

FULL_NAME = "LoadBalancerFullName"
OFF = "false"


@frozen
class LoadBalancers:
    """Exports of the load balancers; `None` for what belongs to a side that is off."""

    alb_dns_name: Value | None
    nlb_dns_name: Value | None
    alb_arn: Value | None
    nlb_arn: Value | None
    alb_full_name: Value | None  # as metrics have it
    nlb_full_name: Value | None
    web_listener_arn: Value | None  # for path rules: port 443 with TLS, else 80
    management_listener_arn: Value | None  # port 9600, unless closed
    certificates: Certificates
    url: Value | None  # where people open Camunda: http(s)://…, without a slash at the end
    grpc_address: Value | None  # host:port; with TLS the name that the certificate is for


def build_load_balancers(
    unit: Unit,
    spec: AccessSpec,
    context_path: str,
    network: Network,
    groups: SecurityGroups,
    logs: AccessLogs | None = None,
    *,
    log_group: Mapping[str, Any] | None = None,
) -> LoadBalancers:
    """Create the load balancers, the HTTP listeners, and with TLS its certificate and DNS names;
    `context_path` is the brokers', `log_group` has the common properties of log groups."""
    alb = _alb(unit, spec, network, groups.alb, logs) if groups.alb else None
    nlb = _nlb(unit, spec, network, groups.nlb, logs) if groups.nlb else None
    given = certificates(unit, spec)
    web = _web_listener(unit, alb, spec.tls, given.http) if alb else None
    management = (
        unit.add(
            _http_listener(
                "ManagementListener", alb, MANAGEMENT, _not_found(), spec.tls, given.http
            ),
            section=("access", "management_port"),
        )
        if alb and spec.management_port != "closed"
        else None
    )
    alias_records(unit, spec, alb, nlb)
    if alb and spec.waf:
        from camformation.components.waf import build_waf  # only with a firewall

        build_waf(unit, spec.waf, alb, log_group or {})
    alb_dns_name = unit.export("AlbDnsName", GetAtt(alb, "DNSName")) if alb else None
    nlb_dns_name = unit.export("NlbDnsName", GetAtt(nlb, "DNSName")) if nlb else None
    return LoadBalancers(
        alb_dns_name=alb_dns_name,
        nlb_dns_name=nlb_dns_name,
        alb_arn=unit.export("AlbArn", Ref(alb)) if alb else None,
        nlb_arn=unit.export("NlbArn", Ref(nlb)) if nlb else None,
        alb_full_name=unit.export("AlbFullName", GetAtt(alb, FULL_NAME)) if alb else None,
        nlb_full_name=unit.export("NlbFullName", GetAtt(nlb, FULL_NAME)) if nlb else None,
        web_listener_arn=unit.export("WebListenerArn", Ref(web)) if web else None,
        management_listener_arn=unit.export("ManagementListenerArn", Ref(management))
        if management
        else None,
        certificates=given,
        url=unit.export("Url", _url(spec.tls, alb, prefix(context_path))) if alb else None,
        grpc_address=unit.export("GrpcAddress", _grpc_address(spec.tls, nlb)) if nlb else None,
    )


def _url(tls: TlsSpec | None, alb: elb.LoadBalancer, path: str) -> Sub:
    if tls:
        return Sub(f"https://${{Hostname}}{path}", Hostname=tls.hostname)
    return Sub(f"http://${{AlbDnsName}}{path}", AlbDnsName=GetAtt(alb, "DNSName"))


def _grpc_address(tls: TlsSpec | None, nlb: elb.LoadBalancer) -> Sub:
    if tls:
        return Sub(f"${{Hostname}}:{GRPC}", Hostname=grpc_hostname(tls))
    return Sub(f"${{NlbDnsName}}:{GRPC}", NlbDnsName=GetAtt(nlb, "DNSName"))


def _alb(
    unit: Unit, spec: AccessSpec, network: Network, group: SecurityGroup, logs: AccessLogs | None
) -> elb.LoadBalancer:
    logged: dict[str, str | Value] = {}
    if logs:
        logged = logs.of_load_balancer("access_logs", ALB)
        logged |= logs.of_load_balancer("connection_logs", ALB_CONNECTIONS)
    unlogged = {"access_logs.s3.enabled": OFF, "connection_logs.s3.enabled": OFF}
    return _load_balancer(
        unit,
        "WebLoadBalancer",
        "alb-webui",
        spec,
        network,
        logs if logged else None,
        Type="application",
        SecurityGroups=[group.id, *spec.alb_security_group_ids],
        LoadBalancerAttributes=_attributes(
            {
                "idle_timeout.timeout_seconds": "60",
                "routing.http.desync_mitigation_mode": spec.desync_mitigation,
                "routing.http.drop_invalid_header_fields.enabled": "true",
                **_protected(spec),
                **(logged or unlogged),
            }
        ),
    )


def _nlb(
    unit: Unit, spec: AccessSpec, network: Network, group: SecurityGroup, logs: AccessLogs | None
) -> elb.LoadBalancer:
    # Without a TLS listener it writes no access logs (User Guide for Network Load Balancers).
    logged = logs.of_load_balancer("access_logs", NLB) if logs and spec.tls else {}
    # A network load balancer that was made without a security group can never be given one
    # (Elastic Load Balancing docs, Update the security groups for your Network Load Balancer).
    return _load_balancer(
        unit,
        "GrpcLoadBalancer",
        "nlb-grpc",
        spec,
        network,
        logs if logged else None,
        Type="network",
        SecurityGroups=[group.id, *spec.nlb_security_group_ids],
        LoadBalancerAttributes=_attributes(
            {
                "load_balancing.cross_zone.enabled": OFF,
                **_protected(spec),
                **(logged or {"access_logs.s3.enabled": OFF}),
            }
        ),
    )


def _load_balancer(
    unit: Unit,
    title: str,
    name: str,
    spec: AccessSpec,
    network: Network,
    logs: AccessLogs | None,
    **properties: Any,
) -> elb.LoadBalancer:
    public = spec.scheme == "internet-facing"
    balancer = elb.LoadBalancer(
        title,
        Scheme=spec.scheme,
        IpAddressType=spec.ip_address_type,
        Subnets=list(network.load_balancer_subnet_ids(public=public)),
        Tags=Tags(Name=f"{unit.deployment}-{name}"),
        **properties,
    )
    waits = [network.ipv6, *([network.internet] if public else [])]
    return unit.add(balancer, after=[*waits, *([logs.writable] if logs else [])])


def _protected(spec: AccessSpec) -> dict[str, str | Value]:
    return {"deletion_protection.enabled": "true" if spec.deletion_protection else OFF}


def _attributes(attributes: dict[str, str | Value]) -> list[elb.LoadBalancerAttributes]:
    """Return attributes, including those that are off: one that a template omits stays as it was
    (cloudformation-coverage-roadmap 554)."""
    return [elb.LoadBalancerAttributes(Key=key, Value=attributes[key]) for key in attributes]


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
        section=SECTION,
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

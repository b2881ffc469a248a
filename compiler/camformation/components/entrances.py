"""The brokers' entry points: a target group for each port that a load balancer opens."""

from typing import Any

from troposphere import GetAtt, Ref, Tags, ecs
from troposphere import elasticloadbalancingv2 as elb

from camformation.components.access_spec import AccessSpec, TlsSpec
from camformation.components.context_paths import patterns
from camformation.components.load_balancers import LoadBalancers, tls_listener
from camformation.components.network import Network
from camformation.components.orchestration_task import CONTAINER
from camformation.components.ports import GRPC, MANAGEMENT, REST
from camformation.components.target_groups import listener_rule, target_group
from camformation.frozen import frozen
from camformation.units import Unit, Value

RULE_PRIORITY = 100  # after everything with a path of its own, such as connectors
FULL_NAME = "TargetGroupFullName"
READINESS = "/actuator/health/readiness"  # on the management port: no context path


@frozen
class Entrances:
    """A service's part of its entry points; empty if no load balancer forwards to it."""

    targets: tuple[ecs.LoadBalancer, ...]
    before: tuple[str, ...]  # ECS refuses a service whose target group has no load balancer yet
    alb_targets: Value | None = None  # full name of the target group
    nlb_targets: Value | None = None

    @property
    def first(self) -> dict[str, Any]:
        """The service's attribute that makes it wait for its entry points."""
        return {"DependsOn": list(self.before)} if self.before else {}


def build_entrances(
    unit: Unit,
    access: AccessSpec,
    context_path: str,
    network: Network,
    load_balancers: LoadBalancers,
) -> Entrances:
    """Add a target group, and a listener or a listener rule, for each open port."""
    scheme = access.scheme
    open_ports: list[tuple[int, elb.TargetGroup]] = []
    before: list[str] = []
    names: dict[str, Value] = {}
    if web := load_balancers.web_listener_arn:
        rest = _targets(
            unit,
            "RestTargetGroup",
            network,
            scheme,
            REST,
            "HTTPS" if access.target_tls else "HTTP",
            sticky=True,
        )
        unit.add(
            listener_rule("RestListenerRule", web, patterns(context_path), RULE_PRIORITY, rest)
        )
        open_ports.append((REST, rest))
        names["alb_targets"] = unit.export("RestTargetGroup", GetAtt(rest, FULL_NAME))
        before.append("RestListenerRule")
    if load_balancers.nlb_arn:
        grpc = _targets(unit, "GrpcTargetGroup", network, scheme, GRPC, _grpc_targets(access))
        unit.add(
            elb.Listener(
                "GrpcListener",
                LoadBalancerArn=load_balancers.nlb_arn,
                Port=GRPC,
                DefaultActions=[elb.Action(Type="forward", TargetGroupArn=Ref(grpc))],
                **_grpc_protocol(access.tls, load_balancers.certificates.grpc),
            ),
            section=("access",),
        )
        open_ports.append((GRPC, grpc))
        names["nlb_targets"] = unit.export("GrpcTargetGroup", GetAtt(grpc, FULL_NAME))
        before.append("GrpcListener")
    if arn := load_balancers.management_listener_arn:
        management = _targets(unit, "ManagementTargetGroup", network, scheme, MANAGEMENT, "HTTP")
        open_ports.append((MANAGEMENT, management))
        unit.add(
            listener_rule("ManagementListenerRule", arn, ["/*"], RULE_PRIORITY, management),
            section=("access", "management_port"),
        )
        before.append("ManagementListenerRule")
    return Entrances(
        tuple(
            ecs.LoadBalancer(ContainerName=CONTAINER, ContainerPort=port, TargetGroupArn=Ref(group))
            for port, group in open_ports
        ),
        tuple(before),
        **names,
    )


def _grpc_protocol(tls: TlsSpec | None, certificate: Value | None) -> dict[str, Any]:
    if tls is None:
        return {"Protocol": "TCP"}
    return {**tls_listener("TLS", tls, certificate), "AlpnPolicy": ["HTTP2Preferred"]}


def _grpc_targets(access: AccessSpec) -> str:
    """Return the protocol of the brokers' gRPC targets: TLS again if the listener terminated it,
    and TCP if TLS is passed through to the brokers."""
    return "TLS" if access.tls and access.target_tls else "TCP"


def _targets(
    unit: Unit,
    title: str,
    network: Network,
    scheme: str,
    port: int,
    protocol: str,
    *,
    sticky: bool = False,
) -> elb.TargetGroup:
    """Add a target group; the management port tells whether a broker is ready for traffic."""
    group = target_group(
        title,
        network,
        port,
        protocol,
        scheme=scheme,
        check=READINESS,
        check_port=MANAGEMENT,
        sticky=sticky,
        Tags=Tags(Name=f"{unit.deployment}-oc1-orc-tg-{port}"),
    )
    return unit.add(group)

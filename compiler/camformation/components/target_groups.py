"""Target groups of tasks behind the load balancers, and their listener rules."""

from typing import Any

from troposphere import Ref
from troposphere import elasticloadbalancingv2 as elb

from camformation.components.network import Network
from camformation.units import Value

DEREGISTRATION_SECONDS = 30
STICKY_SECONDS = 43_200  # for a working day, a login stays with its task


def target_group(
    title: str,
    network: Network,
    port: int,
    protocol: str,
    *,
    scheme: str,
    check: str,
    check_port: int,
    check_protocol: str = "HTTP",
    sticky: bool,
    **properties: Any,
) -> elb.TargetGroup:
    """Describe a target group of tasks, whose path `check` tells whether they are ready.

    It has no name, because CloudFormation could not replace a named one. Another `scheme` replaces
    the load balancers, and a target group cannot belong to two (ELB API Reference, CreateListener,
    TargetGroupAssociationLimit): it has to be replaced with them. So internal ones set the address
    type, which equals the default, but cannot be changed in place.
    """
    if scheme == "internal":
        properties["IpAddressType"] = "ipv4"
    attributes = {"deregistration_delay.timeout_seconds": str(DEREGISTRATION_SECONDS)}
    if sticky:
        attributes |= {
            "stickiness.enabled": "true",
            "stickiness.type": "lb_cookie",
            "stickiness.lb_cookie.duration_seconds": str(STICKY_SECONDS),
        }
    return elb.TargetGroup(
        title,
        VpcId=network.vpc_id,
        TargetType="ip",
        Port=port,
        Protocol=protocol,
        HealthCheckProtocol=check_protocol,
        HealthCheckPath=check,
        HealthCheckPort=str(check_port),
        HealthCheckIntervalSeconds=30,
        HealthCheckTimeoutSeconds=5,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
        TargetGroupAttributes=[
            elb.TargetGroupAttribute(Key=key, Value=value) for key, value in attributes.items()
        ],
        **properties,
    )


def listener_rule(
    title: str, listener_arn: Value, paths: list[str], priority: int, group: elb.TargetGroup
) -> elb.ListenerRule:
    """Send paths to a target group; priorities are unique in a listener, the lowest first."""
    return elb.ListenerRule(
        title,
        ListenerArn=listener_arn,
        Priority=priority,
        Conditions=[
            elb.Condition(
                Field="path-pattern", PathPatternConfig=elb.PathPatternConfig(Values=paths)
            )
        ],
        Actions=[elb.ListenerRuleAction(Type="forward", TargetGroupArn=Ref(group))],
    )

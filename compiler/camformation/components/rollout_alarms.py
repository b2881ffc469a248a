"""Alarms with which ECS ends a rollout whose new tasks answer with errors.

Tasks that do not start or stay unhealthy are counted by the circuit breaker. An alarm about them
would have to wait for longer than the grace period, and so would every rollout: ECS goes on
watching after the last task for as long as its alarms need (Amazon ECS Developer Guide, How
CloudWatch alarms detect Amazon ECS deployment failures).

The alarm is about the target group, and exists before the service does. Metrics: Elastic Load
Balancing, CloudWatch metrics for your Application Load Balancer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from troposphere import Ref, ecs

from camformation.components.fargate import RolloutSpec
from camformation.units import Unit, Value

if TYPE_CHECKING:
    from troposphere.cloudwatch import Alarm

ALB = "AWS/ApplicationELB"
MINUTES = 5  # in a row
FEWEST = 20  # requests a minute: a share of fewer is not meaningful
METRICS = {
    "requests": "RequestCount",
    "errors": "HTTPCode_Target_5XX_Count",
    "refused": "TargetConnectionErrorCount",
}
SHARE = f"IF(requests >= {FEWEST}, 100 * (FILL(errors, 0) + FILL(refused, 0)) / requests, 0)"


def deployment_alarms(
    unit: Unit,
    title: str,  # Brokers | Connectors
    rollout: RolloutSpec,
    balancer: Value | None,
    group: Value | None,
    topic: Value | None,
) -> dict[str, Any]:
    """Return the deployment configuration's part about alarms, and add the one about errors of a
    target group behind the HTTP load balancer, both by their full names.

    Without alarms it sets them to none, because ECS keeps alarms that an update does not mention.
    """
    spec = rollout.alarms
    if spec is None:
        return {}
    names: list[Any] = list(spec.names)
    if balancer is not None and group is not None and spec.error_percent is not None:
        of = {"LoadBalancer": balancer, "TargetGroup": group}
        alarm = _alarm(unit.deployment, title, spec.error_percent, of, topic)
        section = ("orchestration" if title == "Brokers" else "connectors", "rollout", "alarms")
        names.insert(0, Ref(unit.add(alarm, section=section)))
    return {
        "Alarms": ecs.DeploymentAlarms(
            AlarmNames=names, Enable=bool(names), Rollback=bool(names) and rollout.rollback
        )
    }


def _alarm(
    deployment: str, title: str, percent: int, of: dict[str, Value], topic: Value | None
) -> Alarm:
    from troposphere.cloudwatch import Alarm, Metric, MetricDataQuery, MetricDimension, MetricStat

    dimensions = [MetricDimension(Name=name, Value=value) for name, value in of.items()]
    counts = [
        MetricDataQuery(
            Id=name,
            MetricStat=MetricStat(
                Metric=Metric(Namespace=ALB, MetricName=metric, Dimensions=dimensions),
                Period=60,
                Stat="Sum",
            ),
            ReturnData=False,
        )
        for name, metric in METRICS.items()
    ]
    share = MetricDataQuery(Id="share", Expression=SHARE, Label="Errors", ReturnData=True)
    told: dict[str, Any] = {} if topic is None else {"AlarmActions": [topic], "OKActions": [topic]}
    return Alarm(
        f"{title}RolloutErrorsAlarm",
        AlarmDescription=f"{deployment}: {title.lower()} answer with errors; ends their rollout",
        Metrics=[*counts, share],
        ComparisonOperator="GreaterThanThreshold",
        Threshold=percent,
        EvaluationPeriods=MINUTES,
        TreatMissingData="notBreaching",
        **told,
    )

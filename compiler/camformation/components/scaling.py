"""Number and placement of a service's tasks: automatic scaling, and Fargate Spot."""

from collections.abc import Sequence
from typing import Any

from troposphere import GetAtt, Ref, Sub, ecs

from camformation.components.cluster import Cluster
from camformation.frozen import frozen
from camformation.units import Unit

PROVIDERS = ("FARGATE", "FARGATE_SPOT")
METRICS = {"Cpu": "ECSServiceAverageCPUUtilization", "Memory": "ECSServiceAverageMemoryUtilization"}


@frozen
class AutoscalingSpec:
    """`autoscaling`: the number of a service's tasks by their load."""

    min_tasks: int
    max_tasks: int
    target_cpu_percent: int | None
    target_memory_percent: int | None
    scale_out_cooldown_seconds: int
    scale_in_cooldown_seconds: int


@frozen
class CapacityProviderSpec:
    """An entry of `capacity_provider_strategy`: a provider, and its share of the tasks."""

    provider: str  # FARGATE | FARGATE_SPOT
    base: int  # tasks
    weight: int


def placement(strategy: Sequence[CapacityProviderSpec], tasks: int | None) -> dict[str, Any]:
    """Return a service's launch type, or the capacity providers that replace it, and the number of
    its tasks."""
    count = {} if tasks is None else {"DesiredCount": tasks}
    if not strategy:
        return {"LaunchType": "FARGATE", **count}
    items = [
        ecs.CapacityProviderStrategyItem(
            CapacityProvider=each.provider, Base=each.base, Weight=each.weight
        )
        for each in sorted(strategy, key=lambda each: str(each.provider))
    ]
    return {"CapacityProviderStrategy": items, **count}


def add_autoscaling(
    unit: Unit, name: str, spec: AutoscalingSpec, cluster: Cluster, service: ecs.Service
) -> None:
    """Scale a service's tasks by their CPU, their memory, or both.

    Either policy can add tasks; tasks are removed only if both agree (Application Auto Scaling User
    Guide, Target tracking scaling policies).
    """
    from troposphere import applicationautoscaling as scaling

    target = unit.add(
        scaling.ScalableTarget(
            f"{name}ScalableTarget",
            ServiceNamespace="ecs",
            ScalableDimension="ecs:service:DesiredCount",
            ResourceId=Sub(
                "service/${Cluster}/${Service}",
                Cluster=cluster.name,
                Service=GetAtt(service, "Name"),
            ),
            MinCapacity=spec.min_tasks,
            MaxCapacity=spec.max_tasks,
        ),
        section=("connectors", "autoscaling"),
    )
    targets = {"Cpu": spec.target_cpu_percent, "Memory": spec.target_memory_percent}
    for metric, percent in targets.items():
        if percent is None:
            continue
        unit.add(
            scaling.ScalingPolicy(
                f"{name}{metric}ScalingPolicy",
                PolicyName=f"{unit.deployment}-{name.lower()}-{metric.lower()}",
                PolicyType="TargetTrackingScaling",
                ScalingTargetId=Ref(target),
                TargetTrackingScalingPolicyConfiguration=(
                    scaling.TargetTrackingScalingPolicyConfiguration(
                        PredefinedMetricSpecification=scaling.PredefinedMetricSpecification(
                            PredefinedMetricType=METRICS[metric]
                        ),
                        TargetValue=percent,
                        ScaleOutCooldown=spec.scale_out_cooldown_seconds,
                        ScaleInCooldown=spec.scale_in_cooldown_seconds,
                    )
                ),
            ),
            section=("connectors", "autoscaling"),
        )

"""Rules for how many tasks run and where, and for what somebody else manages."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

SCALING: Path = ("connectors", "autoscaling")
STRATEGY: Path = ("connectors", "capacity_provider_strategy")
EFS: Path = ("storage", "efs")


@rule("CAM167", "Scaling or placement that cannot work")
def scaling(d: Deployment) -> Iterator[Violation]:
    """Automatic scaling needs a maximum number of tasks that is not below the minimum, and a
    target: CPU, memory, or both.

    ECS refuses a capacity provider strategy that names a provider twice, has two bases, or has no
    weight above 0. In profile `production`, tasks that all run on Fargate Spot are a warning: if
    AWS needs the capacity, all of them may end at once, and none may start for hours.

    Source: Application Auto Scaling API Reference, RegisterScalableTarget; Amazon ECS API
    Reference, CapacityProviderStrategyItem; Amazon ECS Developer Guide, Fargate capacity providers.
    """
    if not d.connectors.enabled:
        return
    if spec := d.connectors.autoscaling:
        if spec.min_tasks > spec.max_tasks:
            yield Violation(
                (*SCALING, "max_tasks"),
                f"max_tasks, {spec.max_tasks}, is lower than min_tasks, {spec.min_tasks}",
                f"set {'.'.join(map(str, SCALING))}.max_tasks to {spec.min_tasks} or more",
            )
        if spec.target_cpu_percent is None and spec.target_memory_percent is None:
            yield Violation(
                SCALING,
                "scaling has no target",
                "set target_cpu_percent or target_memory_percent",
            )
    strategy = d.connectors.capacity_provider_strategy
    if not strategy:
        return
    providers = [each.provider for each in strategy]
    if len(set(providers)) < len(providers):
        yield Violation(
            (*STRATEGY, 1, "provider"),
            f"{providers[0]} is listed twice",
            "keep one of them, with the sum of both",
        )
    if len([each for each in strategy if each.base]) > 1:
        yield Violation(
            (*STRATEGY, 1, "base"), "only one provider can have a base", "set one base to 0"
        )
    if not any(each.weight for each in strategy):
        yield Violation(
            STRATEGY, "no provider has a weight above 0", "give one of them a weight of 1"
        )
    elif d.profile == "production" and set(providers) == {"FARGATE_SPOT"}:
        yield Violation(
            STRATEGY,
            "all connectors run on Fargate Spot in production",
            "add {provider: FARGATE, base: 1}, so that one task always runs",
            Severity.WARNING,
        )


@rule("CAM168", "Field that the existing file system decides", Severity.WARNING)
def existing_file_system(d: Deployment) -> Iterator[Violation]:
    """With `storage.efs.existing`, no file system is created: its key, throughput and performance
    mode are chosen by its owner, and the fields for them have no effect.

    Source: Amazon EFS User Guide, Creating file systems.
    """
    efs = d.storage.efs
    if not efs.existing:
        return
    for name, changed in (
        ("throughput_mode", efs.throughput_mode != "elastic"),
        ("performance_mode", efs.performance_mode != "generalPurpose"),
        ("kms_key_arn", efs.kms_key_arn is not None),
    ):
        if changed:
            yield Violation(
                (*EFS, name),
                f"the existing file system {efs.existing.file_system_id} keeps its own setting",
                f"remove storage.efs.{name}, or set it on the file system itself",
            )

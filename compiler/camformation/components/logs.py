"""The log groups, created before anything writes to them."""

from troposphere import Ref
from troposphere.logs import LogGroup as CloudWatchLogGroup

from camformation.components.policies import arn
from camformation.frozen import frozen
from camformation.units import Unit, Value


@frozen
class ObservabilitySpec:
    """The `observability` section of a spec."""

    log_retention_days: int
    seed_log_retention_days: int


@frozen
class LogGroup:
    """A log group's name and ARN (without `:*`)."""

    name: Value
    arn: Value


@frozen
class Logs:
    """Exports of the log groups."""

    camunda: LogGroup
    seed: LogGroup | None  # of the seed task, and of the function that runs it


def build_logs(unit: Unit, spec: ObservabilitySpec, *, seed: bool) -> Logs:
    """Create the services' shared log group, and the seed task's where there is one."""
    camunda = _log_group(
        unit, "Camunda", f"/ecs/{unit.deployment}-oc1-camunda", spec.log_retention_days
    )
    if not seed:
        return Logs(camunda=camunda, seed=None)
    name = f"/ecs/{unit.deployment}-db-seed"
    return Logs(camunda=camunda, seed=_log_group(unit, "Seed", name, spec.seed_log_retention_days))


def _log_group(unit: Unit, what: str, name: str, retention_days: int) -> LogGroup:
    group = unit.add(
        CloudWatchLogGroup(f"{what}LogGroup", LogGroupName=name, RetentionInDays=retention_days)
    )
    return LogGroup(
        name=unit.export(f"{what}LogGroupName", Ref(group)),
        arn=unit.export(f"{what}LogGroupArn", arn("logs", "log-group:${Group}", Group=Ref(group))),
    )

"""The log groups, created before anything writes to them."""

from typing import Any

from troposphere import Ref, Sub
from troposphere.logs import LogGroup as CloudWatchLogGroup

from camformation.components.access_logs_spec import AccessLogsSpec
from camformation.components.alarms_spec import AlarmsSpec
from camformation.components.policies import arn
from camformation.components.prometheus_spec import PrometheusSpec
from camformation.components.retention import retention
from camformation.frozen import frozen
from camformation.units import Unit, Value


@frozen
class LogEncryptionSpec:
    """`observability.log_encryption`: a customer managed key for the log groups."""

    kms_key_arn: str | None  # one is created where absent


@frozen
class ObservabilitySpec:
    """The `observability` section of a spec."""

    log_format: str  # text | json
    log_retention_days: int
    seed_log_retention_days: int
    log_encryption: LogEncryptionSpec | None
    access_logs: AccessLogsSpec | None
    masked_log_data: tuple[str, ...]  # managed data identifiers
    on_delete: str  # retain | delete
    alarms: AlarmsSpec | None
    prometheus: PrometheusSpec | None


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


def log_group_names(deployment: str, *, seed: bool) -> list[str]:
    """Return the names of the services' log group, and of the seed task's where there is one."""
    return [f"/ecs/{deployment}-oc1-camunda", *([f"/ecs/{deployment}-db-seed"] if seed else [])]


def firewall_log_group_name(deployment: str) -> str:
    """Return the name of the firewall's log group: AWS WAF writes only to those with this
    prefix."""
    return f"aws-waf-logs-{deployment}"


def build_logs(
    unit: Unit, spec: ObservabilitySpec, *, seed: bool, key: Value | None = None
) -> Logs:
    """Create the services' shared log group, and the seed task's where there is one."""
    names = log_group_names(unit.deployment, seed=seed)
    chosen = log_group_properties(spec, key)
    camunda = _log_group(unit, "Camunda", names[0], spec.log_retention_days, **chosen)
    if not seed:
        return Logs(camunda=camunda, seed=None)
    days = spec.seed_log_retention_days
    return Logs(camunda=camunda, seed=_log_group(unit, "Seed", names[1], days, **chosen))


def log_group_properties(spec: ObservabilitySpec, key: Value | None) -> dict[str, Any]:
    """Return the common properties of all log groups of a deployment."""
    found: dict[str, Any] = {"KmsKeyId": key} if key else {}
    if spec.masked_log_data:
        found["DataProtectionPolicy"] = _masking(spec.masked_log_data)
    if spec.on_delete != "delete":
        found |= retention(spec.on_delete)
    return found


def _masking(identifiers: tuple[str, ...]) -> dict[str, Any]:
    """Return a data protection policy: the same identifiers in an audit, which is required but
    needs no destination, and in the masking (Amazon CloudWatch Logs User Guide, Understanding data
    protection policies)."""
    data = "arn:${AWS::Partition}:dataprotection::aws:data-identifier"
    named = [Sub(f"{data}/{name}") for name in identifiers]
    operations: dict[str, Any] = {
        "Audit": {"Audit": {"FindingsDestination": {}}},
        "Mask": {"Deidentify": {"MaskConfig": {}}},
    }
    return {
        "Name": "camformation",
        "Version": "2021-06-01",
        "Statement": [
            {"Sid": sid, "DataIdentifier": named, "Operation": operation}
            for sid, operation in operations.items()
        ],
    }


def _log_group(unit: Unit, what: str, name: str, retention_days: int, **chosen: Any) -> LogGroup:
    group = unit.add(
        CloudWatchLogGroup(
            f"{what}LogGroup", LogGroupName=name, RetentionInDays=retention_days, **chosen
        )
    )
    return LogGroup(
        name=unit.export(f"{what}LogGroupName", Ref(group)),
        arn=unit.export(f"{what}LogGroupArn", arn("logs", "log-group:${Group}", Group=Ref(group))),
    )

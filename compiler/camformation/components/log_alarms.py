"""Alarms about messages in the brokers' log: backups and exporters.

The messages are those of Camunda's sources: BackupService ("Failed to take backup … at position",
"Backup … at position … completed") and ExporterContainer ("Error on exporting record with key"),
which tries the same record again until it succeeds.
"""

from collections.abc import Iterator

from troposphere.logs import MetricFilter, MetricTransformation

from camformation.components.alarm_condition import Condition
from camformation.durations import seconds
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Unit, Value

PATTERNS = {
    "FailedBackups": '"Failed to take backup"',
    "CompletedBackups": '"Backup" "at position" "completed"',
    "ExportErrors": '"Error on exporting record with key"',
}
"""Filter patterns by metric: lines that have all these texts."""
HOUR = 3_600
MISSED = 3  # backups in a row
LONGEST = 24  # hours that an alarm waits for a backup


@frozen
class Log:
    """The brokers' log group, and how often brokers take backups; None: only on demand."""

    group: Value
    backup_schedule: str | None


def namespace(deployment: str) -> str:
    """Return the namespace of the metrics derived from a deployment's log."""
    return f"Camunda/{deployment}"


def build_filters(unit: Unit, log: Log) -> None:
    """Create metrics from the log."""
    for metric, pattern in PATTERNS.items():
        unit.add(
            MetricFilter(
                f"{metric}Filter",
                LogGroupName=log.group,
                FilterPattern=pattern,
                MetricTransformations=[
                    MetricTransformation(
                        MetricName=metric,
                        MetricNamespace=namespace(unit.deployment),
                        MetricValue="1",
                    )
                ],
            )
        )


def log_conditions(deployment: str, log: Log) -> Iterator[Condition]:
    """Yield the conditions of alarms about the log."""
    space = namespace(deployment)
    says = "a backup of a partition failed"
    yield Condition("BackupsFailed", says, space, "FailedBackups", (), "Sum", True, 0, 1, HOUR)
    if log.backup_schedule:
        hours = _hours(log.backup_schedule)
        yield Condition(
            "BackupAge",
            f"no partition has completed a backup for {hours} hours",
            space,
            "CompletedBackups",
            (),
            "Sum",
            False,
            1,
            hours,
            HOUR,
            missing="breaching",  # no backup, no metric
        )
    says = "brokers cannot write to the database what they have processed, and try again"
    yield Condition("ExportErrors", says, space, "ExportErrors", (), "Sum", True, 0, 3, 300)


def _hours(schedule: str) -> int:
    """Return the longest allowed time without a backup; a day if no interval says."""
    interval = None if isinstance(schedule, Open) else seconds(schedule)
    hours = -(-MISSED * interval // HOUR) if interval else LONGEST
    return int(min(max(hours, MISSED), LONGEST))

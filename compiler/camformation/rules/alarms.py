"""The rule for alarms that have no metric."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.registry import Violation, rule


@rule("CAM237", "Alarms that count no tasks", Severity.WARNING)
def counting(d: Deployment) -> Iterator[Violation]:
    """Only Container Insights counts the tasks of a service. With `container_insights: disabled`,
    the alarms for brokers and connectors that do not run are left out, and the others notice a lost
    broker late.

    Source: Amazon CloudWatch User Guide, Amazon ECS Container Insights metrics.
    """
    if d.observability.alarms and d.cluster.container_insights == "disabled":
        yield Violation(
            ("cluster", "container_insights"),
            "without Container Insights, no alarm reports a broker that is not running",
            "set cluster.container_insights to enabled or enhanced",
        )

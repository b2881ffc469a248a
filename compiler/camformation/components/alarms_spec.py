"""The `observability.alarms` section of a spec."""

from camformation.frozen import frozen


@frozen
class AlarmsSpec:
    """`observability.alarms`: alarms and a dashboard of the deployment."""

    topic_arn: str | None  # one is created where absent

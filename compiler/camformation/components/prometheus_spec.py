"""The `observability.prometheus` section of a spec."""

from camformation.frozen import frozen


@frozen
class PrometheusAlertsSpec:
    """`observability.prometheus.alerts`: alert rules in the workspace."""

    exporter_lag_records: int


@frozen
class PrometheusSpec:
    """`observability.prometheus`: metrics in a workspace for Prometheus."""

    workspace_arn: str
    image: str
    interval_seconds: int
    memory_mib: int
    alerts: PrometheusAlertsSpec | None

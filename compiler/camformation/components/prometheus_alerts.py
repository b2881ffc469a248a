"""Alert rules in the workspace for Prometheus: how far exporters are behind.

CloudWatch has no metric for it: the backlog is shown only at the management port. The backlog is
the distance between the last position that is committed and the last that is exported (Camunda
docs, Metrics; Camunda's Grafana dashboard, Exporting). The workspace's own alert manager decides
about an alert (Amazon Managed Service for Prometheus User Guide, Creating a rules file, and Sending
alerts to Amazon SNS).
"""

import json
from typing import Any

from troposphere.aps import RuleGroupsNamespace

from camformation.components.prometheus_spec import PrometheusAlertsSpec
from camformation.units import Unit

SECTION = ("observability", "prometheus", "alerts")
COMMITTED = "zeebe_log_appender_last_committed_position"
EXPORTED = "zeebe_exporter_last_exported_position"
LASTING = "15m"  # longer than a failover of the database, or the replacement of a broker


def build_alerts(unit: Unit, workspace: str, spec: PrometheusAlertsSpec) -> None:
    """Create the alert rules: a file of YAML, which JSON is."""
    group = {"name": unit.deployment, "rules": _rules(unit.deployment, spec.exporter_lag_records)}
    unit.add(
        RuleGroupsNamespace(
            "AlertRules",
            Name=unit.deployment,
            Workspace=workspace,
            Data=json.dumps({"groups": [group]}, indent=2),
        ),
        section=SECTION,
    )


def _rules(deployment: str, records: int) -> list[dict[str, Any]]:
    of = f'{{deployment="{deployment}"}}'
    behind = (
        f"max by (deployment, partition) ({COMMITTED}{of})"
        f" - on (deployment, partition) group_right() "
        f"max by (deployment, partition, exporter) ({EXPORTED}{of})"
    )
    return [
        _rule("CamundaExporterLag", f"({behind}) > {records}", _LAG),
        _rule("CamundaMetricsMissing", f"absent({COMMITTED}{of})", "no broker tells its metrics"),
    ]


_LAG = (
    "exporter {{ $labels.exporter }} of partition {{ $labels.partition }} is {{ $value }} records "
    "behind: Operate, Tasklist and searches show old data, and the log grows"
)


def _rule(name: str, expression: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": LASTING,
        "labels": {"severity": "warning"},
        "annotations": {"summary": summary},
    }

"""Monitoring of the Aurora cluster: log exports, Database Insights, Enhanced Monitoring."""

from collections.abc import Mapping
from typing import Any

from awacs.aws import StringEquals
from troposphere import AccountId, GetAtt, Sub, iam, rds
from troposphere.logs import LogGroup

from camformation.components.database_spec import DatabaseSpec, LogExportsSpec
from camformation.components.policies import assumed_by, managed_policy_arn
from camformation.units import Unit, Value

LONG_TERM_DAYS = 465
"""The advanced mode's retention (AWS docs, AWS::RDS::DBCluster, DatabaseInsightsMode)."""
DAYS = 7
TITLES = {
    "postgresql": "DatabaseLogGroup",
    "instance": "DatabaseInstanceLogGroup",
    "iam-db-auth-error": "DatabaseIamErrorLogGroup",
}


def monitoring(unit: Unit, spec: DatabaseSpec, key: Value) -> dict[str, Any]:
    """Return the cluster's properties about monitoring, which its instances follow; the key is the
    database's."""
    found: dict[str, Any] = {}
    if spec.log_exports and spec.log_exports.active:
        found["EnableCloudwatchLogsExports"] = sorted(spec.log_exports.types)
    if spec.insights != "none":
        advanced = spec.insights == "advanced"
        found |= {
            "DatabaseInsightsMode": spec.insights,
            "PerformanceInsightsEnabled": True,
            "PerformanceInsightsKmsKeyId": key,
            "PerformanceInsightsRetentionPeriod": LONG_TERM_DAYS if advanced else DAYS,
        }
    found["MonitoringInterval"] = spec.enhanced_monitoring_seconds  # RDS keeps what is left out
    if spec.enhanced_monitoring_seconds:
        found["MonitoringRoleArn"] = GetAtt(_role(unit), "Arn")
    return found


def add_log_groups(
    unit: Unit, spec: LogExportsSpec | None, cluster: rds.DBCluster, chosen: Mapping[str, Any]
) -> list[str]:
    """Add the log groups of the cluster's logs, and return their titles.

    RDS creates missing ones, with events that never expire (Amazon Aurora User Guide, Publishing
    Aurora PostgreSQL logs to CloudWatch Logs). Nothing is logged before there is an instance, so
    instances wait for the log groups, whose names contain the cluster's.
    """
    if spec is None:
        return []
    titles = {kind: title for kind, title in TITLES.items() if kind in spec.types}
    for kind, title in titles.items():
        unit.add(
            LogGroup(
                title,
                LogGroupName=Sub(f"/aws/rds/cluster/${{{cluster.title}}}/{kind}"),
                RetentionInDays=spec.retention_days,
                **chosen,
            ),
            section=("database", "log_exports"),
        )
    return list(titles.values())


def _role(unit: Unit) -> iam.Role:
    """Add the role with which RDS writes the metrics (Amazon Aurora User Guide, Setting up and
    enabling Enhanced Monitoring)."""
    conditions = [StringEquals("aws:SourceAccount", AccountId)]
    managed = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    return unit.add(
        iam.Role(
            "DatabaseMonitoringRole",
            AssumeRolePolicyDocument=assumed_by("monitoring.rds", conditions=conditions),
            ManagedPolicyArns=[managed_policy_arn(managed)],
        ),
        section=("database", "enhanced_monitoring_seconds"),
    )

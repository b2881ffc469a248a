"""Logs, insights and metrics of the Aurora cluster, and TLS that it insists on."""

import json
from typing import Any

import pytest

from camformation.layout import Layout
from deployments import deployment, resources, templates

CLUSTER = "AuroraCluster"


def cluster(**sections: Any) -> dict[str, Any]:
    properties: dict[str, Any] = resources(**sections)[CLUSTER]["Properties"]
    return properties


def test_a_database_that_is_not_for_production_has_none_of_it() -> None:
    found = resources()
    text = json.dumps(found)
    for word in ("DatabaseLogGroup", "EnableCloudwatch", "Insights", "MonitoringRole"):
        assert word not in text.replace("containerInsights", "")
    assert found[CLUSTER]["Properties"]["MonitoringInterval"] == 0  # left out, it stays as it was
    assert "DependsOn" not in found["AuroraInstance1"]


def test_production_has_all_of_it() -> None:
    found = resources(profile="production")
    properties = found[CLUSTER]["Properties"]
    assert properties["EnableCloudwatchLogsExports"] == ["postgresql"]
    assert properties["DatabaseInsightsMode"] == "standard"
    assert properties["PerformanceInsightsEnabled"] is True
    assert properties["PerformanceInsightsKmsKeyId"] == properties["KmsKeyId"]
    assert properties["PerformanceInsightsRetentionPeriod"] == 7
    assert properties["MonitoringInterval"] == 60
    assert properties["MonitoringRoleArn"] == {"Fn::GetAtt": ["DatabaseMonitoringRole", "Arn"]}
    parameters = found["DatabaseParameterGroup"]["Properties"]["Parameters"]
    assert parameters == {"rds.force_ssl": "1"}


def test_the_log_group_is_there_before_anything_is_logged_and_stays_with_its_key() -> None:
    found = resources(profile="production")
    group = found["DatabaseLogGroup"]
    name = group["Properties"]["LogGroupName"]
    assert name == {"Fn::Sub": "/aws/rds/cluster/${AuroraCluster}/postgresql"}
    assert group["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["LogsKey", "Arn"]}
    assert group["DeletionPolicy"] == "RetainExceptOnCreate"
    for number in (1, 2):
        assert found[f"AuroraInstance{number}"]["DependsOn"] == ["DatabaseLogGroup"]
    assert "log-group:/aws/rds/cluster/*" in json.dumps(found["LogsKey"])


def test_the_key_of_logs_is_not_for_databases_without_log_groups() -> None:
    found = resources(observability={"log_encryption": {}})
    assert "/aws/rds/" not in json.dumps(found["LogsKey"])


def test_every_type_has_a_log_group() -> None:
    types = ["postgresql", "iam-db-auth-error", "instance"]
    found = resources(database={"log_exports": {"types": types, "retention_days": 30}})
    assert found[CLUSTER]["Properties"]["EnableCloudwatchLogsExports"] == sorted(types)
    groups = [each for each in found if each.startswith("Database") and each.endswith("LogGroup")]
    assert len(groups) == 3
    assert {found[each]["Properties"]["RetentionInDays"] for each in groups} == {30}
    assert sorted(found["AuroraInstance1"]["DependsOn"]) == sorted(groups)


def test_the_first_step_makes_the_log_group_alone() -> None:
    found = resources(database={"log_exports": {"active": False}})
    assert "EnableCloudwatchLogsExports" not in found[CLUSTER]["Properties"]
    assert "DatabaseLogGroup" in found


def test_advanced_insights_keep_what_they_must() -> None:
    found = cluster(database={"insights": "advanced"})
    assert found["DatabaseInsightsMode"] == "advanced"
    assert found["PerformanceInsightsRetentionPeriod"] == 465


def test_parameters_join_the_one_for_tls() -> None:
    more = {"force_ssl": True, "cluster_parameters": {"log_min_duration_statement": "1000"}}
    found = resources(database=more)["DatabaseParameterGroup"]["Properties"]["Parameters"]
    assert found == {"log_min_duration_statement": "1000", "rds.force_ssl": "1"}


@pytest.mark.parametrize("layout", list(Layout))
def test_an_existing_database_is_left_alone(layout: Layout) -> None:
    existing = {
        "host": "shared.cluster-c1a2b3c4d5e6.eu-west-2.rds.amazonaws.com",
        "resource_id": "cluster-ABCDEFGHIJKL",
        "admin_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:a-a1B2c3",
        "cidrs": ["10.20.5.0/24"],
    }
    found = templates(layout, profile="production", database={"existing": existing})
    assert not [
        name
        for template in found.values()
        for name in template["Resources"]
        if name in ("DatabaseLogGroup", "DatabaseMonitoringRole", "DatabaseParameterGroup")
    ]


def test_the_spec_is_complete_without_a_word() -> None:
    assert deployment().database.log_exports is None

"""Alarms, the dashboard, and the topic that hears of them."""

import json
from typing import Any
from xml.sax.saxutils import escape

import pytest

from camformation.components.database_alarms import memory_gib
from camformation.layout import Layout
from deployments import resources, templates
from pictures.dashboard import body, dashboard

ON: dict[str, Any] = {"observability": {"alarms": {}}}
TOPIC = "arn:aws:sns:eu-west-2:111122223333:alarms"


def alarms(**sections: Any) -> dict[str, dict[str, Any]]:
    found = resources(**{**ON, **sections})
    return {
        name.removesuffix("Alarm"): each["Properties"]
        for name, each in found.items()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


@pytest.mark.parametrize("layout", list(Layout))
def test_nothing_is_watched_unless_the_spec_says_so(layout: Layout) -> None:
    found = templates(layout)
    assert "Alarm" not in json.dumps(found)
    assert "FullName" not in json.dumps(found)


def test_the_reference_with_alarms() -> None:
    assert set(alarms()) == {
        "BrokersRunning",
        "BrokersCpu",
        "BrokersMemory",
        "BrokersWebHealth",
        "BrokersGrpcHealth",
        "ConnectorsRunning",
        "ConnectorsCpu",
        "ConnectorsMemory",
        "ConnectorsWebHealth",
        "WebErrors",
        "CamundaErrors",
        "WebLatency",
        "DatabaseCpu",
        "DatabaseDisk",
        "DatabaseConnections",
        "NatGateway1Ports",
        "NatGateway2Ports",
        "NatGateway3Ports",
        "DiskLimit",
        "DiskThroughput",
        "BackupsFailed",
        "BackupAge",
        "ExportErrors",
    }


def test_alarms_of_what_a_deployment_has() -> None:
    tls = {
        "allowed_cidrs": ["203.0.113.0/24"],
        "tls": {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABC"},
    }
    database = {"instances": 2, "serverless": {"min_acu": 1, "max_acu": 8}}
    bursting = {"efs": {"throughput_mode": "bursting"}}
    found = set(alarms(access=tls, database=database, storage=bursting))
    more = {"DatabaseLag", "DatabaseCapacity", "DiskCredits", "Certificate1"}
    assert found - set(alarms()) == more


def test_alarms_of_what_a_deployment_has_not() -> None:
    found = set(
        alarms(
            cluster={"container_insights": "disabled"},
            connectors={"enabled": False},
        )
    )
    assert not [each for each in found if "Running" in each or "Connectors" in each]


def test_a_missing_broker_is_noticed_even_if_none_is_left() -> None:
    alarm = alarms(orchestration={"brokers": 3})["BrokersRunning"]
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["Threshold"] == 3
    assert alarm["TreatMissingData"] == "breaching"
    assert set(dimensions(alarm)) == {"ClusterName", "ServiceName"}


def test_connectors_that_scale_may_be_as_few_as_that() -> None:
    scaled = {"autoscaling": {"min_tasks": 2, "max_tasks": 6, "target_cpu_percent": 70}}
    assert alarms(connectors=scaled)["ConnectorsRunning"]["Threshold"] == 2


def test_every_alarm_tells_one_topic_and_stands_on_the_dashboard() -> None:
    found = resources(**ON)
    body = json.loads(found["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0])
    overview, *graphs = body["widgets"]
    shown = overview["properties"]["alarms"]
    assert len(shown) == len(alarms()) == len(graphs)
    for name, alarm in alarms().items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}], name
        assert f"${{{name}Alarm.Arn}}" in shown
        assert alarm["AlarmDescription"].startswith("camunda: ")


def test_failed_rollouts_of_both_services_reach_the_topic() -> None:
    rule = resources(**ON)["FailedDeploymentRule"]["Properties"]
    assert rule["EventPattern"]["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    services = [{"Ref": "OrchestrationService"}, {"Ref": "ConnectorsService"}]
    assert rule["EventPattern"]["resources"] == services
    assert rule["Targets"] == [{"Id": "topic", "Arn": {"Ref": "AlarmTopic"}}]


def test_an_own_topic_is_encrypted_and_open_to_its_publishers_alone() -> None:
    found = resources(**ON)
    key = {"Fn::GetAtt": ["AlarmsKey", "Arn"]}
    assert found["AlarmTopic"]["Properties"]["KmsMasterKeyId"] == key
    policy = found["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]
    principals = {each["Principal"]["Service"] for each in policy["Statement"]}
    assert principals == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}


def test_an_existing_topic_needs_none() -> None:
    found = resources(observability={"alarms": {"topic_arn": TOPIC}})
    assert not {"AlarmTopic", "AlarmTopicPolicy", "AlarmsKey"} & set(found)
    assert found["WebErrorsAlarm"]["Properties"]["AlarmActions"] == [TOPIC]


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [("PT1H", 3), ("PT10M", 3), ("PT4H", 12), ("PT12H", 24), ("0 0 */4 * * *", 24)],
)
def test_a_backup_that_is_overdue_is_noticed(schedule: str, hours: int) -> None:
    found = alarms(storage={"backup": {"schedule": schedule}})["BackupAge"]
    assert (found["EvaluationPeriods"], found["Period"]) == (hours, 3600)
    assert found["TreatMissingData"] == "breaching"
    assert found["ComparisonOperator"] == "LessThanThreshold"


def test_no_backup_is_overdue_where_brokers_take_none() -> None:
    backup = {"continuous": False, "schedule": None}
    found = alarms(storage={"backup": backup})
    assert "BackupAge" not in found
    assert "BackupsFailed" in found


def test_alarms_about_the_log_read_metrics_of_its_filters() -> None:
    found = resources(**ON)
    filters = [each for each in found.values() if each["Type"] == "AWS::Logs::MetricFilter"]
    made = set()
    for each in filters:
        assert each["Properties"]["LogGroupName"] == {"Ref": "CamundaLogGroup"}
        [transformation] = each["Properties"]["MetricTransformations"]
        made.add((transformation["MetricNamespace"], transformation["MetricName"]))
    read = {
        (each.get("Namespace"), each.get("MetricName"))
        for each in alarms().values()
        if str(each.get("Namespace")).startswith("Camunda/")
    }
    assert read == made


@pytest.mark.parametrize(
    ("database", "connections"),
    [
        ({"instance_class": "db.t3.medium"}, int(int(4 * 2**30 / 9_531_392) * 0.8)),
        ({"instance_class": "db.r7g.large"}, int(int(16 * 2**30 / 9_531_392) * 0.8)),
        ({"instance_class": "db.r7g.2xlarge"}, 4000),
        ({"instance_class": "db.x2g.large"}, int(int(32 * 2**30 / 9_531_392) * 0.8)),
        ({"serverless": {"min_acu": 1, "max_acu": 8}}, int(int(16 * 2**30 / 9_531_392) * 0.8)),
        ({"serverless": {"min_acu": 1, "max_acu": 64}}, 4000),
        ({"serverless": {"min_acu": 0.5, "max_acu": 64}}, 1600),
        ({"cluster_parameters": {"max_connections": "500"}}, 400),
    ],
)
def test_connections_are_counted_against_what_the_database_takes(
    database: dict[str, Any], connections: int
) -> None:
    assert alarms(database=database)["DatabaseConnections"]["Threshold"] == connections


def test_a_database_of_unknown_size_has_no_alarm_about_connections() -> None:
    database = {"cluster_parameters": {"max_connections": "{DBInstanceClassMemory/9531392}"}}
    assert "DatabaseConnections" not in alarms(database=database)
    assert memory_gib("db.serverless") is None
    assert memory_gib("db.r8g.24xlarge") == 16 * 48


def test_throughput_of_the_file_system_is_a_share() -> None:
    found = alarms()["DiskThroughput"]
    assert "MetricName" not in found and "Period" not in found
    used, permitted, share = found["Metrics"]
    assert used["MetricStat"]["Metric"]["MetricName"] == "MeteredIOBytes"
    assert permitted["MetricStat"]["Metric"]["MetricName"] == "PermittedThroughput"
    assert share["Expression"] == "100 * used / 60 / permitted"
    assert [each["ReturnData"] for each in found["Metrics"]] == [False, False, True]


def test_a_percentile_is_an_extended_statistic() -> None:
    found = alarms()["WebLatency"]
    assert found["ExtendedStatistic"] == "p90"
    assert "Statistic" not in found


def test_every_nat_gateway_is_watched() -> None:
    assert "NatGateway1Ports" not in alarms(network={"nat_gateways": "none"})
    single = alarms(network={"nat_gateways": "single"})
    assert dimensions(single["NatGateway1Ports"]) == {"NatGatewayId": {"Ref": "NatGateway1"}}
    assert "NatGateway2Ports" not in single


def test_a_failed_seed_reaches_the_topic() -> None:
    rule = resources(**ON)["FailedSeedRule"]["Properties"]
    assert rule["EventPattern"]["detail"]["group"] == ["family:camunda-db-seed"]
    assert rule["Targets"] == [{"Id": "topic", "Arn": {"Ref": "AlarmTopic"}}]
    task = resources(**ON)["SeedTaskDefinition"]["Properties"]
    assert task["Family"] == "camunda-db-seed"
    assert "FailedSeedRule" not in resources(**ON, database={"seed": "none"})


def test_the_picture_of_the_dashboard_shows_every_widget() -> None:
    picture = dashboard()
    for widget in body()["widgets"]:
        assert f">{escape(widget['properties']['title'])}<" in picture
        for alarm in widget["properties"].get("alarms", ()):
            assert f">{alarm.removeprefix('${').removesuffix('Alarm.Arn}')}<" in picture


def test_people_are_reminded_of_secrets_by_the_topic() -> None:
    found = resources(**ON, secrets={"reminder_days": 30})["SecretsReminderRule"]["Properties"]
    assert found["ScheduleExpression"] == "rate(30 days)"
    (target,) = found["Targets"]
    assert target["Arn"] == {"Ref": "AlarmTopic"}
    assert "camformation rotate" in json.loads(target["Input"])


@pytest.mark.parametrize(
    "sections", [ON, {"secrets": {"reminder_days": 30}}, {**ON, "secrets": {"reminder_days": None}}]
)
def test_nobody_is_reminded_without_a_topic_and_a_number_of_days(sections: dict[str, Any]) -> None:
    assert "SecretsReminderRule" not in resources(**sections)

"""Alarms, the dashboard, and the topic that hears of them."""

import json
from typing import Any

import pytest

from camformation.layout import Layout
from deployments import resources, templates

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
        "DatabaseCpu",
        "DatabaseDisk",
        "DiskLimit",
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

"""The log groups: how long they stay, what is masked in them, and their key."""

import json
from typing import Any

import pytest

from camformation.deploy.live_stack.logs import plain_text
from camformation.deploy.operation.verdict import last_trace
from camformation.rules.everything import findings
from deployments import deployment, resources

GROUPS = ("CamundaLogGroup", "SeedLogGroup")
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


@pytest.mark.parametrize("profile", ["development", "reference"])
def test_log_groups_go_with_a_deployment_that_is_not_for_production(profile: str) -> None:
    found = resources(profile=profile)
    assert not [name for name in GROUPS for policy in POLICIES if policy in found[name]]
    assert "LogsKey" not in found


def test_production_keeps_log_groups_for_a_year_with_a_key_that_stays_too() -> None:
    found = resources(profile="production")
    for name in GROUPS:
        assert found[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert found[name]["UpdateReplacePolicy"] == "Retain"
        assert found[name]["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["LogsKey", "Arn"]}
    assert found["CamundaLogGroup"]["Properties"]["RetentionInDays"] == 365
    assert found["LogsKey"]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_production_without_a_key_of_its_own() -> None:
    found = resources(profile="production", observability={"log_encryption": None})
    assert "LogsKey" not in found
    assert "KmsKeyId" not in found["SeedLogGroup"]["Properties"]


def test_personal_data_is_masked_by_the_same_identifiers_as_it_is_audited() -> None:
    found = resources(observability={"masked_log_data": ["EmailAddress", "PassportNumber-US"]})
    for name in GROUPS:
        policy = found[name]["Properties"]["DataProtectionPolicy"]
        audit, mask = policy["Statement"]
        assert audit["DataIdentifier"] == mask["DataIdentifier"]
        assert [next(iter(each["Operation"])) for each in (audit, mask)] == ["Audit", "Deidentify"]
        assert audit["DataIdentifier"][1] == {
            "Fn::Sub": "arn:${AWS::Partition}:dataprotection::aws:data-identifier/PassportNumber-US"
        }
    assert "DataProtectionPolicy" not in resources()["SeedLogGroup"]["Properties"]


def test_json_events_are_lines_and_text_begins_anew() -> None:
    for log_format in ("text", "json"):
        found = resources(observability={"log_format": log_format}, orchestration={"restore": {}})
        for name in ("Orchestration", "Connectors"):
            task = found[f"{name}TaskDefinition"]["Properties"]["ContainerDefinitions"]
            for each in task:
                text = log_format == "text"
                options = each["LogConfiguration"]["Options"]
                assert ("awslogs-multiline-pattern" in options) == text
                names = {one["Name"] for one in each["Environment"]}
                assert bool(names & {"ZEEBE_LOG_APPENDER", "CONNECTORS_LOG_APPENDER"}) != text


def test_an_appender_of_the_spec_takes_precedence() -> None:
    own = {"ZEEBE_LOG_APPENDER": "Console"}
    sections: dict[str, Any] = {
        "observability": {"log_format": "json"},
        "orchestration": {"environment": own},
    }
    assert not [each for each in findings(deployment(**sections)) if each.code == "CAM172"]
    (broker,) = resources(**sections)["OrchestrationTaskDefinition"]["Properties"][
        "ContainerDefinitions"
    ]
    assert {"Name": "ZEEBE_LOG_APPENDER", "Value": "Console"} in broker["Environment"]


def test_an_event_as_json_is_evidence_as_text_is() -> None:
    trace = "java.lang.IllegalStateException: no\n\tat io.camunda.Broker.start(Broker.java:12)"
    event = json.dumps({"severity": "ERROR", "message": "Failed to start", "exception": trace})
    assert plain_text(event) == f"Failed to start\n{trace}"
    name, frames = last_trace([plain_text(event)])
    assert name.endswith("IllegalStateException") and frames
    for other in ("plain", "{broken", "[]", '{"level": 1}'):
        assert plain_text(other) == other

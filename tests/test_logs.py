"""The log groups: how long they stay, what is masked in them, and their key."""

import pytest

from deployments import resources

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

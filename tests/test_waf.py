"""AWS WAF in front of the HTTP load balancer: what blocks, what only counts, and why."""

import json
from typing import Any

import pytest

from camformation.components.waf_rules import BODY_RULES, GROUPS, QUERY_RULES
from camformation.rules.everything import findings
from deployments import deployment, resources

KINDS = {
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::WAFv2::LoggingConfiguration",
}


def rules(**waf: Any) -> dict[str, dict[str, Any]]:
    acl = resources(access={"waf": waf})["WebAcl"]["Properties"]
    return {each["Name"]: each for each in acl["Rules"]}


def counted(rule: dict[str, Any]) -> list[str]:
    statement = rule["Statement"]["ManagedRuleGroupStatement"]
    overrides = statement.get("RuleActionOverrides", [])
    assert all(each["ActionToUse"] == {"Count": {}} for each in overrides)
    return [each["Name"] for each in overrides]


def test_there_is_none_unless_the_spec_says_so_or_where_nothing_is_to_protect() -> None:
    for access in ({}, {"waf": None}, {"waf": {}, "http": False}):
        found = resources(access=access)
        assert not KINDS & {each["Type"] for each in found.values()}
        assert "WebAclLogGroup" not in found
    kinds = {each["Type"] for each in resources(access={"waf": {}}).values()}
    assert kinds >= KINDS


def test_it_protects_the_http_load_balancer() -> None:
    association = resources(access={"waf": {}})["WebAclAssociation"]["Properties"]
    assert association["ResourceArn"] == {"Ref": "WebLoadBalancer"}


def test_process_models_documents_webhooks_and_logins_are_let_through() -> None:
    found = rules()
    assert set(found) == {"RateLimit", *GROUPS}
    common = counted(found["AWSManagedRulesCommonRuleSet"])
    assert set(common) == {*BODY_RULES, *QUERY_RULES}
    # No rule of the group that reads a body blocks: XML and JSON with scripts are Camunda's work.
    assert {each for each in GROUPS["AWSManagedRulesCommonRuleSet"] if "BODY" in each} <= set(
        common
    )
    for name in set(GROUPS) - {"AWSManagedRulesCommonRuleSet"}:
        assert not counted(found[name])


def test_other_rules_count_where_the_spec_names_them() -> None:
    found = rules(counted_rules=["Log4JRCE_BODY", "GenericLFI_QUERYARGUMENTS"])
    assert counted(found["AWSManagedRulesKnownBadInputsRuleSet"]) == ["Log4JRCE_BODY"]
    assert "GenericLFI_QUERYARGUMENTS" in counted(found["AWSManagedRulesCommonRuleSet"])


def test_the_rate_limit_comes_first_and_can_be_left_out() -> None:
    limit = rules(rate_limit=500)["RateLimit"]
    assert limit["Priority"] == 0 and "Block" in limit["Action"]
    assert limit["Statement"]["RateBasedStatement"]["Limit"] == 500
    assert "RateLimit" not in rules(rate_limit=None)
    priorities = [each["Priority"] for each in rules().values()]
    assert len(set(priorities)) == len(priorities)


def test_the_log_holds_no_credentials() -> None:
    found = resources(access={"waf": {"log_retention_days": 30}})
    logging = found["WebAclLogging"]["Properties"]
    redacted = {each["SingleHeader"]["Name"] for each in logging["RedactedFields"]}
    assert redacted == {"authorization", "cookie"}
    group = found["WebAclLogGroup"]["Properties"]
    assert group == {"LogGroupName": "aws-waf-logs-camunda", "RetentionInDays": 30}


def test_the_log_is_encrypted_and_kept_as_all_logs_are() -> None:
    kept = {"log_encryption": {}, "on_delete": "retain", "masked_log_data": ["EmailAddress"]}
    found = resources(access={"waf": {}}, observability=kept)
    group = found["WebAclLogGroup"]
    assert group["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["LogsKey", "Arn"]}
    assert group["Properties"]["DataProtectionPolicy"]
    assert group["DeletionPolicy"] == "RetainExceptOnCreate"
    assert "aws-waf-logs-camunda" in json.dumps(found["LogsKey"])
    assert "aws-waf-logs" not in json.dumps(resources(observability=kept)["LogsKey"])


@pytest.mark.parametrize("group", GROUPS)
def test_every_rule_of_a_group_can_be_counted(group: str) -> None:
    waf = {"counted_rules": list(GROUPS[group])}
    found = findings(deployment(access={"waf": waf}))
    assert not [each for each in found if each.code == "CAM227"]

"""AWS WAF in front of the HTTP load balancer: managed rule groups, a rate limit, and logs.

Sources: AWS WAF Developer Guide, Baseline rule groups, IP reputation rule groups, Rate-based rule
statement, Sending web ACL traffic logs to a CloudWatch Logs log group.
"""

from collections.abc import Mapping
from typing import Any

from troposphere import GetAtt, Ref, Tags, logs, wafv2
from troposphere import elasticloadbalancingv2 as elb

from camformation.components.access_spec import WafSpec
from camformation.components.logs import firewall_log_group_name
from camformation.components.policies import arn
from camformation.components.waf_rules import BODY_RULES, GROUPS, QUERY_RULES
from camformation.units import Unit

SECTION = ("access", "waf")
NO_OVERRIDE: dict[str, Any] = {"None": {}}  # the rules' own actions


def build_waf(
    unit: Unit, spec: WafSpec, alb: elb.LoadBalancer, log_group: Mapping[str, Any]
) -> None:
    """Create the web ACL, its log, and its association with the load balancer; `log_group` has the
    common properties of log groups."""
    rules = [_managed(spec, name, priority) for priority, name in enumerate(GROUPS, 1)]
    if spec.rate_limit:
        rules.insert(0, _rate_limit(spec.rate_limit))
    acl = unit.add(
        wafv2.WebACL(
            "WebAcl",
            Scope="REGIONAL",
            DefaultAction=wafv2.DefaultAction(Allow=wafv2.AllowAction()),
            Rules=rules,
            VisibilityConfig=_metric("WebAcl"),
            Tags=Tags(Name=f"{unit.deployment}-waf"),
        ),
        section=SECTION,
    )
    unit.add(
        wafv2.WebACLAssociation(
            "WebAclAssociation", ResourceArn=Ref(alb), WebACLArn=GetAtt(acl, "Arn")
        ),
        section=SECTION,
    )
    group = unit.add(
        logs.LogGroup(
            "WebAclLogGroup",
            LogGroupName=firewall_log_group_name(unit.deployment),
            RetentionInDays=spec.log_retention_days,
            **log_group,
        ),
        section=SECTION,
    )
    unit.add(
        wafv2.LoggingConfiguration(
            "WebAclLogging",
            ResourceArn=GetAtt(acl, "Arn"),
            LogDestinationConfigs=[arn("logs", "log-group:${Group}", Group=Ref(group))],
            # Headers that would allow somebody else to log in.
            RedactedFields=[
                wafv2.LoggingConfigurationFieldToMatch(SingleHeader=wafv2.SingleHeader(Name=name))
                for name in ("authorization", "cookie")
            ],
            # Allowed requests are in the load balancer's access logs.
            LoggingFilter=wafv2.LoggingFilter(
                DefaultBehavior="DROP",
                Filters=[
                    wafv2.Filter(
                        Behavior="KEEP",
                        Requirement="MEETS_ANY",
                        Conditions=[
                            wafv2.Condition(ActionCondition=wafv2.ActionCondition(Action=action))
                            for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                        ],
                    )
                ],
            ),
        ),
        section=SECTION,
    )


def _managed(spec: WafSpec, name: str, priority: int) -> wafv2.WebACLRule:
    counted = [
        rule
        for rule in GROUPS[name]
        if rule in BODY_RULES or rule in QUERY_RULES or rule in spec.counted_rules
    ]
    overridden: dict[str, Any] = {}
    if counted:
        overridden["RuleActionOverrides"] = [
            wafv2.RuleActionOverride(
                Name=rule, ActionToUse=wafv2.RuleAction(Count=wafv2.CountAction())
            )
            for rule in counted
        ]
    return wafv2.WebACLRule(
        Name=name,
        Priority=priority,
        OverrideAction=wafv2.OverrideAction(**NO_OVERRIDE),
        Statement=wafv2.Statement(
            ManagedRuleGroupStatement=wafv2.ManagedRuleGroupStatement(
                VendorName="AWS", Name=name, **overridden
            )
        ),
        VisibilityConfig=_metric(name),
    )


def _rate_limit(limit: int) -> wafv2.WebACLRule:
    return wafv2.WebACLRule(
        Name="RateLimit",
        Priority=0,
        Action=wafv2.RuleAction(Block=wafv2.BlockAction()),
        Statement=wafv2.Statement(
            RateBasedStatement=wafv2.RateBasedStatement(
                AggregateKeyType="IP", EvaluationWindowSec=300, Limit=limit
            )
        ),
        VisibilityConfig=_metric("RateLimit"),
    )


def _metric(name: str) -> wafv2.VisibilityConfig:
    return wafv2.VisibilityConfig(
        CloudWatchMetricsEnabled=True, MetricName=name, SampledRequestsEnabled=True
    )

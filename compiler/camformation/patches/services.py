"""Properties in patches that a service refuses although each is of its kind: values that exclude
each other, or that are none.

Only what a service always refuses is here: nobody can ignore it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from camformation.patches import attributes, buckets, databases, ecs_services, networks, tasks
from camformation.patches.property_kinds import Misfit
from camformation.rules import cron
from camformation.shapes import entries, mapping, on, whole

PROTOCOLS = (
    *("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
)
HOUR = 3600

Check = Callable[[Mapping[str, Any]], Iterator[Misfit]]


def misuses(title: str, resource_type: str, properties: Any) -> Iterator[Misfit]:
    """Yield what the service of a resource refuses of its properties."""
    check = CHECKS.get(resource_type)
    for place, message, hint in check(mapping(properties)) if check else ():
        yield ("Resources", title, "Properties", *place), f"{title}: {message}", hint


def _file_system(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Amazon EFS API Reference, LifecyclePolicy; User Guide, Performance specifications."""
    if (p.get("ThroughputMode"), p.get("PerformanceMode")) == ("elastic", "maxIO"):
        message = "a file system with ThroughputMode elastic has no PerformanceMode maxIO"
        yield ("PerformanceMode",), message, "leave generalPurpose"
    for index, each in entries(p.get("LifecyclePolicies")):
        if len(each) > 1:
            message = "an entry of LifecyclePolicies has one transition"
            yield ("LifecyclePolicies", index), message, "write an entry for each transition"


def _key(p: Mapping[str, Any]) -> Iterator[Misfit]:
    spec = p.get("KeySpec", "SYMMETRIC_DEFAULT")
    if isinstance(spec, str) and spec != "SYMMETRIC_DEFAULT" and on(p.get("EnableKeyRotation")):
        message = f"AWS KMS rotates no keys with KeySpec {spec}"
        yield (
            ("KeySpec",),
            message,
            "leave SYMMETRIC_DEFAULT, the only kind that encrypts for services",
        )


def _topic(p: Mapping[str, Any]) -> Iterator[Misfit]:
    for index, each in entries(p.get("Subscription")):
        protocol = each.get("Protocol")
        if isinstance(protocol, str) and protocol not in PROTOCOLS:
            message = f"Amazon SNS has no protocol {protocol!r}"
            hint = "did you mean email?" if "mail" in protocol else f"one of {', '.join(PROTOCOLS)}"
            yield ("Subscription", index, "Protocol"), message, hint


def _backup_plan(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """AWS Backup API Reference, BackupRuleInput; Developer Guide, Point-in-time recovery."""
    for index, each in entries(mapping(p.get("BackupPlan")).get("BackupPlanRule")):
        at = ("BackupPlan", "BackupPlanRule", index)
        starts, ends = (whole(each.get(f"{name}WindowMinutes")) for name in ("Start", "Completion"))
        if starts is not None and starts < 60:
            message = f"a backup has at least 60 minutes to start in, not {starts}"
            yield (*at, "StartWindowMinutes"), message, "write 60 or more"
        elif starts is not None and ends is not None and ends - starts < 60:
            message = "a backup ends at least 60 minutes after its StartWindowMinutes"
            hint = f"write {starts + 60} or more"
            yield (*at, "CompletionWindowMinutes"), message, hint
        kept = whole(mapping(each.get("Lifecycle")).get("DeleteAfterDays"))
        if on(each.get("EnableContinuousBackup")) and kept is not None and kept > 35:
            message = f"continuous backups are kept for at most 35 days, not {kept}"
            hint = "add a rule of its own for them, or set aws_backup.retention_days to 35"
            yield (*at, "EnableContinuousBackup"), message, hint


def _scalable_target(p: Mapping[str, Any]) -> Iterator[Misfit]:
    least, most = whole(p.get("MinCapacity")), whole(p.get("MaxCapacity"))
    if least is not None and most is not None and least > most:
        message = f"MinCapacity, {least}, is above MaxCapacity, {most}"
        yield ("MinCapacity",), message, "lower it, or raise MaxCapacity"
    for index, each in entries(p.get("ScheduledActions")):
        schedule = each.get("Schedule")
        if isinstance(schedule, str) and schedule.startswith("cron"):
            problem = (
                None
                if re.fullmatch(r"cron\(\S+(?: \S+){5}\)", schedule)
                else "cron() has six fields: minute, hour, day, month, weekday, year"
            ) or (cron.aws(schedule) if schedule.count(" ") == 5 else None)
            if problem:
                message = f"AWS refuses {schedule[:80]!r}: {problem}"
                hint = "write for example cron(0 22 * * ? *)"
                yield ("ScheduledActions", index, "Schedule"), message, hint


def _web_acl(p: Mapping[str, Any]) -> Iterator[Misfit]:
    for name in ("Priority", "Name"):
        seen: set[Any] = set()
        for index, each in entries(p.get("Rules")):
            value = each.get(name)
            if isinstance(value, int | str) and str(value) in seen:
                message = f"two rules of the web ACL have the {name} {value}"
                yield ("Rules", index, name), message, f"give each its own {name}"
            seen.add(str(value))


def _record(p: Mapping[str, Any]) -> Iterator[Misfit]:
    for name in ("Weight", "Failover", "GeoLocation", "Region", "MultiValueAnswer"):
        if name in p and "SetIdentifier" not in p:
            message = f"a record with {name} needs a SetIdentifier"
            yield (name,), message, "add SetIdentifier, different in each record of the name"


def _alarm(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Amazon CloudWatch API Reference, PutMetricAlarm."""
    of, points = whole(p.get("EvaluationPeriods")), whole(p.get("DatapointsToAlarm"))
    if of is not None and points is not None and points > of:
        message = f"DatapointsToAlarm, {points}, is above EvaluationPeriods, {of}"
        yield ("DatapointsToAlarm",), message, f"write {of} or less"
    period = whole(p.get("Period"))
    if of is not None and period is not None:
        days = 1 if period < HOUR else 7
        if of * period > days * 24 * HOUR:
            message = (
                f"an alarm with a Period of {period} seconds looks back {days * 24} hours at most; "
                f"{of} periods are more"
            )
            yield ("EvaluationPeriods",), message, f"write {days * 24 * HOUR // period} or less"


CHECKS: Mapping[str, Check] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": _scalable_target,
    "AWS::Backup::BackupPlan": _backup_plan,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::EC2::Route": networks.route,
    "AWS::EC2::SecurityGroup": networks.group,
    **dict.fromkeys(
        ("AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"), networks.group_rule
    ),
    "AWS::EC2::VPC": networks.vpc,
    "AWS::EC2::VPCEndpoint": networks.endpoint,
    "AWS::ECS::Service": ecs_services.service,
    "AWS::ECS::TaskDefinition": tasks.task_definition,
    "AWS::EFS::FileSystem": _file_system,
    "AWS::ElasticLoadBalancingV2::Listener": attributes.listener,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": attributes.load_balancer,
    "AWS::ElasticLoadBalancingV2::TargetGroup": attributes.target_group,
    "AWS::KMS::Key": _key,
    "AWS::RDS::DBCluster": databases.cluster,
    "AWS::RDS::DBInstance": databases.instance,
    "AWS::RDS::DBSubnetGroup": databases.subnet_group,
    "AWS::Route53::RecordSet": _record,
    "AWS::S3::Bucket": buckets.bucket,
    "AWS::SNS::Topic": _topic,
    "AWS::WAFv2::WebACL": _web_acl,
}

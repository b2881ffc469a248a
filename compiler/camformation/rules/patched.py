"""The rule for patches that are valid, but with which the deployment does not work."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.durations import seconds
from camformation.rules.misuse import Misuse, written
from camformation.rules.patched_tasks import TASKS
from camformation.rules.registry import Violation, rule
from camformation.shapes import whole

ARCHIVES = ("GLACIER", "Glacier", "DEEP_ARCHIVE")
DAY = 86_400
TOPIC_KEY = "alias/aws/sns"
WAF_LOGS = "aws-waf-logs-"
_RULE = r"LifecycleConfiguration/Rules(?:/[^/]+)?"


MISUSES = (
    Misuse(
        "storage",
        rf"(?:Backup|Documents|NodeId)Bucket/Properties/{_RULE}/Transitions?(?:/[^/]+)?/StorageClass",
        lambda _, value: value in ARCHIVES,
        "Camunda cannot read objects in {value}, until somebody restores each of them",
        "use GLACIER_IR or STANDARD_IA; or move old versions alone: NoncurrentVersionTransitions",
    ),
    Misuse(
        "storage",
        rf"BackupBucket/Properties/{_RULE}/ExpirationInDays",
        lambda d, value: (whole(value) or 36500) * DAY < (seconds(d.storage.backup.retention) or 0),
        "backups expire after {value} days, before the end of storage.backup.retention",
        "remove it: brokers delete their backups by themselves",
    ),
    Misuse(
        "storage",
        r"FileSystem/Properties/AvailabilityZoneName",
        lambda _, value: True,
        "a file system in one zone has one mount target; the deployment makes one in each zone",
        "remove it",
        Severity.ERROR,
    ),
    Misuse(
        "orchestration",
        r"GrpcTargetGroup/Properties/TargetGroupAttributes/[^/]+",
        lambda _, value: _pair(value) == ("proxy_protocol_v2.enabled", "true"),
        "brokers do not read the proxy protocol: no gRPC client could connect",
        "remove it",
        Severity.ERROR,
    ),
    Misuse(
        "storage",
        r"FileSystem/Properties/ProvisionedThroughputInMibps",
        lambda d, _: d.storage.efs.throughput_mode != "provisioned" and not _mode_patched(d),
        "the throughput of the file system is not provisioned, so this has no effect",
        "remove it, and set storage.efs.throughput_mode and provisioned_throughput_mibps",
    ),
    Misuse(
        "load_balancers",
        r"WebAcl/Properties/Scope",
        lambda _, value: value == "CLOUDFRONT",
        "a web ACL of scope CLOUDFRONT protects distributions alone, not load balancers",
        "leave REGIONAL",
        Severity.ERROR,
    ),
    Misuse(
        "network",
        r"[A-Za-z0-9]+/Properties",
        lambda d, value: _of_another_region(d, value),
        "this endpoint is of a service in another region than the deployment's",
        "name the region's own service, or set ServiceRegion",
        Severity.ERROR,
    ),
    Misuse(
        "logs",
        r"AlarmTopic/Properties/KmsMasterKeyId",
        lambda _, value: TOPIC_KEY in str(value),
        "CloudWatch cannot publish to a topic with the key {value}: nobody would hear of an alarm",
        "leave the deployment's key, whose policy lets CloudWatch use it",
    ),
    Misuse(
        "logs",
        r"CamundaLogGroup/Properties/LogGroupClass",
        lambda d, value: value == "INFREQUENT_ACCESS" and d.observability.alarms is not None,
        "log groups of class {value} have no metric filters, with which alarms count errors",
        "remove it, or set observability.alarms to null",
        Severity.ERROR,
    ),
    Misuse(
        "load_balancers",
        r"WebAclLogGroup/Properties/LogGroupName",
        lambda _, value: isinstance(value, str) and not value.startswith(WAF_LOGS),
        "AWS WAF writes only to log groups whose names begin with " + WAF_LOGS,
        "write for example " + WAF_LOGS + "camunda",
        Severity.ERROR,
    ),
    Misuse(
        "database",
        r"DatabaseParameterGroup/Properties/Family",
        lambda d, value: isinstance(value, str) and value != _family(d),
        "{value} is not the family of database.engine_version",
        "remove it: the family follows from the version",
        Severity.ERROR,
    ),
    *TASKS,
)


@rule("CAM268", "Patch that works against the deployment", Severity.WARNING)
def against(d: Deployment) -> Iterator[Violation]:
    """A patch may be valid for CloudFormation and yet break what it is applied to:
    - Camunda cannot read backups and documents that a lifecycle rule has moved to Glacier, or
      that it has deleted.
    - The file system has a mount target in each zone, and needs platform version 1.4.0.
    - Brokers are replaced one at a time, because each needs a node ID of its own.
    - Images are for Linux, Fargate waits 120 seconds for a container's end, and ECS Exec needs
      permissions.
    - Brokers do not read the proxy protocol of Network Load Balancers, and connectors reach them by
      Service Connect.
    - A VPC endpoint is of a service in the deployment's region.
    - CloudWatch cannot use the key `alias/aws/sns`, whose policy nobody can change.
    - Metric filters need the standard class of log groups; AWS WAF needs its prefix in their names.
    - Load balancers take web ACLs of scope REGIONAL.
    - A parameter group is of the family of the database's major version.
    - The listener rule for connectors comes first: that of brokers takes every path.

    Source: Amazon S3 User Guide, Understanding archived objects; Amazon EFS User Guide, Managing
    mount targets; Amazon ECS Developer Guide, Fargate platform versions; camunda/camunda issue
    45812; aws/aws-cdk issue 11121; Amazon CloudWatch Logs User Guide, Log classes; AWS WAF
    Developer Guide, Logging to CloudWatch Logs.
    """
    priorities: dict[str, tuple[Path, int]] = {}
    for path, component, place, value in written(d):
        for each in MISUSES:
            if (
                component in (each.component, "root")
                and re.fullmatch(f"Resources/{each.place}", place)
                and each.wrong(d, value)
            ):
                yield Violation(path, each.message.format(value=value), each.hint, each.severity)
        found = re.fullmatch("Resources/(Rest|Connectors)ListenerRule/Properties/Priority", place)
        if found and (count := whole(value)) is not None:
            priorities[found[1]] = path, count
    if priorities and d.connectors.enabled:
        rest, connectors = (
            priorities.get(name, ((), usual))[1]
            for name, usual in (("Rest", 100), ("Connectors", 50))
        )
        if rest <= connectors:
            yield Violation(
                next(reversed(priorities.values()))[0],
                f"the brokers' listener rule, with priority {rest}, would take the requests for "
                f"connectors, whose rule has {connectors}",
                "give connectors the lower number",
                Severity.ERROR if rest == connectors else None,
            )


def _of_another_region(d: Deployment, value: Any) -> bool:
    if not isinstance(value, Mapping) or d.region is None or "ServiceRegion" in value:
        return False
    named = re.fullmatch(
        r"com\.amazonaws\.([a-z]+(?:-[a-z]+)+-\d)\..+", str(value.get("ServiceName"))
    )
    return named is not None and named[1] != d.region


def _mode_patched(d: Deployment) -> bool:
    return any(place.endswith("/ThroughputMode") for _, _, place, _ in written(d))


def _pair(value: Any) -> tuple[str, str] | None:
    given = isinstance(value, Mapping)
    return (str(value.get("Key")), str(value.get("Value")).lower()) if given else None


def _family(d: Deployment) -> str:
    return f"aurora-postgresql{d.database.engine_version.split('.')[0]}"

"""The rule for patches that are valid, but with which the deployment does not work."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.durations import seconds
from camformation.frozen import frozen
from camformation.rules.registry import Violation, rule

ARCHIVES = ("GLACIER", "Glacier", "DEEP_ARCHIVE")
DAY = 86_400
FIRST_WITH_EFS = (1, 4)
TOPIC_KEY = "alias/aws/sns"
WAF_LOGS = "aws-waf-logs-"
_RULE = r"LifecycleConfiguration/Rules(?:/[^/]+)?"


@frozen
class Misuse:
    """A value at places of a component's template, as a pattern, with which something fails."""

    component: str
    place: str
    wrong: Callable[[Deployment, Any], bool]
    message: str
    hint: str
    severity: Severity | None = None


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
        lambda d, value: (
            (_number(value) or 36500) * DAY < (seconds(d.storage.backup.retention) or 0)
        ),
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
        "orchestration",
        r"OrchestrationService/Properties/DeploymentConfiguration/MaximumPercent",
        lambda _, value: (_number(value) or 0) > 100,
        "ECS would start brokers beside those that run, which wait until a node ID is free",
        "leave 100: ECS replaces one broker at a time",
    ),
    Misuse(
        "orchestration",
        r"OrchestrationService/Properties/PlatformVersion",
        lambda _, value: _release(value) < FIRST_WITH_EFS,
        "platform version {value} of Fargate mounts no file systems of Amazon EFS",
        "remove it, or write 1.4.0",
        Severity.ERROR,
    ),
    Misuse(
        "orchestration",
        r"OrchestrationService/Properties/ServiceConnectConfiguration/Enabled",
        lambda d, value: str(value).lower() == "false" and d.connectors.enabled,
        "connectors reach brokers by the names of Service Connect, which would be off",
        "leave it on",
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
)


@rule("CAM268", "Patch that works against the deployment", Severity.WARNING)
def against(d: Deployment) -> Iterator[Violation]:
    """A patch may be valid for CloudFormation and yet break what it is applied to:
    - Camunda cannot read backups and documents that a lifecycle rule has moved to Glacier, or
      that it has deleted.
    - The file system has a mount target in each zone, and needs platform version 1.4.0.
    - Brokers are replaced one at a time, because each needs a node ID of its own.
    - Brokers do not read the proxy protocol of Network Load Balancers, and connectors reach them by
      Service Connect.
    - A VPC endpoint is of a service in the deployment's region.
    - CloudWatch cannot use the key `alias/aws/sns`, whose policy nobody can change.
    - Metric filters need the standard class of log groups; AWS WAF needs its prefix in their names.
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
        if found and (number := _number(value)) is not None:
            priorities[found[1]] = path, number
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


def written(d: Deployment) -> Iterator[tuple[Path, str, str, Any]]:
    """Yield what patches put into templates, each value at every depth: its path in the spec, the
    component, and its place, without what a lifecycle rule has that is off."""
    for index, spec in enumerate(d.patches):
        for number, operation in enumerate(spec.patch):
            if operation["op"] in ("add", "replace") and "value" in operation:
                place = str(operation["path"]).strip("/")
                path = ("patches", index, "patch", number)
                for inner, value in _nested(place, operation["value"]):
                    yield path, str(spec.component), inner, value


def _nested(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value.get("Status") == "Disabled":
        return
    yield place, value
    parts: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, Mapping):
        parts = iter(value.items())
    elif isinstance(value, list | tuple):
        parts = iter(enumerate(value))
    for key, each in parts:
        yield from _nested(f"{place}/{key}", each)


def _of_another_region(d: Deployment, value: Any) -> bool:
    if not isinstance(value, Mapping) or d.region is None or "ServiceRegion" in value:
        return False
    named = re.fullmatch(
        r"com\.amazonaws\.([a-z]+(?:-[a-z]+)+-\d)\..+", str(value.get("ServiceName"))
    )
    return named is not None and named[1] != d.region


def _pair(value: Any) -> tuple[str, str] | None:
    given = isinstance(value, Mapping)
    return (str(value.get("Key")), str(value.get("Value")).lower()) if given else None


def _number(value: Any) -> int | None:
    return int(value) if re.fullmatch(r"\d{1,6}", str(value)) else None


def _release(value: Any) -> tuple[int, ...]:
    found = re.fullmatch(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?", str(value))
    return tuple(map(int, found.groups())) if found else FIRST_WITH_EFS


def _family(d: Deployment) -> str:
    return f"aurora-postgresql{d.database.engine_version.split('.')[0]}"

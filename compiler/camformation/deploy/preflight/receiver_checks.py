"""Checks of what a deployment tells its people and monitoring with: topics, a workspace."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.cloud.account_references import Topic
from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.preflight.facts import counts
from camformation.deploy.preflight.key_checks import AWS_OWN
from camformation.deploy.preflight.model import Result, Situation, no, ok, skipped
from camformation.deploy.preflight.policy_documents import lets_in
from camformation.diagnostics import Path
from camformation.shapes import mappings


def receivers(s: Situation) -> Iterator[Result]:
    """Whether topics and the workspace of Prometheus exist."""
    spec = s.deployment
    topics: list[tuple[str, Path]] = [
        (str(arn), ("stack", "notification_topic_arns", index))
        for index, arn in enumerate(spec.stack.notification_topic_arns)
    ]
    alarms = spec.observability.alarms
    if alarms and alarms.topic_arn:
        topics.append((str(alarms.topic_arn), ("observability", "alarms", "topic_arn")))
    for arn, path in topics:
        yield from _topic(s, arn, path)
    if spec.observability.prometheus:
        yield from _workspace(s, str(spec.observability.prometheus.workspace_arn))


def _topic(s: Situation, arn: str, path: Path) -> Iterator[Result]:
    region, account = arn.split(":")[3:5]
    if (region, account) != (s.cloud.region, s.caller.account):
        yield skipped(f"{arn} is of another account or region", "", path)
        return
    try:
        topic = s.account.references.topic(arn)
    except AccessDenied as error:
        yield skipped(f"{arn} is not read", error.hint or "", path)
        return
    if topic is None:
        fix = "correct the ARN, or make the topic: nobody would be told"
        yield no(f"there is no topic {arn}", fix, path, certain=False)
        return
    problems = list(_silent(s, topic, arn, path)) if path[0] == "observability" else []
    yield from problems
    if not problems:
        yield ok(f"{arn} exists", path)


def _silent(s: Situation, topic: Topic, arn: str, path: Path) -> Iterator[Result]:
    """Yield why alarms and events do not reach a topic (Amazon SNS Developer Guide, Enabling
    compatibility between event sources from AWS services and encrypted topics)."""
    publishers = {"cloudwatch.amazonaws.com": "alarms", "events.amazonaws.com": "events"}
    if not _has_events(s):
        publishers.pop("events.amazonaws.com")
    for service, what in publishers.items():
        policy = topic.policy if what == "alarms" else _without_owners(topic.policy)
        if topic.policy and not lets_in(policy, "sns:Publish", [service, s.caller.account]):
            yield no(
                f"the policy of {arn} does not let {service} publish: {what} would tell nobody",
                f"allow sns:Publish to {service} there",
                path,
                certain=False,
            )
    if topic.key is None:
        return
    if AWS_OWN in topic.key:
        yield no(
            f"{arn} is encrypted with {topic.key}, which no service may use to publish",
            "encrypt it with a customer managed key whose policy lets "
            f"{' and '.join(publishers)} use kms:Decrypt and kms:GenerateDataKey*",
            path,
            certain=False,
        )
        return
    yield from _locked(s, topic.key, arn, list(publishers), path)


def _without_owners(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a topic's policy without what it allows to its owner, as the default one does: alarms
    are the owner's, and events are nobody's (Amazon EventBridge User Guide, Troubleshooting)."""
    kept = [
        each
        for each in mappings(policy.get("Statement"))
        if "sourceowner" not in str(each.get("Condition", "")).lower()
    ]
    return {"Statement": kept}


def _locked(
    s: Situation, key: str, arn: str, publishers: Sequence[str], path: Path
) -> Iterator[Result]:
    try:
        found = s.account.secrets.key(key)
        policy = s.account.secrets.key_policy(found.arn) if found else None
    except AccessDenied as error:  # another account's, or not readable for us
        yield skipped(f"the policy of the key of {arn} is not read", error.hint or "", path)
        return
    if policy is None:
        yield no(f"the key {key} of {arn} is gone", "give the topic another", path, certain=False)
        return
    for service in publishers:
        if not lets_in(policy, "kms:GenerateDataKey", [service]):
            yield no(
                f"the policy of {key}, the key of {arn}, does not let {service} use it",
                f"allow kms:Decrypt and kms:GenerateDataKey* to {service}",
                path,
                certain=False,
            )


def _has_events(s: Situation) -> bool:
    """Whether EventBridge publishes to the topic of alarms."""
    return bool(counts(s.templates).get("AWS::Events::Rule"))


def _workspace(s: Situation, arn: str) -> Iterator[Result]:
    path = ("observability", "prometheus", "workspace_arn")
    region, account = arn.split(":")[3:5]
    if (region, account) != (s.cloud.region, s.caller.account):
        yield skipped(f"{arn} is of another account or region", "", path)
        return
    status = s.account.references.workspace(arn.rpartition("/")[2])
    prometheus = s.deployment.observability.prometheus
    if status == "ACTIVE":
        yield ok(f"{arn} is active", path)
    else:
        yield no(
            f"the workspace {arn} is {status}" if status else f"there is no workspace {arn}",
            "name one that is active; brokers' metrics would be lost",
            path,
            certain=bool(not status and prometheus and prometheus.alerts),
        )

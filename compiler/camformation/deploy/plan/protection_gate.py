"""Gate checks for the protection and retention of data: weaker ones are allowed, but reported."""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.holdings import GONE, LOGS, holding
from camformation.deploy.plan.model import Action, Block, PropertyChange, ResourceChange
from camformation.deploy.plan.names import still_taken
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import shown
from camformation.deploy.plan.template_diff import DELETE, RETAIN, SNAPSHOT, properties_of
from camformation.deploy.plan.values import number
from camformation.shapes import mapping, mappings

BUCKET = "AWS::S3::Bucket"
LOG_GROUP = "AWS::Logs::LogGroup"
ALARM, TOPIC = "AWS::CloudWatch::Alarm", "AWS::SNS::Topic"
ASSOCIATION = "AWS::WAFv2::WebACLAssociation"
PUBLIC, ENCRYPTION = "PublicAccessBlockConfiguration", "BucketEncryption"
NONCURRENT = (".NoncurrentDays", ".NoncurrentVersionExpirationInDays")

PROTECTIONS = {
    "AWS::RDS::DBCluster": ("DeletionProtection",),
    "AWS::RDS::DBInstance": ("DeletionProtection",),
    "AWS::EFS::FileSystem": (
        "BackupPolicy.Status",
        "FileSystemProtection",
        "ReplicationConfiguration",
    ),
    "AWS::S3::Bucket": ("VersioningConfiguration",),
    "AWS::Backup::BackupVault": ("LockConfiguration",),
}
"""Properties that protect what a resource holds, with their harmless values left to `_weakened`."""

LATER = "no data is lost by this deployment itself"
AT_ONCE = "older ones are lost with this deployment or soon after: first save those that you need"


def protection_gate(situation: Situation) -> Iterator[Block]:
    """Warn of weaker protection (CAM668), and of deleted (CAM797) or remaining logs (CAM652)."""
    for change in situation.changes:
        if change.type == LOG_GROUP:
            yield from _log_group(situation, change)
        elif change.type == TOPIC and change.action in GONE and situation.after:
            does = "deletes" if change.action is Action.DELETE else "replaces"
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: {does} the topic, and with it the subscriptions of "
                "everybody who is told of alarms",
                "if somebody has to be notified, subscribe them to another topic first",
                change.location,
            )
        elif change.type == TOPIC and change.action is Action.ADD and _told(situation):
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: alarms go to a new topic without subscriptions: the "
                "present subscribers are no longer notified",
                "subscribe to it right after the deployment",
                change.location,
            )
        elif change.type == ASSOCIATION and change.action is Action.REPLACE:
            yield from _web_acl(change)
        elif change.action is Action.CHANGE and holding(situation, change):
            yield from _weakened(situation, change)
            if change.type == BUCKET:
                yield from _bucket(situation, change)
                yield from _opened(situation, change)


def _told(situation: Situation) -> bool:
    """Whether alarms already have recipients."""
    return any(
        resource["Type"] == ALARM and resource.get("Properties", {}).get("AlarmActions")
        for resource in situation.before.values()
    )


def _web_acl(change: ResourceChange) -> Iterator[Block]:
    """Warn of a replaced web ACL: a load balancer has only one, and the deletion of the old
    association, which comes last, removes the current one of the load balancer (AWS WAF API
    Reference, DisassociateWebACL)."""
    if not change.change_of("ResourceArn"):
        yield warned(
            change,
            "CAM668",
            f"{change.logical_id}: the load balancer gets another web ACL, and may end up without "
            "one: CloudFormation deletes the old association last, which removes whatever web ACL "
            "the load balancer has",
            "check afterwards which one it has: aws wafv2 get-web-acl-for-resource --resource-arn "
            "<the load balancer's>; or undo the change",
            change.location,
        )


def _weakened(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    locked = properties_of(situation.before, change.address).get("ObjectLockEnabled")
    for leaf in change.properties:
        if locked and leaf.path.startswith("VersioningConfiguration"):
            continue  # which S3 refuses (`lock_gate`)
        protection = leaf.path in PROTECTIONS.get(change.type, ()) or leaf.path.startswith(
            tuple(f"{name}." for name in PROTECTIONS.get(change.type, ()))
        )
        off = protection and str(leaf.after).lower() in ("false", "disabled", "suspended", "none")
        fewer = leaf.path == "BackupRetentionPeriod" and _less(leaf)
        if fewer:
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: {leaf.path} goes from {leaf.before} to {leaf.after}: RDS "
                f"deletes automatic backups that are older",
                AT_ONCE,
                leaf.location,
            )
        elif off:
            yield _less_protected(change, leaf)
    if policies := [leaf for leaf in change.properties if _weaker_policy(leaf)]:
        yield _less_protected(change, *policies)  # usually both of them


def _weaker_policy(leaf: PropertyChange) -> bool:
    policy = leaf.attribute in ("DeletionPolicy", "UpdateReplacePolicy")
    return policy and leaf.after in (DELETE, SNAPSHOT, None) and leaf.before != DELETE


def _less_protected(change: ResourceChange, *leaves: PropertyChange) -> Block:
    goes = ", ".join(
        f"{leaf.path or leaf.attribute} goes from {_value(leaf.before)} to {_value(leaf.after)}"
        for leaf in leaves
    )
    return warned(
        change,
        "CAM668",
        f"{change.logical_id}: {goes}: what it holds is less protected against a later deployment "
        "or deletion",
        LATER,
        leaves[0].location,
    )


def _value(value: Any) -> str:
    return "unset" if value is None else shown(value)


def _bucket(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    held = holding(situation, change)
    logs = held is None or held.what == LOGS.what
    code, where = ("CAM797", "") if logs else ("CAM668", f" in {held.what if held else ''}")
    for leaf in change.properties:
        if leaf.path.endswith(".ExpirationInDays") and _less(leaf):
            yield _shorter(change, leaf, f"objects{where}", code)
        elif leaf.path.endswith(NONCURRENT) and _less(leaf) and _versioned(situation, change):
            what = f"versions{where} that were overwritten or deleted"
            yield _shorter(change, leaf, what, code)
        elif leaf.path.endswith("DefaultRetention.Days") and leaf.before and _less(leaf):
            yield _shorter_lock(change, leaf, f"for {leaf.after} days instead of {leaf.before}")
        elif leaf.path.endswith("DefaultRetention.Mode") and leaf.before == "COMPLIANCE":
            yield _shorter_lock(change, leaf, "in governance mode instead of compliance mode")
    before, after = (
        _destinations(properties_of(each, change.address))
        for each in (situation.before, situation.after)
    )
    if gone := sorted(before - after):
        yield warned(
            change,
            "CAM668",
            f"{change.logical_id}: data written from now on is no longer copied to "
            f"{', '.join(gone)}"
            + (f" but to {', '.join(sorted(after))}, without the existing data" if after else ""),
            "existing copies stay; " + LATER,
            change.line_of("ReplicationConfiguration"),
        )


def _opened(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Warn of a bucket that may become public (Amazon S3 User Guide, Blocking public access), or
    has no key of its own any more."""
    before, after = (
        properties_of(each, change.address) for each in (situation.before, situation.after)
    )
    old, new = (
        {name for name, on in mapping(each.get(PUBLIC)).items() if shown(on) == "true"}
        for each in (before, after)
    )
    said = {
        PUBLIC: f"{PUBLIC} no longer has {', '.join(sorted(old - new))}: a policy or an ACL can "
        "make the bucket public"
        if old - new
        else "",
        ENCRYPTION: f"{ENCRYPTION} goes: objects written from now on are encrypted with the key "
        "of S3, which everybody who may read the bucket can use"
        if before.get(ENCRYPTION) and not after.get(ENCRYPTION)
        else "",
    }
    for name, what in said.items():
        if what:
            at = change.line_of(name) or change.location
            yield warned(change, "CAM668", f"{change.logical_id}: {what}", LATER, at)


def _versioned(situation: Situation, change: ResourceChange) -> bool:
    """Whether a bucket has had versions so far, without which none of them expires; and not, where
    they follow the brokers' window, which is said (`settings_gate`)."""
    follows = any(
        "[CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_RETENTION_WINDOW]" in leaf.path
        for each in situation.changes
        for leaf in each.properties
    )
    before = properties_of(situation.before, change.address)
    return "VersioningConfiguration" in before and not follows


def _shorter_lock(change: ResourceChange, leaf: PropertyChange, how: str) -> Block:
    return warned(
        change,
        "CAM668",
        f"{change.logical_id}: objects written from now on are locked {how}",
        "existing objects stay locked as they are; " + LATER,
        leaf.location,
    )


def _destinations(bucket: Any) -> set[str]:
    """Return the destination buckets of a bucket's replication (Amazon S3 User Guide, What does
    Amazon S3 replicate: what is written while a rule is there)."""
    configuration = mappings(bucket.get("ReplicationConfiguration"))
    rules = mappings(configuration[0].get("Rules")) if configuration else []
    places = [each.get("Destination") for each in rules]
    return {shown(each.get("Bucket")) for each in mappings(places)}


def _log_group(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    if change.action is Action.CHANGE:
        for leaf in change.properties:
            if leaf.path == "RetentionInDays" and _less(leaf):
                yield _shorter(change, leaf, "events")
            elif leaf.attribute == "DeletionPolicy" and _weaker_policy(leaf):
                yield _less_protected(change, leaf)
        return
    goes = change.action is Action.DELETE or (
        change.action is Action.REPLACE and not any(leaf.cause for leaf in change.properties)
    )
    if not goes or not situation.after:
        return
    if change.old_resource == RETAIN:
        yield warned(
            change,
            "CAM652",
            f"{change.logical_id}: the deployment no longer manages the log group; it is kept in "
            "the account, outside the deployment",
            "it continues to cost money until you delete it yourself"
            + still_taken(situation.before.get(change.address, {})),
            change.location,
        )
    else:
        yield warned(
            change,
            "CAM797",
            f"{change.logical_id}: deletes the log group, with every event in it",
            "export the events first, if anybody may need them; or set `observability.on_delete` "
            "to retain, and deploy that before",
            change.location,
        )


def _shorter(
    change: ResourceChange, leaf: PropertyChange, what: str, code: str = "CAM797"
) -> Block:
    before = "forever" if leaf.before is None else _days(leaf.before)
    return warned(
        change,
        code,
        f"{change.logical_id}: {what} are kept for {_days(leaf.after)} instead of {before}: older "
        "ones are deleted",
        AT_ONCE,
        leaf.location,
    )


def _days(value: Any) -> str:
    return f"{value} day{'' if str(value) == '1' else 's'}"


def _less(leaf: PropertyChange) -> bool:
    """Whether a number of days becomes smaller; without a number it is unlimited, except for
    RDS."""
    before, after = (number(value) for value in (leaf.before, leaf.after))
    if after is None:
        return leaf.path == "BackupRetentionPeriod" and before is not None and before > 1
    return before is None or after < before

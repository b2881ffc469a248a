"""Gate checks for what protects data and for how long it is kept: weaker is allowed, but said."""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.holdings import holding
from camformation.deploy.plan.model import Action, Block, PropertyChange, ResourceChange
from camformation.deploy.plan.names import still_taken
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import shown, symbols
from camformation.deploy.plan.template_diff import DELETE, RETAIN, SNAPSHOT, properties_of
from camformation.deploy.plan.values import number

BUCKET = "AWS::S3::Bucket"
LOG_GROUP = "AWS::Logs::LogGroup"
PLAN, SELECTION = "AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection"
TOPIC = "AWS::SNS::Topic"

PROTECTIONS = {
    "AWS::RDS::DBCluster": ("DeletionProtection",),
    "AWS::RDS::DBInstance": ("DeletionProtection",),
    "AWS::EFS::FileSystem": ("BackupPolicy.Status", "FileSystemProtection"),
    "AWS::KMS::Key": ("Enabled",),
    "AWS::Backup::BackupVault": ("LockConfiguration",),
}
"""Properties that protect what a resource holds, with their harmless values left to `_weakened`."""

BACKED_UP = {
    "Database": "the database",
    "Backups": "the backup bucket",
    "Documents": "the documents bucket",
    "FileSystem": "the file system",
}
LATER = "no data is lost by this deployment itself"
AT_ONCE = "older ones are lost with this deployment, or soon after: save those that you need first"


def protection_gate(situation: Situation) -> Iterator[Block]:
    """Warn of what is less protected (CAM668), of logs that go (CAM797), or are left (CAM652)."""
    for change in situation.changes:
        if change.type == LOG_GROUP:
            yield from _log_group(situation, change)
        elif change.type == SELECTION and change.action is Action.DELETE:
            yield from _selection(situation, change)
        elif change.type == PLAN and change.action is Action.CHANGE:
            yield from _plan(change)
        elif change.type == TOPIC and change.action is Action.DELETE and situation.after:
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: deletes the topic, and with it the subscriptions of "
                "everybody who is told of alarms",
                "subscribe them to another topic first, where somebody is to be told",
                change.location,
            )
        elif change.action is Action.CHANGE and holding(situation, change):
            yield from _weakened(change)
            if change.type == BUCKET:
                yield from _bucket(situation, change)


def _weakened(change: ResourceChange) -> Iterator[Block]:
    for leaf in change.properties:
        protection = leaf.path in PROTECTIONS.get(change.type, ()) or leaf.path.startswith(
            tuple(f"{name}." for name in PROTECTIONS.get(change.type, ()))
        )
        off = protection and str(leaf.after).lower() in ("false", "disabled", "none")
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
        elif _weaker_policy(leaf) or off:
            yield _less_protected(change, leaf)


def _weaker_policy(leaf: PropertyChange) -> bool:
    policy = leaf.attribute in ("DeletionPolicy", "UpdateReplacePolicy")
    return policy and leaf.after in (DELETE, SNAPSHOT, None) and leaf.before != DELETE


def _less_protected(change: ResourceChange, leaf: PropertyChange) -> Block:
    return warned(
        change,
        "CAM668",
        f"{change.logical_id}: {leaf.path or leaf.attribute} goes from {leaf.before} to "
        f"{leaf.after}: what it holds is less protected from the next deployment or deletion",
        LATER,
        leaf.location,
    )


def _bucket(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    for leaf in change.properties:
        if leaf.path.endswith(".ExpirationInDays") and _less(leaf):
            yield _shorter(change, leaf, "objects")
    before = properties_of(situation.before, change.address)
    after = properties_of(situation.after, change.address)
    if "ReplicationConfiguration" in before and "ReplicationConfiguration" not in after:
        yield warned(
            change,
            "CAM668",
            f"{change.logical_id}: what is written from now on is no longer copied to another "
            "bucket",
            "copies that are there stay; " + LATER,
            change.line_of("ReplicationConfiguration"),
        )


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
            "it goes on costing money, and nothing deletes it but you"
            + still_taken(situation.before.get(change.address, {})),
            change.location,
        )
    else:
        yield warned(
            change,
            "CAM797",
            f"{change.logical_id}: deletes the log group, with every event in it",
            "export the events first, if somebody may need them; or set `observability.on_delete` "
            "to retain, and deploy that before",
            change.location,
        )


def _shorter(change: ResourceChange, leaf: PropertyChange, what: str) -> Block:
    before = "forever" if leaf.before is None else f"{leaf.before} days"
    return warned(
        change,
        "CAM797",
        f"{change.logical_id}: {what} are kept for {leaf.after} days instead of {before}: older "
        "ones are deleted",
        AT_ONCE,
        leaf.location,
    )


def _selection(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    selection = properties_of(situation.before, change.address)
    chosen: Any = selection.get("BackupSelection", {})
    resources = {symbol.resource for symbol in symbols(chosen.get("Resources", []))}
    gone = {each.address for each in situation.changes if each.action is Action.DELETE}
    if resources and resources <= gone:
        return  # with what it backed up, which is said
    what = BACKED_UP.get(change.logical_id.removeprefix("BackupSelection"), "what it names")
    yield warned(
        change,
        "CAM668",
        f"{change.logical_id}: AWS Backup makes no more recovery points of {what}",
        "recovery points that are there stay in the vault for as long as they were to; " + LATER,
        change.location,
    )


def _plan(change: ResourceChange) -> Iterator[Block]:
    copies = False
    for leaf in change.properties:
        if leaf.path.endswith("Lifecycle.DeleteAfterDays") and _less(leaf):
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: recovery points are kept for {leaf.after} days instead of "
                f"{shown(leaf.before)}",
                "this applies to those made from now on; " + LATER,
                leaf.location,
            )
        elif leaf.path.endswith("DestinationBackupVaultArn") and leaf.after is None and not copies:
            copies = True
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: recovery points are no longer copied to {leaf.before}",
                "copies that are there stay; " + LATER,
                leaf.location,
            )


def _less(leaf: PropertyChange) -> bool:
    """Whether a number of days becomes smaller; left out, it is without an end, but for RDS."""
    before, after = (number(value) for value in (leaf.before, leaf.after))
    if after is None:
        return leaf.path == "BackupRetentionPeriod" and before is not None and before > 1
    return before is None or after < before

"""Gate checks for changes that AWS refuses, permanently or for a time, or never undoes.

S3 never switches Object Lock off. A vault lock with days in which it may change is fixed after them
(AWS Backup API Reference, PutBackupVaultLockConfiguration). EFS changes its throughput mode, and
lowers the provisioned throughput, once in 24 hours (EFS API Reference, UpdateFileSystem,
TooManyRequests). RDS changes a cluster to Aurora I/O-Optimized once in 30 days (Amazon Aurora User
Guide, Amazon Aurora storage).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.blocks import blocked, forbidden, warned
from camformation.deploy.plan.model import Action, Block, ResourceChange, Severity
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import shown, symbols
from camformation.deploy.plan.template_diff import exports, properties_of
from camformation.deploy.plan.values import number
from camformation.shapes import mapping

BUCKET = "AWS::S3::Bucket"
ENABLED, VERSIONS = "ObjectLockEnabled", "VersioningConfiguration"
VAULT, LOCK, DAYS = "AWS::Backup::BackupVault", "LockConfiguration", "ChangeableForDays"
FILES = "AWS::EFS::FileSystem"
CLUSTER, STORAGE, OPTIMIZED = "AWS::RDS::DBCluster", "StorageType", "aurora-iopt1"
MODE, THROUGHPUT = "ThroughputMode", "ProvisionedThroughputInMibps"


def lock_gate(situation: Situation) -> Iterator[Block]:
    """Yield changes of locks, throughput and exports that AWS refuses, so that the deployment would
    fail, and locks that nobody removes later."""
    yield from _exports(situation)
    yield from _permanent(situation)
    for change, before, after in situation.updated():
        if change.type == BUCKET and before.get(ENABLED) and not after.get(ENABLED):
            leaf = change.change_of(ENABLED)
            yield forbidden(
                change,
                "CAM717",
                f"{change.logical_id}: S3 cannot turn Object Lock off again, so the deployment "
                "would fail",
                "keep `storage.backup.object_lock`; fewer `days`, or mode governance, apply to "
                "objects written later",
                leaf.location if leaf else change.location,
            )
        elif change.type == BUCKET and before.get(ENABLED):
            yield from _versions(change, after)
        elif change.type == VAULT:
            yield from _vault(change, _days(before))
        elif change.type == FILES:
            yield from _throughput(change, before, after)
        elif change.type == CLUSTER and after.get(STORAGE) == OPTIMIZED:
            yield from _storage(change)


def _permanent(situation: Situation) -> Iterator[Block]:
    """Warn of locks of a live deployment that begin, and that no later deployment ends."""
    for change in situation.changes:
        if change.action not in (Action.ADD, Action.CHANGE):
            continue
        before, after = (
            properties_of(each, change.address) for each in (situation.before, situation.after)
        )
        if change.type == BUCKET and after.get(ENABLED) and before and not before.get(ENABLED):
            yield warned(
                change,
                "CAM798",
                f"{change.logical_id}: S3 can never turn Object Lock off again, nor the versions "
                "of objects",
                "deploy it only if it is to stay; `days` and mode can be changed for objects "
                "written later",
                change.line_of(ENABLED) or change.location,
            )
        elif change.type == VAULT and (days := _days(after)) and not _days(before):
            yield warned(
                change,
                "CAM798",
                f"{change.logical_id}: in {shown(days)} days, the lock is permanent: from then on, "
                "nobody can change or remove it, nor delete a recovery point before its time",
                "watch within these days whether the retention is what you need; mode governance "
                "can be changed at any time",
                change.line_of(LOCK) or change.location,
            )


def _days(vault: Mapping[str, Any]) -> Any:
    """Return the days in which a vault's lock may change; None if that has no end."""
    return mapping(vault.get(LOCK)).get(DAYS)


def _versions(change: ResourceChange, after: Mapping[str, Any]) -> Iterator[Block]:
    """Block the end of versioning, which Object Lock needs (Amazon S3 User Guide, Object Lock
    considerations)."""
    leaf = change.change_of(VERSIONS)
    versions = after.get(VERSIONS)
    if leaf and not (isinstance(versions, dict) and versions.get("Status") == "Enabled"):
        yield forbidden(
            change,
            "CAM717",
            f"{change.logical_id}: a bucket with Object Lock keeps versions, and S3 refuses to "
            "suspend that: the deployment would fail at this resource, and be rolled back",
            "undo the change",
            leaf.location or change.location,
        )


def _storage(change: ResourceChange) -> Iterator[Block]:
    if leaf := change.change_of(STORAGE):
        yield warned(
            change,
            "CAM798",
            f"{change.logical_id}: RDS changes to {OPTIMIZED} only once in 30 days: before that, "
            "the deployment would fail and be rolled back",
            "a change back to aurora is possible at any time",
            leaf.location,
        )


def _exports(situation: Situation) -> Iterator[Block]:
    """Warn of exports that are removed, or get another value (CloudFormation Template Reference,
    Outputs: neither is possible while another stack imports them)."""
    after = {each.name: each.value for each in exports(situation.new)}
    for export in exports(situation.old) if situation.after else ():
        moved = any(
            change is not None and change.action in (Action.REPLACE, Action.DELETE)
            for change in (situation.change(each.resource) for each in symbols(export.value))
        )
        if export.name in after and shown(after[export.name]) == shown(export.value) and not moved:
            continue
        does = "gets another value" if export.name in after else "ends"
        yield Block(
            "CAM798",
            Severity.WARNING,
            f"the export {export.name} {does}, which CloudFormation refuses while another stack "
            "imports it: the deployment would fail at this resource, and be rolled back",
            "find the stacks that import it (aws cloudformation list-imports --export-name "
            f"{export.name}), and change them to another value first",
        )


def _vault(change: ResourceChange, days: Any) -> Iterator[Block]:
    leaf = change.change_of(LOCK)
    if days and leaf:
        yield blocked(
            change,
            "CAM798",
            f"{change.logical_id}: the lock is in compliance mode, and nobody can change or "
            f"remove it once {days} days have passed: after that, the deployment would fail and "
            "be rolled back",
            "leave `aws_backup.lock` as it is deployed; if these days have not passed yet, pass "
            "--allow-data-loss {}",
            leaf.location,
        )


def _throughput(
    change: ResourceChange, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Block]:
    old, new = (number(each.get(THROUGHPUT)) for each in (before, after))
    less = old is not None and new is not None and new < old
    leaf = change.change_of(MODE) or (change.change_of(THROUGHPUT) if less else None)
    if leaf:
        yield warned(
            change,
            "CAM798",
            f"{change.logical_id}: EFS accepts another throughput mode, or less throughput, only "
            "24 hours after the last such change: before that, the deployment would fail and be "
            "rolled back",
            "deploy it when the last such change is more than a day ago",
            leaf.location,
        )

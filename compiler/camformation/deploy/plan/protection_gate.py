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
from camformation.deploy.plan.values import mappings, number

BUCKET = "AWS::S3::Bucket"
LOG_GROUP = "AWS::Logs::LogGroup"
PLAN, SELECTION = "AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection"
ALARM, TOPIC = "AWS::CloudWatch::Alarm", "AWS::SNS::Topic"

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
            yield from _plan(situation, change)
        elif change.type == TOPIC and change.action is Action.DELETE and situation.after:
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: deletes the topic, and with it the subscriptions of "
                "everybody who is told of alarms",
                "subscribe them to another topic first, where somebody is to be told",
                change.location,
            )
        elif change.type == TOPIC and change.action is Action.ADD and _told(situation):
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: alarms go to a new topic, to which nobody is subscribed: "
                "who is told of them now is told no more",
                "subscribe to it right after the deployment",
                change.location,
            )
        elif change.action is Action.CHANGE and holding(situation, change):
            yield from _weakened(change)
            if change.type == BUCKET:
                yield from _bucket(situation, change)


def _told(situation: Situation) -> bool:
    """Whether alarms tell somebody already."""
    return any(
        resource["Type"] == ALARM and resource.get("Properties", {}).get("AlarmActions")
        for resource in situation.before.values()
    )


def _weakened(change: ResourceChange) -> Iterator[Block]:
    for leaf in change.properties:
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
        yield _less_protected(change, *policies)  # mostly both of them


def _weaker_policy(leaf: PropertyChange) -> bool:
    policy = leaf.attribute in ("DeletionPolicy", "UpdateReplacePolicy")
    return policy and leaf.after in (DELETE, SNAPSHOT, None) and leaf.before != DELETE


def _less_protected(change: ResourceChange, *leaves: PropertyChange) -> Block:
    goes = ", ".join(
        f"{leaf.path or leaf.attribute} goes from {leaf.before} to {leaf.after}" for leaf in leaves
    )
    return warned(
        change,
        "CAM668",
        f"{change.logical_id}: {goes}: what it holds is less protected from the next deployment or "
        "deletion",
        LATER,
        leaves[0].location,
    )


def _bucket(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    for leaf in change.properties:
        if leaf.path.endswith(".ExpirationInDays") and _less(leaf):
            yield _shorter(change, leaf, "objects")
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
            f"{change.logical_id}: what is written from now on is no longer copied to "
            f"{', '.join(gone)}"
            + (f" but to {', '.join(sorted(after))}, without what is there" if after else ""),
            "copies that are there stay; " + LATER,
            change.line_of("ReplicationConfiguration"),
        )


def _shorter_lock(change: ResourceChange, leaf: PropertyChange, how: str) -> Block:
    return warned(
        change,
        "CAM668",
        f"{change.logical_id}: objects that are written from now on are locked {how}",
        "those that are there stay locked as they are; " + LATER,
        leaf.location,
    )


def _destinations(bucket: Any) -> set[str]:
    """Return the buckets that one is copied to (Amazon S3 User Guide, What does Amazon S3
    replicate: what is written while a rule is there)."""
    configuration = mappings([bucket.get("ReplicationConfiguration")])
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


def _plan(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Warn of recovery points, and of copies of them in other vaults, that are fewer; whichever
    place they have in the plan."""
    old, new = (
        _recovery_points(properties_of(each, change.address))
        for each in (situation.before, situation.after)
    )
    for place, before in old.items():
        after = new.get(place)
        copies = place.startswith("arn:")
        what, at = "recovery points", change.line_of("BackupPlan") or change.location
        if copies and place not in new:
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: {what} are no longer copied to {place}",
                "copies that are there stay; " + LATER,
                at,
            )
        elif after is not None and (before is None or after < before):
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: {f'copies in {place}' if copies else what} are kept for "
                f"{after:g} days instead of {'forever' if before is None else f'{before:g}'}",
                "this applies to those made from now on; " + LATER,
                at,
            )


def _recovery_points(plan: Any) -> dict[str, float | None]:
    """Return for how many days a backup plan keeps recovery points, by rule, and copies of them, by
    vault; None is for ever."""
    found: dict[str, float | None] = {}
    rules = mappings([plan.get("BackupPlan")])[:1]
    for rule in mappings(rules[0].get("BackupPlanRule")) if rules else ():
        found[shown(rule.get("RuleName"))] = _days(rule)
        for copy in mappings(rule.get("CopyActions")):
            found[shown(copy.get("DestinationBackupVaultArn"))] = _days(copy)
    return found


def _days(kept: Any) -> float | None:
    lifecycle = kept.get("Lifecycle")
    return number(lifecycle.get("DeleteAfterDays")) if isinstance(lifecycle, dict) else None


def _less(leaf: PropertyChange) -> bool:
    """Whether a number of days becomes smaller; left out, it is without an end, but for RDS."""
    before, after = (number(value) for value in (leaf.before, leaf.after))
    if after is None:
        return leaf.path == "BackupRetentionPeriod" and before is not None and before > 1
    return before is None or after < before

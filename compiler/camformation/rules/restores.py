"""Rules for a database with data from elsewhere, and brokers restored to fit it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

SOURCE: Path = ("database", "source")
RESTORE: Path = ("orchestration", "restore")


@rule("CAM174", "Brokers restored to another time than the database")
def one_moment(d: Deployment) -> Iterator[Violation]:
    """A restore needs the database and the brokers of the same time. Camunda reads in the restored
    database how far brokers had exported, and restores the brokers at least that far; afterwards
    brokers export again what is missing in the database. So brokers may be restored to a later time
    than the database, but not to an earlier one: the restore fails.

    - `orchestration.restore.to` must not be before `database.source.restore_to_time`, nor be given
      when the database is restored to its latest time.
    - `from` is the start of the range that contains what is missing in the database: not after its
      time.
    - A `backup_id` is used without checking the database. The IDs of scheduled backups are times,
      in milliseconds since 1970: one from before the database's time does not work.
    - Brokers restored from another deployment's bucket need that deployment's database, too.

    If unsure, leave out all of these: `restore: {}` finds what the database needs.

    Source: Camunda docs, Restore a backup with the Restore Application (RDBMS).
    """
    source, restore = d.database.source, d.orchestration.restore
    if restore is None:
        return
    if restore.bucket and source is None and d.database.existing is None:
        yield Violation(
            (*RESTORE, "bucket"),
            "brokers get another deployment's data, and the new database is empty",
            "set database.source to a snapshot or a point in time of that deployment's database",
            Severity.WARNING,
        )
    if source is None or source.cluster_identifier is None:
        return  # nobody knows a snapshot's time
    moment = _moment(source.restore_to_time)
    to, start = _moment(restore.to), _moment(restore.from_)
    if source.restore_to_time is None:
        if to:
            yield Violation(
                (*RESTORE, "to"),
                "the database is restored to its latest time, which is after this one",
                f"set database.source.restore_to_time to {restore.to}, or remove to",
            )
        return
    if moment is None:
        return
    if to and to < moment:
        yield Violation(
            (*RESTORE, "to"),
            f"brokers would be restored to a time before the database's, {source.restore_to_time}",
            f"set it to {source.restore_to_time} or later, or remove it",
        )
    if start and start > moment:
        yield Violation(
            (*RESTORE, "from"),
            f"the range begins after the database's time, {source.restore_to_time}: what happened "
            "in between is missing",
            f"set it to {source.restore_to_time} or earlier",
        )
    for backup in (restore.backup_id or "").split(","):
        made = _made(backup)
        if made and made < moment:
            yield Violation(
                (*RESTORE, "backup_id"),
                f"backup {backup} is of {made:%Y-%m-%dT%H:%M:%SZ}, before the database's time, "
                f"{source.restore_to_time}",
                "use a later backup, or restore the database to an earlier time",
                Severity.WARNING,
            )


@rule("CAM200", "Missing or ambiguous source of the database")
def one_source(d: Deployment) -> Iterator[Violation]:
    """A database comes from one source: a snapshot, which fixes the time, or a cluster, at a point
    in time or at the latest possible time.

    Source: AWS CloudFormation Template Reference, AWS::RDS::DBCluster (SnapshotIdentifier,
    SourceDBClusterIdentifier, RestoreToTime).
    """
    source = d.database.source
    if source is None:
        return
    snapshot, cluster = source.snapshot_identifier, source.cluster_identifier
    if not snapshot and not cluster:
        yield Violation(
            SOURCE,
            "neither a snapshot nor a cluster to restore from",
            "set snapshot_identifier or cluster_identifier, or remove source",
            required=True,
        )
    if snapshot and cluster:
        yield Violation(
            (*SOURCE, "cluster_identifier"),
            "restore from a snapshot or from a cluster, not both",
            "remove snapshot_identifier or cluster_identifier",
        )
    if source.restore_to_time and not cluster:
        yield Violation(
            (*SOURCE, "restore_to_time"),
            "only a cluster can be restored to a point in time",
            "set cluster_identifier, or remove restore_to_time",
        )
    if source.restore_to_time and _moment(source.restore_to_time) is None:
        yield Violation(
            (*SOURCE, "restore_to_time"),
            f"{str(source.restore_to_time)!r} is not a valid time",
            "for example 2026-11-20T10:00:00Z",
        )


@rule("CAM209", "Restore from another deployment without its key or passwords")
def other_deployment(d: Deployment) -> Iterator[Violation]:
    """The restore reads the bucket in the deployment's region, unless `bucket.region` names
    another. A bucket's key is in the bucket's region.

    With `authentication.mode: basic`, a restored cluster has the users of the other deployment,
    with the passwords they had: Camunda creates its first users only where they do not exist. With
    generated passwords, connectors could not log in, and `camformation password` would print one
    that is not the administrator's. Name the other deployment's secrets, and their key in
    `secrets.kms_key_arn`.

    Source: Amazon S3 User Guide, Protecting data with SSE-KMS; Camunda docs, Backup store, S3;
    Camunda docs, Admin: Identity as Code.
    """
    restore = d.orchestration.restore
    if restore is None or restore.bucket is None:
        return
    bucket = restore.bucket
    here = bucket.region or d.region
    there = bucket.kms_key_arn.split(":")[3] if bucket.kms_key_arn else None
    if there and here and there != here:
        yield Violation(
            (*RESTORE, "bucket", "kms_key_arn"),
            f"the key is in {there}, the bucket in {here}",
            f"set orchestration.restore.bucket.region to {there}, or name the bucket's own key",
        )
    if d.authentication.mode != "basic":
        return
    users = [("admin", d.authentication.users.admin, "people")]
    if d.connectors.enabled:
        users.append(("connectors", d.authentication.users.connectors, "connectors"))
    for name, user, who in users:
        if not user.password_secret_arn:
            yield Violation(
                (*RESTORE, "bucket"),
                f"{who} cannot log in as {user.username} with a generated password: the restored "
                "user keeps the password it had",
                f"set authentication.users.{name}.password_secret_arn to the other deployment's "
                "secret",
                Severity.WARNING,
            )


def _moment(text: str | None) -> datetime | None:
    """Return a time of the spec; None where it is none, which another rule says."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _made(backup: str) -> datetime | None:
    """Return the time of a scheduled backup."""
    if len(backup) == 13 and backup.isdigit():
        return datetime.fromtimestamp(int(backup) / 1000, UTC)
    return None

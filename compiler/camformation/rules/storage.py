"""Rules for the brokers' storage, for backups, and for what must not be lost."""

from collections.abc import Iterator
from datetime import datetime

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.durations import seconds
from camformation.rules import cron
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings

BACKUP = ("storage", "backup")
RESTORE = ("orchestration", "restore")
DAY = 86_400
SLOWEST = 10  # MiB/s
SUGGESTED = {"schedule": "PT1H", "checkpoint_interval": "PT15M"}  # Camunda docs, RDBMS backup
STORE_SETTINGS = ("CAMUNDADOCUMENT", "DOCUMENT")  # of a store of one's own


@rule("CAM130", "Backups unusable for a restore")
def backups(d: Deployment) -> Iterator[Violation]:
    """To restore brokers to the same time as the database, Camunda needs continuous backups, and
    these need a schedule: without one, the log for continuous backups grows without limit.
    Production requires both. A schedule is an interval, or a cron expression in Spring's format,
    with six fields, the first for seconds.

    Source: Camunda docs, Back up and restore with RDBMS; Spring Framework docs, CronExpression.
    """
    backup = d.storage.backup
    production = d.profile == "production"
    if not backup.schedule and (backup.continuous or production):
        yield Violation(
            (*BACKUP, "schedule"),
            "without a backup schedule, continuous backups keep the log forever"
            if backup.continuous
            else "production needs scheduled backups",
            "set storage.backup.schedule, for example to PT1H",
        )
    if backup.schedule and " " in backup.schedule and (why := cron.spring(backup.schedule)):
        yield Violation(
            (*BACKUP, "schedule"),
            f"Camunda cannot read {quoted(backup.schedule)}: {why}",
            "write, for example, 0 0 */4 * * * for every fourth hour, or PT4H",
        )
    if production and not backup.continuous:
        yield Violation(
            (*BACKUP, "continuous"),
            "production needs continuous backups: without them, brokers cannot be restored to "
            "the same point in time as the database",
            "set storage.backup.continuous to true",
        )


@rule("CAM131", "Backups deleted too soon")
def retention(d: Deployment) -> Iterator[Violation]:
    """Scheduled backups older than the retention are deleted. If the retention is shorter than the
    time between two backups or checkpoints, there are times without a backup. Intervals must be
    longer than zero.

    A restore needs Zeebe's backups and the database's of the same time. In production the database
    should therefore keep its own for as long, with `database.backup_retention_days`.

    Source: Camunda docs, Primary storage configuration (backup); Camunda docs, Back up and restore
    with RDBMS.
    """
    backup = d.storage.backup
    kept = seconds(backup.retention)
    if kept is None or not backup.schedule:
        return
    between = [("schedule", backup.schedule)]
    if backup.continuous:
        between.append(("checkpoint_interval", backup.checkpoint_interval))
    for name, interval in between:
        every = seconds(interval)
        if every == 0:
            yield Violation(
                (*BACKUP, name),
                f"{interval} is an interval of zero length",
                f"set storage.backup.{name}, for example to {SUGGESTED[name]}",
            )
        elif every is not None and kept < every:
            yield Violation(
                (*BACKUP, "retention"),
                f"a retention of {backup.retention} is shorter than {name}, {interval}",
                "keep backups for several intervals, for example P7D",
            )
    days = d.database.backup_retention_days
    if d.profile == "production" and kept > days * DAY and not d.database.existing:
        yield Violation(
            (*BACKUP, "retention"),
            f"Zeebe's backups outlive the database's, which are kept for {days} "
            f"day{'s' * (days > 1)}: Zeebe's data cannot be restored without a database backup "
            "of the same time",
            f"set database.backup_retention_days to {-(-int(kept) // DAY)}"
            if kept <= 35 * DAY
            else "set storage.backup.retention to P35D or less, the most that Aurora keeps",
            Severity.WARNING,
        )


@rule("CAM133", "Missing or ambiguous restore point")
def restore(d: Deployment) -> Iterator[Violation]:
    """A restore uses one backup (`backup_id`); or a time between backups (`to`, or `from` and
    `to`); or, with none of these, the state that the restored database needs. All but the first
    need continuous backups, in the source bucket.

    Source: Camunda docs, Restore a backup with the Restore Application (RDBMS).
    """
    restore = d.orchestration.restore
    if restore is None:
        return
    given = {"from": restore.from_, "to": restore.to}
    moments: dict[str, datetime] = {}
    for name, text in given.items():
        try:
            if text:
                moments[name] = datetime.fromisoformat(text)
        except ValueError:
            yield Violation(
                (*RESTORE, name),
                f"{text!r} is not a valid time",
                "for example 2026-11-20T10:00:00Z",
            )
    if restore.backup_id is not None:
        if restore.from_ or restore.to:
            yield Violation(
                (*RESTORE, "backup_id"),
                "restore a backup or a time range, not both",
                "remove backup_id, or from and to",
            )
        return
    if restore.from_ and not restore.to:
        yield Violation((*RESTORE, "from"), "`from` needs `to`", "add to, or remove from")
    if len(moments) == 2 and moments["from"] >= moments["to"]:
        yield Violation((*RESTORE, "from"), "`from` must be before `to`", "swap them")
    if not d.storage.backup.continuous and not restore.bucket:  # whose backups nobody knows here
        last = "to" if restore.to else "from"
        yield Violation(
            (*RESTORE, last) if restore.from_ or restore.to else RESTORE,
            "without continuous backups, a restore needs a backup_id",
            "set orchestration.restore.backup_id, or storage.backup.continuous to true",
        )


@rule("CAM178", "Production data that is deleted with the stack")
def deletable(d: Deployment) -> Iterator[Violation]:
    """In production, deleting a stack or replacing a resource must not delete data: the brokers'
    data, backups, documents and secrets are retained, and the database leaves at least a snapshot.
    Deletion protection of the stack and the database should be on, and logs should stay.

    Source: AWS CloudFormation User Guide, DeletionPolicy attribute.
    """
    if d.profile != "production":
        return
    kept: list[tuple[Path, str]] = [
        (("storage", "on_delete"), d.storage.on_delete),
        (("storage", "backup", "on_delete"), d.storage.backup.on_delete),
        (("secrets", "on_delete"), d.secrets.on_delete),
    ]
    if d.observability.on_delete == "delete":
        yield Violation(
            ("observability", "on_delete"),
            "in production, logs should stay when the deployment is deleted",
            "use `retain`",
            Severity.WARNING,
        )
    if not d.database.existing:
        kept.append((("database", "on_delete"), d.database.on_delete))
    if d.storage.documents.enabled:
        kept.append((("storage", "documents", "on_delete"), d.storage.documents.on_delete))
    for path, policy in kept:
        if policy == "delete":
            yield Violation(
                path,
                f"in production, {'.'.join(map(str, path))} must not be `delete`",
                "use `snapshot` or `retain`" if path[0] == "database" else "use `retain`",
            )
    protected = d.database.deletion_protection or d.database.existing is not None
    guards: list[tuple[Path, bool]] = [
        (("database", "deletion_protection"), protected),
        (("stack", "termination_protection"), d.stack.termination_protection),
        (("stack", "protect_data"), d.stack.protect_data),
    ]
    for path, on in guards:
        if not on:
            dotted = ".".join(map(str, path))
            yield Violation(
                path,
                f"in production, {dotted} should be on to prevent accidental deletion",
                f"set {dotted} to true",
                Severity.WARNING,
            )


@rule("CAM181", "File system mode too slow for brokers", Severity.WARNING)
def file_system(d: Deployment) -> Iterator[Violation]:
    """Brokers need low latency for every write. `maxIO` supports more parallel clients at a higher
    latency, and cannot be combined with elastic throughput; with `bursting`, a small file system
    has almost no throughput once its credits are used up. What is provisioned is for all brokers
    together: they write a segment of 128 MiB for each partition before they are ready, and with
    less than 10 MiB/s that takes minutes. Camunda's reference provisions 50.

    Source: Amazon EFS User Guide, Performance specifications; Camunda docs, Amazon ECS reference
    architecture (EFS); Camunda docs, Cluster properties (raft, preallocate-segment-files).
    """
    efs = d.storage.efs
    if efs.performance_mode == "maxIO":
        elastic = efs.throughput_mode == "elastic"
        yield Violation(
            ("storage", "efs", "performance_mode"),
            "maxIO cannot be combined with elastic throughput"
            if elastic
            else "maxIO has a latency that slows brokers",
            "use generalPurpose",
            Severity.ERROR if elastic else None,
        )
    if efs.throughput_mode == "bursting":
        yield Violation(
            ("storage", "efs", "throughput_mode"),
            "bursting throughput depends on the size of the file system, and brokers store "
            "little data",
            "use elastic, or provisioned",
        )
    given = efs.provisioned_throughput_mibps
    if efs.throughput_mode == "provisioned" and given < SLOWEST:
        yield Violation(
            ("storage", "efs", "provisioned_throughput_mibps"),
            f"all brokers share {given} MiB/s, and each writes 128 MiB for every partition before "
            "it is ready",
            f"provision {SLOWEST} or more, as the load needs, or use elastic",
        )


@rule("CAM185", "Documents lost on restart", Severity.WARNING)
def documents(d: Deployment) -> Iterator[Violation]:
    """Without a document store, Camunda keeps uploaded documents in the memory of the broker that
    received them: other brokers do not see them, and a restart loses them.

    Source: Camunda docs, Document handling configuration.
    """
    if d.profile != "production" or d.storage.documents.enabled:
        return
    if not any(each.key.startswith(STORE_SETTINGS) for each in broker_settings(d).all):
        yield Violation(
            ("storage", "documents", "enabled"),
            "documents are stored only in the memory of one broker",
            "set storage.documents.enabled to true",
        )

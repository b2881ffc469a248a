"""Rules for the plan of AWS Backup, and for locks of backups."""

from collections.abc import Iterator

from camformation.components.aws_backup_spec import missing
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.rules import cron
from camformation.rules.registry import Violation, rule

PLAN: Path = ("aws_backup",)
LOCK: Path = ("storage", "backup", "object_lock")


@rule("CAM228", "Backup plan that cannot be carried out")
def plan(d: Deployment) -> Iterator[Violation]:
    """A plan of AWS Backup needs something to back up: the deployment's own database, file system
    or buckets, not those that are managed elsewhere. A locked vault refuses recovery points that
    are kept for less than the lock's minimum, or for longer than its maximum: every backup would
    fail, although the deployment succeeds. A vault needs one copy: two to the same vault are a
    warning. In `schedule`, exactly one of the day of the month and the day of the week is `?`, and
    days of the week are numbered from 1, which is Sunday. There must be at least an hour between
    two backups, so `schedule` has a single minute.

    Source: AWS Backup Developer Guide, AWS Backup Vault Lock; AWS CloudFormation docs,
    AWS::Backup::BackupPlan BackupRuleResourceType; Amazon EventBridge User Guide, Cron expressions;
    AWS re:Post, Error scheduling backup every ten minutes in AWS Backup.
    """
    spec = d.aws_backup
    if spec is None:
        return
    if problem := cron.aws(spec.schedule):
        yield Violation(
            (*PLAN, "schedule"),
            f"AWS refuses {quoted(spec.schedule)}: {problem}",
            "write, for example, cron(0 3 * * ? *) for every day, cron(0 3 ? * SUN *) for Sundays",
        )
    elif cron.often(spec.schedule):
        yield Violation(
            (*PLAN, "schedule"),
            "AWS Backup refuses a schedule with less than 60 minutes between two backups",
            "write one minute, such as cron(0 * * * ? *) for every hour",
        )
    if set(spec.resources) <= set(missing(spec, d.database, d.storage)):
        yield Violation(
            (*PLAN, "resources"),
            f"nothing is left to back up: the deployment has no {' and no '.join(spec.resources)} "
            "of its own",
            "add what it has, such as backups, or set aws_backup to null",
            required=True,
        )
    seen: set[str] = set()
    for index, copy in enumerate(spec.copies):
        if copy.vault_arn in seen:
            yield Violation(
                (*PLAN, "copies", index, "vault_arn"),
                "another copy goes to this vault already: each recovery point would be there twice",
                "keep one of them, with the longer retention",
                Severity.WARNING,
            )
        seen.add(copy.vault_arn)
    if spec.lock is None:
        return
    least, most = spec.lock.min_retention_days, spec.lock.max_retention_days
    if least and most and least > most:
        yield Violation(
            (*PLAN, "lock", "min_retention_days"),
            f"the lock's minimum of {least} days is above its maximum of {most}",
            f"set min_retention_days to {most} or less, or raise max_retention_days",
        )
        return
    if least and least > spec.retention_days:
        yield Violation(
            (*PLAN, "lock", "min_retention_days"),
            f"the vault refuses recovery points kept for {spec.retention_days} days: its lock "
            f"requires at least {least}",
            f"set aws_backup.retention_days to {least} or more, or lower the minimum",
        )
    if most and most < spec.retention_days:
        yield Violation(
            (*PLAN, "lock", "max_retention_days"),
            f"the vault refuses recovery points kept for {spec.retention_days} days: its lock "
            f"allows at most {most}",
            f"set aws_backup.retention_days to {most} or less, or raise the maximum",
        )


@rule("CAM229", "Lock that nobody can remove", Severity.WARNING)
def final(d: Deployment) -> Iterator[Violation]:
    """In compliance mode, nobody can delete locked data early: not an administrator, not the
    account's owner, not AWS. With a wrong number of days, or if data must be erased by law, the
    data stays and is billed. The vault's lock is final after `changeable_for_days`, an object's at
    once. Governance mode protects against mistakes and stolen roles, and can be undone. If
    compliance is what you need, ignore this rule with the reason.

    Source: AWS Backup Developer Guide, AWS Backup Vault Lock; Amazon S3 User Guide, Locking objects
    with Object Lock.
    """
    lock, objects = d.aws_backup and d.aws_backup.lock, d.storage.backup.object_lock
    if lock and lock.mode == "compliance":
        yield Violation(
            (*PLAN, "lock", "mode"),
            f"after {lock.changeable_for_days} days nobody can change this lock, or delete the "
            "vault before its last recovery point has expired",
            "try it with mode governance first",
        )
    if objects and objects.mode == "compliance":
        yield Violation(
            (*LOCK, "mode"),
            "nobody can delete a backup before its lock ends, for any reason",
            "try it with mode governance first",
        )


@rule("CAM230", "Recovery points of a file system in use", Severity.WARNING)
def file_system(d: Deployment) -> Iterator[Violation]:
    """AWS Backup copies the file system while brokers write to it, file by file. Such a copy does
    not show a single moment: no broker can be expected to start from it. A running cluster is
    restored from Zeebe's own backups, in the backup bucket, together with the database. A recovery
    point of the file system is a cold backup if brokers were stopped while it was made.

    Source: Camunda docs, Backup and restore, Perform a cold backup; Amazon EFS User Guide, Backing
    up EFS file systems, Backup consistency.
    """
    spec = d.aws_backup
    if spec and "file_system" in spec.resources and not d.storage.efs.existing:
        yield Violation(
            (*PLAN, "resources"),
            "while brokers run, recovery points of the file system do not show a single moment",
            "leave out file_system; or stop brokers while it is backed up, and ignore this",
        )


@rule("CAM231", "Object Lock that is not possible")
def object_lock(d: Deployment) -> Iterator[Violation]:
    """Locked objects cannot be deleted, so with `storage.backup.on_delete: delete`, the deletion of
    the deployment would fail. Replication of a bucket with Object Lock needs a destination that
    also has it; S3 refuses any other.

    Source: Amazon S3 User Guide, Object Lock considerations.
    """
    backup = d.storage.backup
    if backup.object_lock is None:
        return
    if backup.on_delete == "delete":
        yield Violation(
            LOCK,
            "the backup bucket could not be deleted with the deployment while objects are locked",
            "set storage.backup.object_lock to null, or storage.backup.on_delete to retain",
            required=True,
        )
    if backup.replication:
        yield Violation(
            LOCK,
            "the replication's destination needs Object Lock too",
            "turn it on there, and ignore this; or set storage.backup.object_lock to null",
            Severity.WARNING,
        )

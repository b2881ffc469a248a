"""Rules for the database, the brokers' storage, and backups."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

_DURATION = r"P(?:(?P<D>\d+)D)?(?:T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>[\d.]+)S)?)?"
BACKUP = ("storage", "backup")


def seconds(duration: str) -> float | None:
    """Return an ISO 8601 duration of days and times in seconds; None for anything else."""
    found = re.fullmatch(_DURATION, duration)
    if not found:
        return None
    scale = {"D": 86_400, "H": 3_600, "M": 60, "S": 1}
    return sum(float(value) * scale[unit] for unit, value in found.groupdict().items() if value)


@rule("CAM121", "Nobody gives the database user its password or rights")
def database_user(d: Deployment) -> Iterator[Violation]:
    """With `authentication: iam` the database user needs `rds_iam` and rights on the database, with
    `password` also the password; the seed gives them. Without a seed (`seed: none`) somebody else
    has to, before the brokers start, or they never become ready. A password secret of your own is
    read only with `authentication: password`.

    Source: Camunda docs, RDBMS configuration; Amazon Aurora User Guide, IAM database
    authentication.
    """
    database = d.database
    if database.authentication == "password" and database.seed == "none":
        if not database.password_secret_arn:
            yield Violation(
                ("database", "seed"),
                f"nothing gives {database.user} its password in the database",
                "use `seed: task`, or set database.password_secret_arn to the secret of a user "
                "that exists",
            )
    elif database.seed == "none":
        yield Violation(
            ("database", "seed"),
            f"nothing makes the database user {database.user}: it has to exist before brokers "
            "start",
            "use `seed: task`, or have ready the SQL that docs/spec.md shows",
            Severity.WARNING,
        )
    if database.authentication == "iam" and database.password_secret_arn:
        yield Violation(
            ("database", "password_secret_arn"),
            "with `authentication: iam` no password is used",
            "remove it, or use `authentication: password`",
        )


@rule("CAM124", "One name for two database users")
def database_names(d: Deployment) -> Iterator[Violation]:
    """The administrator is only for the seed. Camunda's user must be another one: the seed would
    otherwise take away the administrator's password, or give it away.

    Source: Camunda docs, RDBMS configuration; Amazon Aurora User Guide, rds_iam takes precedence
    over a password.
    """
    database = d.database
    names: list[tuple[Path, str]] = [(("database", "user"), database.user)]
    names += [
        (("database", "additional_iam_users", index), name)
        for index, name in enumerate(database.additional_iam_users)
    ]
    seen = {str(database.admin_username): "the administrator"}
    for path, name in names:
        if name in seen:
            yield Violation(path, f"{name!r} is {seen[name]} already", "choose another name")
        seen.setdefault(name, "a user")


@rule("CAM130", "Backups that cannot restore the cluster")
def backups(d: Deployment) -> Iterator[Violation]:
    """To restore brokers to the same moment as the database, Camunda needs continuous backups, and
    those need a schedule: without one the log that continuous backups keep grows without bound.
    Production requires both.

    Source: Camunda docs, Back up and restore with RDBMS.
    """
    backup = d.storage.backup
    if backup.continuous and not backup.schedule:
        yield Violation(
            (*BACKUP, "schedule"),
            "continuous backups without a schedule keep the log forever",
            "set storage.backup.schedule, for example to PT1H",
        )
    if d.profile == "production" and not backup.continuous:
        yield Violation(
            (*BACKUP, "continuous"),
            "production needs continuous backups: without them the brokers cannot be restored "
            "to the moment of the database",
            "set storage.backup.continuous to true",
        )


@rule("CAM131", "Backups that are deleted before the next one")
def retention(d: Deployment) -> Iterator[Violation]:
    """Backups older than the retention are deleted. If that is shorter than the time between two
    backups or checkpoints, there are moments with none.

    Source: Camunda docs, Primary storage configuration (backup).
    """
    backup = d.storage.backup
    kept = seconds(backup.retention)
    if kept is None:
        return
    between = (("schedule", backup.schedule), ("checkpoint_interval", backup.checkpoint_interval))
    for name, interval in between:
        every = seconds(interval) if interval else None
        if every is not None and kept < every:
            yield Violation(
                (*BACKUP, "retention"),
                f"a retention of {backup.retention} is shorter than {name} ({interval})",
                "keep backups for several intervals, for example P7D",
            )


@rule("CAM133", "Restore from two things at once")
def restore(d: Deployment) -> Iterator[Violation]:
    """A restore is from one backup (`backup_id`), or to a moment between backups (`from`, `to`).
    The latter needs continuous backups.

    Source: Camunda docs, Back up and restore with RDBMS (restore application).
    """
    restore = d.orchestration.restore
    if restore is None:
        return
    range_given = restore.from_ is not None or restore.to is not None
    if restore.backup_id is not None and range_given:
        yield Violation(
            ("orchestration", "restore", "backup_id"),
            "a restore is from a backup or to a moment, not both",
            "remove backup_id, or from and to",
        )
    elif range_given and not d.storage.backup.continuous:
        yield Violation(
            ("orchestration", "restore", "to" if restore.to else "from"),
            "a restore to a moment needs continuous backups",
            "restore from a backup_id, if there is one",
        )
    if restore.from_ and restore.to and restore.from_ >= restore.to:
        yield Violation(
            ("orchestration", "restore", "from"), "`from` must be before `to`", "swap them"
        )


@rule("CAM177", "Serverless capacity the wrong way round")
def serverless(d: Deployment) -> Iterator[Violation]:
    """Aurora Serverless v2 scales between a minimum and a maximum of capacity units.

    Source: Amazon Aurora User Guide, Aurora Serverless v2 capacity.
    """
    found = d.database.serverless
    if found and found.min_acu > found.max_acu:
        yield Violation(
            ("database", "serverless", "min_acu"),
            f"min_acu {found.min_acu} is above max_acu {found.max_acu}",
            "swap them",
        )


@rule("CAM178", "Production data that goes with the stack")
def deletable(d: Deployment) -> Iterator[Violation]:
    """In production, deleting a stack or replacing a resource must not delete data: brokers' data,
    backups, documents and secrets are retained, the database at least leaves a snapshot.

    Source: AWS CloudFormation User Guide, DeletionPolicy attribute.
    """
    if d.profile != "production":
        return
    kept: list[tuple[Path, str]] = [
        (("storage", "on_delete"), d.storage.on_delete),
        (("storage", "backup", "on_delete"), d.storage.backup.on_delete),
        (("database", "on_delete"), d.database.on_delete),
        (("secrets", "on_delete"), d.secrets.on_delete),
    ]
    if d.storage.documents.enabled:
        kept.append((("storage", "documents", "on_delete"), d.storage.documents.on_delete))
    for path, policy in kept:
        if policy == "delete":
            yield Violation(
                path,
                f"in production {'.'.join(map(str, path))} must not be `delete`",
                "use `snapshot` or `retain`" if path[0] == "database" else "use `retain`",
            )


@rule("CAM181", "File system mode that brokers are too slow on", Severity.WARNING)
def file_system(d: Deployment) -> Iterator[Violation]:
    """Brokers need low latency for every write. `maxIO` trades latency for parallel clients, and
    cannot be combined with elastic throughput; `bursting` gives a small file system next to
    nothing once its credits are used.

    Source: Amazon EFS User Guide, Performance specifications; Camunda docs, Amazon ECS reference
    architecture (EFS).
    """
    efs = d.storage.efs
    if efs.performance_mode == "maxIO":
        elastic = efs.throughput_mode == "elastic"
        yield Violation(
            ("storage", "efs", "performance_mode"),
            "maxIO cannot be combined with elastic throughput"
            if elastic
            else "maxIO has a latency that brokers suffer from",
            "use generalPurpose",
            Severity.ERROR if elastic else None,
        )
    if efs.throughput_mode == "bursting":
        yield Violation(
            ("storage", "efs", "throughput_mode"),
            "bursting throughput falls with the size of the file system; brokers' data is small",
            "use elastic, or provisioned",
        )

"""The `aws_backup` section of a spec."""

from camformation.components.database_spec import DatabaseSpec
from camformation.components.storage_spec import StorageSpec
from camformation.frozen import frozen


@frozen
class VaultLockSpec:
    """`aws_backup.lock`: the protection of recovery points from deletion and earlier expiry."""

    mode: str  # governance | compliance
    min_retention_days: int | None  # None: that of the plan
    max_retention_days: int | None
    changeable_for_days: int  # of a compliance lock: afterwards nobody can remove it


@frozen
class CopySpec:
    """An element of `aws_backup.copies`: another vault that gets every recovery point."""

    vault_arn: str
    retention_days: int


@frozen
class AwsBackupSpec:
    """The `aws_backup` section of a spec."""

    schedule: str  # cron expression, in UTC
    retention_days: int
    resources: tuple[str, ...]  # database | backups | documents | file_system
    lock: VaultLockSpec | None
    copies: tuple[CopySpec, ...]
    kms_key_arn: str | None


def buckets_in_plan(spec: AwsBackupSpec | None) -> frozenset[str]:
    """Return the buckets that AWS Backup reads, by the names in `resources`."""
    return frozenset(spec.resources if spec else ()) & {"backups", "documents"}


def missing(spec: AwsBackupSpec, database: DatabaseSpec, storage: StorageSpec) -> list[str]:
    """Return the resources of the plan that the deployment does not have or own."""
    absent = {
        "database": database.existing is not None,
        "documents": not storage.documents.enabled,
        "file_system": storage.efs.existing is not None,
    }
    return [each for each in spec.resources if absent.get(each)]

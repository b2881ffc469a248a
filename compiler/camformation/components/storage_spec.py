"""The `storage` section of a spec."""

from camformation.frozen import frozen


@frozen
class ExistingFileSystemSpec:
    """`storage.efs.existing`: an existing file system with its access point."""

    file_system_id: str
    access_point_id: str
    security_group_id: str  # of the mount targets


@frozen
class EfsSpec:
    """`storage.efs`: the brokers' file system."""

    throughput_mode: str  # elastic | provisioned | bursting
    provisioned_throughput_mibps: int  # used with throughput_mode: provisioned
    performance_mode: str  # generalPurpose | maxIO
    kms_key_arn: str | None  # the account's aws/elasticfilesystem key where absent
    existing: ExistingFileSystemSpec | None
    security_group_ids: tuple[str, ...]  # of the mount targets, besides their own
    customer_key: bool  # is one created where `kms_key_arn` is absent


@frozen
class ReplicationSpec:
    """`storage.backup.replication`: copies of the backup bucket's objects in another bucket."""

    bucket_arn: str
    kms_key_arn: str  # in the region of that bucket
    delete_markers: bool


@frozen
class ObjectLockSpec:
    """`storage.backup.object_lock`: the time for which new objects cannot be deleted."""

    mode: str  # governance | compliance
    days: int | None  # None: as long as `storage.backup.retention`


@frozen
class BackupSpec:
    """`storage.backup`: Zeebe's own backups to S3, and their bucket."""

    continuous: bool
    schedule: str | None  # ISO 8601 duration or 6-field cron; None: only on demand
    checkpoint_interval: str  # ISO 8601 duration
    retention: str  # ISO 8601 duration
    kms_key_arn: str | None
    on_delete: str  # retain | delete
    replication: ReplicationSpec | None
    object_lock: ObjectLockSpec | None


@frozen
class DocumentsSpec:
    """`storage.documents`: the S3 document store; Camunda keeps documents in memory without it."""

    enabled: bool
    kms_key_arn: str | None
    on_delete: str  # retain | delete


@frozen
class StorageSpec:
    """The `storage` section of a spec."""

    efs: EfsSpec
    node_id_kms_key_arn: str | None
    on_delete: str  # retain | delete: the file system and the node-id bucket together
    backup: BackupSpec
    documents: DocumentsSpec

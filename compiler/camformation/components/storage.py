"""The brokers' storage: the EFS file system, and the node-id, backup and document buckets.

The file system and the node-id bucket have the same lifetime: brokers find their data directories
through the leases in the bucket (Camunda docs, Amazon ECS reference architecture), so keeping one
without the other loses data. Both carry the policy of `storage.on_delete`.
"""

from collections.abc import Collection
from math import ceil
from typing import Any

from awacs.aws import Action, Bool, Condition, Deny, Null, PolicyDocument, Principal, Statement
from troposphere import GetAtt, Ref, Tags, efs, s3

from camformation.components.access_logs import AccessLogs
from camformation.components.buckets import add_bucket
from camformation.components.file_system import FileSystem, existing_file_system
from camformation.components.keys import Keys
from camformation.components.network import Network
from camformation.components.replication import permit_replication, replicated
from camformation.components.retention import retention
from camformation.components.security_groups import SecurityGroups
from camformation.components.storage_spec import BackupSpec, ReplicationSpec, StorageSpec
from camformation.durations import seconds
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Export, Ready, Unit, Value

DATA_PATH = "/usr/local/camunda/data"  # of the access point, as in Camunda's reference
DATA_OWNER = "1000"  # uid and gid; with another owner, existing data could not be read any more
DOCUMENT_RECOVERY_DAYS = 30  # how long a deleted or overwritten document can be brought back


@frozen
class Bucket:
    """A bucket's name and ARN."""

    name: Value
    arn: Value


@frozen
class Storage:
    """Exports of the storage."""

    node_id_bucket: Bucket
    backup_bucket: Bucket
    documents_bucket: Bucket | None
    file_system_id: Value
    file_system_arn: Value
    access_point_id: Value
    access_point_arn: Value
    mounted: Ready  # every private subnet has its mount target


def build_storage(
    unit: Unit,
    spec: StorageSpec,
    network: Network,
    groups: SecurityGroups,
    keys: Keys,
    logs: AccessLogs | None = None,
    in_backup_plan: Collection[str] = (),
) -> Storage:
    """Create the buckets, the file system, its access point and a mount target per subnet;
    `in_backup_plan` are the buckets that AWS Backup reads: `backups`, `documents`."""
    existing = spec.efs.existing
    files = (
        existing_file_system(unit, existing)
        if existing
        else _own(unit, spec, network, groups, keys.file_system)
    )
    backup, documents = spec.backup, spec.documents
    return Storage(
        # Brokers write a lease every few seconds: versions would pile up, and a lifecycle rule
        # could take a lease away.
        node_id_bucket=_bucket(unit, "NodeId", keys.node_id, spec.on_delete, logs=logs),
        backup_bucket=_bucket(
            unit,
            "Backup",
            keys.backup,
            backup.on_delete,
            "backup",
            # Longer than Zeebe keeps a backup: one deleted by mistake can be brought back.
            noncurrent_days=_days(backup.retention) + 7,
            replication=backup.replication,
            lock=_lock(backup),
            logs=logs,
            announced="backups" in in_backup_plan,
        ),
        documents_bucket=_bucket(
            unit,
            "Documents",
            keys.documents,
            documents.on_delete,
            "documents",
            noncurrent_days=DOCUMENT_RECOVERY_DAYS,
            logs=logs,
            announced="documents" in in_backup_plan,
        )
        if keys.documents
        else None,
        file_system_id=files.id,
        file_system_arn=files.arn,
        access_point_id=files.access_point_id,
        access_point_arn=files.access_point_arn,
        mounted=files.mounted,
    )


def _own(
    unit: Unit, spec: StorageSpec, network: Network, groups: SecurityGroups, key: Value | None
) -> FileSystem:
    """Create the file system, its access point and a mount target per subnet."""
    if groups.file_system is None:
        raise ValueError("mount targets need a security group")
    group_id = groups.file_system.id
    file_system = _file_system(unit, spec, key)
    access_point = unit.add(
        efs.AccessPoint(
            "AccessPoint",
            FileSystemId=Ref(file_system),
            PosixUser=efs.PosixUser(Uid=DATA_OWNER, Gid=DATA_OWNER),
            RootDirectory=efs.RootDirectory(
                Path=DATA_PATH,
                CreationInfo=efs.CreationInfo(
                    OwnerUid=DATA_OWNER, OwnerGid=DATA_OWNER, Permissions="755"
                ),
            ),
            AccessPointTags=Tags(Name=f"{unit.deployment}-data"),
        )
    )
    mount_targets = [
        unit.add(
            efs.MountTarget(
                f"MountTarget{_subnet_name(number, subnet_id)}",
                FileSystemId=Ref(file_system),
                SubnetId=subnet_id,
                SecurityGroups=[group_id, *spec.efs.security_group_ids],
            )
        )
        for number, subnet_id in enumerate(network.private_subnet_ids, 1)
    ]
    return FileSystem(
        id=unit.export("FileSystemId", Ref(file_system)),
        arn=unit.export("FileSystemArn", GetAtt(file_system, "Arn")),
        access_point_id=unit.export("AccessPointId", Ref(access_point)),
        access_point_arn=unit.export("AccessPointArn", GetAtt(access_point, "Arn")),
        mounted=unit.ready(*mount_targets),
    )


def _subnet_name(number: int, subnet_id: Value) -> str:
    """Return the name part of a subnet's mount target: an existing subnet's ID, else its number.

    The ID is used so that another order or an additional subnet does not change the other mount
    targets: a file system has one in each zone (Amazon EFS docs, CreateMountTarget), and a second
    one is refused.
    """
    if isinstance(subnet_id, Export | Open):
        return str(number)
    return subnet_id.removeprefix("subnet-")


def _file_system(unit: Unit, spec: StorageSpec, key: Value | None) -> efs.FileSystem:
    chosen: dict[str, Any] = {}
    if spec.efs.throughput_mode == "provisioned":
        chosen["ProvisionedThroughputInMibps"] = spec.efs.provisioned_throughput_mibps
    if key:
        chosen["KmsKeyId"] = key
    return unit.add(
        efs.FileSystem(
            "FileSystem",
            Encrypted=True,
            PerformanceMode=spec.efs.performance_mode,
            ThroughputMode=spec.efs.throughput_mode,
            # AWS Backup copies files while brokers write them: no broker could start from that.
            # Zeebe's own backups go to the backup bucket.
            BackupPolicy=efs.BackupPolicy(Status="DISABLED"),
            FileSystemPolicy=_clients_policy(),
            FileSystemTags=Tags(Name=f"{unit.deployment}-data"),
            **chosen,
            **retention(spec.on_delete),
        ),
        section=("storage", "efs"),
    )


def _clients_policy() -> dict[str, Any]:
    """Deny every mount but those over TLS, through a mount target and through an access point.

    It allows nothing: the task role does, so nobody can mount the file system anonymously (Amazon
    EFS docs, Using IAM to control file system data access).
    """
    conditions = {
        "Tls": Bool({"aws:SecureTransport": "false"}),
        "MountTarget": Bool({"elasticfilesystem:AccessedViaMountTarget": "false"}),
        "AccessPoint": Null({"elasticfilesystem:AccessPointArn": "true"}),
    }
    clients = [
        Action("elasticfilesystem", action)
        for action in ("ClientMount", "ClientWrite", "ClientRootAccess")
    ]
    policy: dict[str, Any] = PolicyDocument(
        Version="2012-10-17",
        Statement=[
            Statement(
                Sid=f"Only{name}",
                Effect=Deny,
                Principal=Principal("AWS", "*"),
                Action=clients,
                Resource=["*"],
                Condition=Condition(condition),
            )
            for name, condition in conditions.items()
        ],
    ).JSONrepr()
    return policy


def _bucket(
    unit: Unit,
    name: str,
    key_arn: Value,
    on_delete: str,
    *section: str,
    noncurrent_days: int | None = None,
    replication: ReplicationSpec | None = None,
    logs: AccessLogs | None = None,
    announced: bool = False,
    lock: s3.ObjectLockConfiguration | None = None,
) -> Bucket:
    """Add a bucket; if it is `announced`, its changes are sent to EventBridge, which AWS Backup
    needs (AWS Backup docs, Amazon S3 backups) and would otherwise switch on itself."""
    path = ("storage", *section)
    more = replicated(unit, f"{name}Replication", replication, path) if replication else {}
    if announced:
        more["NotificationConfiguration"] = s3.NotificationConfiguration(
            EventBridgeConfiguration=s3.EventBridgeConfiguration(EventBridgeEnabled=True)
        )
    if lock:
        more |= {"ObjectLockEnabled": True, "ObjectLockConfiguration": lock}
    waits = []
    if logs:
        more["LoggingConfiguration"] = logs.of_bucket(name)
        waits = [logs.writable]
    bucket = add_bucket(
        unit, f"{name}Bucket", key_arn, on_delete, path, noncurrent_days, after=waits, **more
    )
    if replication:
        permit_replication(
            unit, f"{name}Replication", replication, bucket, key_arn, path, locked=lock is not None
        )
    return Bucket(
        name=unit.export(f"{name}BucketName", Ref(bucket)),
        arn=unit.export(f"{name}BucketArn", GetAtt(bucket, "Arn")),
    )


def _lock(spec: BackupSpec) -> s3.ObjectLockConfiguration | None:
    """Return the default retention of new object versions.

    Brokers delete old backups, and some objects of new ones, by marking them as deleted; the locked
    versions below stay. Lifecycle rules wait for the lock (Amazon S3 User Guide, Object Lock
    considerations).
    """
    if spec.object_lock is None:
        return None
    kept = s3.DefaultRetention(
        Mode=spec.object_lock.mode.upper(), Days=spec.object_lock.days or _days(spec.retention)
    )
    return s3.ObjectLockConfiguration(
        ObjectLockEnabled="Enabled", Rule=s3.ObjectLockRule(DefaultRetention=kept)
    )


def _days(duration: str) -> int:
    """Return the days of a duration, rounded up; raises ValueError if it is not one."""
    if (found := seconds(duration)) is None:
        raise ValueError(f"not a duration of days and times: {duration}")
    return ceil(found / 86_400)

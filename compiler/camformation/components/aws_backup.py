"""Recovery points of the deployment's data in a vault of AWS Backup, by a plan."""

from collections.abc import Collection, Mapping
from typing import Any

from troposphere import Join, Ref, Select, Split, backup
from troposphere.events import Rule, Target
from troposphere.iam import Role

from camformation.components.aws_backup_role import Source, backup_role
from camformation.components.aws_backup_spec import AwsBackupSpec, VaultLockSpec
from camformation.components.database import Database
from camformation.components.keys import Keys, add_key
from camformation.components.policies import arn
from camformation.components.retention import retention
from camformation.components.storage import Storage
from camformation.units import Unit, Value

KEY_SECTION = ("aws_backup", "kms_key_arn")


def build_aws_backup(
    unit: Unit,
    spec: AwsBackupSpec,
    *,
    storage: Storage,
    database: Database,
    keys: Keys,
    left_out: Collection[str],
    topic: Value | None,
) -> Value:
    """Create the vault, the plan, its role, and a selection for each resource that is backed up;
    send failed jobs to the topic; return the vault's name.

    A selection cannot be changed, so each resource has its own: adding one does not affect the
    others.
    """
    vault, key = _vault(unit, spec)
    sources = {
        name: source
        for name, source in _sources(storage, database, keys).items()
        if name in spec.resources and name not in left_out
    }
    service = unit.add(
        backup_role(
            unit.deployment,
            tuple(sources.values()),
            Ref(vault),
            [each.vault_arn for each in spec.copies],
            key,
        )
    )
    plan = unit.add(
        backup.BackupPlan(
            "BackupPlan",
            BackupPlan=backup.BackupPlanResourceType(
                BackupPlanName=unit.deployment, BackupPlanRule=[_rule(spec, vault)]
            ),
        )
    )
    for name, source in sources.items():
        unit.add(_selection(name, source, plan, service))
    if topic is not None:
        unit.add(_failed_jobs(unit.deployment, vault, topic))
    return unit.export("VaultName", Ref(vault))


def _sources(storage: Storage, database: Database, keys: Keys) -> Mapping[str, Source]:
    found = {
        "backups": Source("s3", storage.backup_bucket.arn, keys.backup),
        "file_system": Source("efs", storage.file_system_arn, keys.file_system),
    }
    if database.cluster_id is not None:
        cluster = arn("rds", "cluster:${Id}", Id=database.cluster_id)
        found["database"] = Source("rds", cluster, keys.database)
    if storage.documents_bucket:
        found["documents"] = Source("s3", storage.documents_bucket.arn, keys.documents)
    return dict(sorted(found.items()))


def _vault(unit: Unit, spec: AwsBackupSpec) -> tuple[backup.BackupVault, Value]:
    """Add the vault, and return it with its key.

    It needs a name, which stays in use if the vault stays. Therefore the name contains its key,
    which differs in another deployment of the same name.
    """
    given = spec.kms_key_arn
    key = given or add_key(unit, "BackupVault", "backup vault", "retain", KEY_SECTION)
    name: Any = f"{unit.deployment}-{given.rpartition('/')[2][:8]}" if given else None
    if name is None:
        name = Join("-", [unit.deployment, Select(0, Split("-", Ref("BackupVaultKey")))])
    lock: dict[str, Any] = {}
    if spec.lock:
        lock["LockConfiguration"] = _lock(spec.lock, spec)
    vault = unit.add(
        backup.BackupVault(
            "BackupVault",
            BackupVaultName=name,
            EncryptionKeyArn=key,
            **lock,
            **retention("retain"),  # with recovery points in it, it cannot be deleted
        )
    )
    return vault, key


def _lock(lock: VaultLockSpec, spec: AwsBackupSpec) -> backup.LockConfigurationType:
    """Describe the lock; the days until it is final make it one of compliance (AWS Backup docs,
    Vault Lock)."""
    chosen: dict[str, Any] = {"MinRetentionDays": lock.min_retention_days or spec.retention_days}
    if lock.max_retention_days:
        chosen["MaxRetentionDays"] = lock.max_retention_days
    if lock.mode == "compliance":
        chosen["ChangeableForDays"] = lock.changeable_for_days
    return backup.LockConfigurationType(**chosen)


def _rule(spec: AwsBackupSpec, vault: backup.BackupVault) -> backup.BackupRuleResourceType:
    """Describe the plan's rule. Not continuous: AWS Backup would take over the cluster's own
    retention of backups (AWS Backup docs, Continuous backups and point-in-time recovery)."""
    copied: dict[str, Any] = {}
    copies = [
        backup.CopyActionResourceType(
            DestinationBackupVaultArn=each.vault_arn,
            Lifecycle=backup.LifecycleResourceType(DeleteAfterDays=each.retention_days),
        )
        for each in spec.copies
    ]
    if copies:
        copied["CopyActions"] = copies
    return backup.BackupRuleResourceType(
        RuleName="scheduled",
        TargetBackupVault=Ref(vault),
        ScheduleExpression=spec.schedule,
        Lifecycle=backup.LifecycleResourceType(DeleteAfterDays=spec.retention_days),
        **copied,
    )


def _failed_jobs(deployment: str, vault: backup.BackupVault, topic: Value) -> Rule:
    """Describe the rule for events of failed backups into the vault, and of failed copies from it
    (AWS Backup Developer Guide, Monitoring AWS Backup events using Amazon EventBridge)."""
    of = arn("backup", "backup-vault:${Vault}", Vault=Ref(vault))
    pattern: dict[str, Any] = {
        "source": ["aws.backup"],
        "detail-type": ["Backup Job State Change", "Copy Job State Change"],
        "detail": {
            "state": ["FAILED", "ABORTED", "EXPIRED"],
            "$or": [{"backupVaultName": [Ref(vault)]}, {"sourceBackupVaultArn": [of]}],
        },
    }
    return Rule(
        "FailedBackupJobRule",
        Description=f"Failed jobs of AWS Backup for {deployment}",
        EventPattern=pattern,
        Targets=[Target(Id="topic", Arn=topic)],
    )


def _selection(
    name: str, source: Source, plan: backup.BackupPlan, service: Role
) -> backup.BackupSelection:
    words = "".join(word.capitalize() for word in name.split("_"))
    return backup.BackupSelection(
        f"BackupSelection{words}",
        BackupPlanId=Ref(plan),
        BackupSelection=backup.BackupSelectionResourceType(
            SelectionName=name,
            IamRoleArn=service.get_att("Arn"),
            Resources=[source.arn],
        ),
    )

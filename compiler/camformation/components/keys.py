"""The KMS keys: one for each thing that is encrypted, or an existing one."""

from collections.abc import Sequence

from awacs.aws import Action, Allow, AWSPrincipal, PolicyDocument, Statement
from troposphere import GetAtt, Sub, kms

from camformation.components.database_spec import DatabaseSpec
from camformation.components.retention import key_retention
from camformation.components.secrets_spec import SecretsSpec
from camformation.components.storage_spec import StorageSpec
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.units import Unit, Value


@frozen
class Keys:
    """The keys' ARNs."""

    secrets: Value
    database: Value | None  # None: the database exists already
    node_id: Value
    backup: Value
    documents: Value | None
    file_system: Value | None = None  # None: the account's own, or the file system exists already
    brought: tuple[Value, ...] = ()  # of existing secrets


def build_keys(
    unit: Unit, secrets: SecretsSpec, database: DatabaseSpec, storage: StorageSpec
) -> Keys:
    """Create a key wherever the spec names none.

    A key outlives the deployment if the data that it encrypts does: without the key, the data is
    lost.
    """
    backup, documents = storage.backup, storage.documents
    return Keys(
        secrets=secrets.kms_key_arn
        or add_key(unit, "Secrets", "passwords", secrets.on_delete, ("secrets", "kms_key_arn")),
        database=None
        if database.existing
        else database.kms_key_arn
        or add_key(unit, "Database", "database", database.on_delete, ("database", "kms_key_arn")),
        node_id=storage.node_id_kms_key_arn
        or add_key(
            unit,
            "NodeId",
            "node-id bucket",
            storage.on_delete,
            ("storage", "node_id_kms_key_arn"),
            pending_days=10,
        ),
        backup=backup.kms_key_arn
        or add_key(
            unit,
            "Backup",
            "backup bucket",
            backup.on_delete,
            ("storage", "backup", "kms_key_arn"),
        ),
        documents=documents.kms_key_arn
        or add_key(
            unit,
            "Documents",
            "document bucket",
            documents.on_delete,
            ("storage", "documents", "kms_key_arn"),
        )
        if documents.enabled
        else None,
        file_system=storage.efs.kms_key_arn
        or add_key(
            unit,
            "FileSystem",
            "file system",
            storage.on_delete,
            ("storage", "efs", "customer_key"),
            pending_days=10,
        )
        if storage.efs.kms_key_arn or (storage.efs.customer_key and not storage.efs.existing)
        else None,
        brought=secrets.additional_kms_key_arns,
    )


def add_key(
    unit: Unit,
    name: str,
    purpose: str,
    on_delete: str,
    section: Path,
    *,
    pending_days: int = 7,
    statements: Sequence[Statement] = (),
) -> Value:
    """Add a key that the account's IAM policies give access to (AWS KMS docs, default key policy).

    `pending_days` is the time in which a deletion can be cancelled, as in Camunda's reference;
    `statements` allow a service that uses the key itself.
    """
    administrators = Statement(
        Sid="AccountPolicies",
        Effect=Allow,
        Principal=AWSPrincipal(Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")),
        Action=[Action("kms", "*")],
        Resource=["*"],
    )
    key = unit.add(
        kms.Key(
            f"{name}Key",
            Description=f"Camunda deployment {unit.deployment}: {purpose}",
            EnableKeyRotation=True,
            PendingWindowInDays=pending_days,
            KeyPolicy=PolicyDocument(Version="2012-10-17", Statement=[administrators, *statements]),
            **key_retention(on_delete),
        ),
        section=section,
    )
    return unit.export(f"{name}KeyArn", GetAtt(key, "Arn"))

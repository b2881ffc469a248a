"""Keys outlive what they encrypt, and passwords stay what they are."""

import string
from dataclasses import replace
from typing import Any

from camformation.components.database_spec import DatabaseSpec
from camformation.components.keys import Keys, build_keys
from camformation.components.secrets import build_secrets
from camformation.components.secrets_spec import SecretsSpec
from camformation.components.storage_spec import BackupSpec, DocumentsSpec, EfsSpec, StorageSpec
from camformation.units import Unit

EFS = EfsSpec(
    throughput_mode="elastic",
    provisioned_throughput_mibps=50,
    performance_mode="generalPurpose",
    kms_key_arn=None,
    security_group_ids=(),
    customer_key=False,
    existing=None,
)
BACKUP = BackupSpec(
    continuous=True,
    schedule="PT1H",
    checkpoint_interval="PT15M",
    retention="P7D",
    kms_key_arn=None,
    on_delete="retain",
    replication=None,
    object_lock=None,
)
SPEC = StorageSpec(
    efs=EFS,
    node_id_kms_key_arn=None,
    on_delete="retain",
    backup=BACKUP,
    documents=DocumentsSpec(enabled=True, kms_key_arn=None, on_delete="retain"),
)
SECRETS = SecretsSpec(kms_key_arn=None, on_delete="retain")
DATABASE = DatabaseSpec(
    engine_version="18.4",
    instance_class="db.t3.medium",
    instances=1,
    serverless=None,
    name="camunda",
    admin_username="camunda_admin",
    user="camunda",
    additional_iam_users=(),
    authentication="iam",
    password_secret_arn=None,
    seed="task",
    seed_image="postgres",
    backup_retention_days=1,
    deletion_protection=False,
    auto_minor_version_upgrade=False,
    ca_certificate="rds-ca-rsa2048-g1",
    kms_key_arn=None,
    on_delete="snapshot",
    security_group_ids=(),
    cluster_parameters={},
    source=None,
    existing=None,
    tls=None,
    jdbc_parameters={},
    table_prefix="",
    auto_ddl=True,
    force_ssl=False,
    log_exports=None,
    insights="none",
    enhanced_monitoring_seconds=0,
)
KEPT = ("RetainExceptOnCreate", "Retain")
DELETED = ("Delete", "Delete")
Resources = dict[str, dict[str, Any]]


def keys(
    storage: StorageSpec = SPEC, secrets: SecretsSpec = SECRETS, database: DatabaseSpec = DATABASE
) -> tuple[Keys, Resources]:
    unit = Unit("keys", "camunda", ("secrets",))
    return build_keys(unit, secrets, database, storage), resources(unit)


def resources(unit: Unit) -> Resources:
    return {title: resource.to_dict() for title, resource in unit.resources.items()}


def policies(resource: dict[str, Any]) -> tuple[str, str]:
    return resource["DeletionPolicy"], resource["UpdateReplacePolicy"]


def test_a_key_is_kept_as_long_as_anything_may_need_it() -> None:
    built = keys()[1]
    assert built.keys() == {"SecretsKey", "DatabaseKey", "NodeIdKey", "BackupKey", "DocumentsKey"}
    assert {policies(key) for key in built.values()} == {KEPT}


def test_a_key_goes_with_the_last_of_its_data() -> None:
    built = keys(
        replace(
            SPEC,
            on_delete="delete",
            backup=replace(BACKUP, on_delete="delete"),
            documents=replace(SPEC.documents, on_delete="delete"),
        ),
        replace(SECRETS, on_delete="delete"),
        replace(DATABASE, on_delete="delete"),
    )[1]
    assert len(built) == 5
    assert {policies(key) for key in built.values()} == {DELETED}


def test_keys_rotate_and_their_deletion_can_be_taken_back() -> None:
    built = keys()[1]
    assert all(key["Properties"]["EnableKeyRotation"] is True for key in built.values())
    assert {name: key["Properties"]["PendingWindowInDays"] for name, key in built.items()} == {
        "SecretsKey": 7,
        "DatabaseKey": 7,
        "NodeIdKey": 10,
        "BackupKey": 7,
        "DocumentsKey": 7,
    }


def test_a_key_of_the_spec_is_used_and_none_is_made() -> None:
    arn = "arn:aws:kms:eu-west-2:111122223333:key/1"
    given, built = keys(
        replace(
            SPEC,
            node_id_kms_key_arn=arn,
            backup=replace(BACKUP, kms_key_arn=arn),
            documents=replace(SPEC.documents, kms_key_arn=arn),
        ),
        replace(SECRETS, kms_key_arn=arn),
        replace(DATABASE, kms_key_arn=arn),
    )
    assert not built
    assert given == Keys(secrets=arn, database=arn, node_id=arn, backup=arn, documents=arn)


def test_how_passwords_are_generated_never_changes() -> None:
    """A change of any of these values replaces every password of every live deployment."""
    unit = Unit("secrets", "camunda", ("secrets",))
    build_secrets(unit, SECRETS, keys()[0], admin=True, connectors=True, database=True)
    built = resources(unit)
    assert built.keys() == {"AdminPassword", "ConnectorsPassword", "DatabaseUserPassword"}
    for secret in built.values():
        assert secret["Properties"]["GenerateSecretString"] == {
            "PasswordLength": 32,
            "ExcludeCharacters": "\"$&'*,./;<>@\\`|~",
            "IncludeSpace": False,
            "RequireEachIncludedType": True,
        }
        assert secret["Properties"]["KmsKeyId"] == {"Camformation::Import": "keys.SecretsKeyArn"}
        assert "Name" not in secret["Properties"]
        assert policies(secret) == KEPT


def test_passwords_use_the_specials_of_the_reference_but_the_dollar_sign() -> None:
    unit = Unit("secrets", "camunda", ("secrets",))
    build_secrets(unit, SECRETS, keys()[0], admin=True, connectors=False, database=False)
    properties = resources(unit)["AdminPassword"]["Properties"]
    excluded = set(properties["GenerateSecretString"]["ExcludeCharacters"])
    assert set(string.punctuation) - excluded == set("!#%^()-_=+[]{}:?")


def test_only_the_passwords_that_are_used_exist() -> None:
    unit = Unit("secrets", "camunda", ("secrets",))
    secrets = build_secrets(unit, SECRETS, keys()[0], admin=False, connectors=False, database=False)
    assert not unit.resources
    assert (secrets.admin_password, secrets.connectors_password, secrets.database_password) == (
        None,
        None,
        None,
    )


def test_without_a_document_store_there_is_no_key_for_it() -> None:
    spec = replace(SPEC, documents=replace(SPEC.documents, enabled=False))
    given, built = keys(spec)
    assert given.documents is None
    assert built.keys() == {"SecretsKey", "DatabaseKey", "NodeIdKey", "BackupKey"}

"""Where data is: that it is kept, encrypted, private, and that passwords stay what they are."""

import string
from dataclasses import replace
from typing import Any

import pytest

from camformation.components.database import DatabaseSpec
from camformation.components.keys import Keys, build_keys
from camformation.components.network import Network
from camformation.components.retention import retention
from camformation.components.secrets import SecretsSpec, build_secrets
from camformation.components.security_groups import SecurityGroups
from camformation.components.storage import (
    BackupSpec,
    DocumentsSpec,
    EfsSpec,
    StorageSpec,
    build_storage,
)
from camformation.units import Ready, Unit

NETWORK = Network(
    vpc_id="vpc-1",
    cidr="10.0.0.0/16",
    public_subnet_ids=("subnet-1", "subnet-2"),
    private_subnet_ids=("subnet-3", "subnet-4"),
    private_route_table_ids=(),
    internet=Ready("network", ()),
)
GROUPS = SecurityGroups(
    alb="sg-1",
    nlb="sg-2",
    orchestration="sg-3",
    connectors=None,
    database="sg-4",
    file_system="sg-5",
    seed=None,
    endpoints=None,
)
EFS = EfsSpec(
    throughput_mode="elastic",
    provisioned_throughput_mibps=50,
    performance_mode="generalPurpose",
    kms_key_arn=None,
)
BACKUP = BackupSpec(
    continuous=True,
    schedule="PT1H",
    checkpoint_interval="PT15M",
    retention="P7D",
    kms_key_arn=None,
    on_delete="retain",
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
)
KEPT = ("RetainExceptOnCreate", "Retain")
DELETED = ("Delete", "Delete")
Resources = dict[str, dict[str, Any]]


def keys(
    storage: StorageSpec = SPEC, secrets: SecretsSpec = SECRETS, database: DatabaseSpec = DATABASE
) -> tuple[Keys, Resources]:
    unit = Unit("keys", "camunda", ("secrets",))
    return build_keys(unit, secrets, database, storage), resources(unit)


def storage(spec: StorageSpec = SPEC) -> Resources:
    unit = Unit("storage", "camunda", ("storage",))
    build_storage(unit, spec, NETWORK, GROUPS, keys(spec)[0])
    return resources(unit)


def resources(unit: Unit) -> Resources:
    return {title: resource.to_dict() for title, resource in unit.resources.items()}


def policies(resource: dict[str, Any]) -> tuple[str, str]:
    return resource["DeletionPolicy"], resource["UpdateReplacePolicy"]


@pytest.mark.parametrize(("on_delete", "expected"), [("retain", KEPT), ("delete", DELETED)])
def test_the_file_system_and_the_node_ids_share_one_fate(
    on_delete: str, expected: tuple[str, str]
) -> None:
    built = storage(replace(SPEC, on_delete=on_delete))
    assert policies(built["FileSystem"]) == policies(built["NodeIdBucket"]) == expected
    assert policies(built["BackupBucket"]) == policies(built["DocumentsBucket"]) == KEPT


def test_a_snapshot_is_taken_before_deletion_and_before_replacement() -> None:
    assert retention("snapshot") == {
        "DeletionPolicy": "Snapshot",
        "UpdateReplacePolicy": "Snapshot",
    }


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


def test_without_documents_there_is_neither_bucket_nor_key() -> None:
    spec = replace(SPEC, documents=replace(SPEC.documents, enabled=False))
    assert "DocumentsKey" not in keys(spec)[1]
    assert "DocumentsBucket" not in storage(spec)


def test_buckets_are_private_encrypted_and_reached_over_tls_only() -> None:
    built = storage()
    for name, key in [
        ("NodeIdBucket", "keys.NodeIdKeyArn"),
        ("BackupBucket", "keys.BackupKeyArn"),
        ("DocumentsBucket", "keys.DocumentsKeyArn"),
    ]:
        bucket = built[name]["Properties"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": {"Camformation::Import": key},
            },
        }
        (statement,) = built[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Principal"] == "*"
        assert statement["Action"] == ["s3:*"]
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert statement["Resource"] == [
            {"Fn::GetAtt": [name, "Arn"]},
            {"Fn::Sub": f"${{{name}.Arn}}/*"},
        ]


def test_leases_are_neither_versioned_nor_expired() -> None:
    bucket = storage()["NodeIdBucket"]["Properties"]
    assert bucket.keys().isdisjoint({"VersioningConfiguration", "LifecycleConfiguration"})


@pytest.mark.parametrize(
    ("kept", "days"), [("P7D", 14), ("P30D", 37), ("PT12H", 8), ("P1DT1S", 9), ("PT48H", 9)]
)
def test_deleted_backups_outlast_the_retention_and_current_ones_never_expire(
    kept: str, days: int
) -> None:
    spec = replace(SPEC, backup=replace(BACKUP, retention=kept))
    bucket = storage(spec)["BackupBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": days}
    assert rule.keys().isdisjoint({"ExpirationInDays", "ExpirationDate", "Transitions"})


def test_every_private_subnet_has_a_mount_target() -> None:
    built = storage()
    targets = [r["Properties"] for r in built.values() if r["Type"] == "AWS::EFS::MountTarget"]
    assert [target["SubnetId"] for target in targets] == ["subnet-3", "subnet-4"]
    assert {tuple(target["SecurityGroups"]) for target in targets} == {("sg-5",)}


def test_brokers_find_their_data_as_its_owner() -> None:
    access_point = storage()["AccessPoint"]["Properties"]
    assert access_point["PosixUser"] == {"Uid": "1000", "Gid": "1000"}
    assert access_point["RootDirectory"] == {
        "Path": "/usr/local/camunda/data",
        "CreationInfo": {"OwnerUid": "1000", "OwnerGid": "1000", "Permissions": "755"},
    }


def test_the_file_system_is_mounted_over_tls_and_through_its_access_point_only() -> None:
    file_system = storage()["FileSystem"]["Properties"]
    assert file_system["Encrypted"] is True
    statements = file_system["FileSystemPolicy"]["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Deny"}
    assert [statement["Condition"] for statement in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}},
        {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
    ]
    for statement in statements:
        assert "elasticfilesystem:ClientMount" in statement["Action"]


@pytest.mark.parametrize(("mode", "throughput"), [("elastic", None), ("provisioned", 50)])
def test_throughput_is_provisioned_only_where_it_is_asked_for(
    mode: str, throughput: int | None
) -> None:
    spec = replace(SPEC, efs=replace(EFS, throughput_mode=mode))
    file_system = storage(spec)["FileSystem"]["Properties"]
    assert file_system["ThroughputMode"] == mode
    assert file_system.get("ProvisionedThroughputInMibps") == throughput


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

"""Where data is: that it is kept, encrypted and private."""

from dataclasses import replace
from typing import Any

import pytest

from camformation.components.keys import Keys
from camformation.components.network import Network
from camformation.components.retention import retention
from camformation.components.security_group_rules import SecurityGroup
from camformation.components.security_groups import SecurityGroups
from camformation.components.storage import build_storage
from camformation.components.storage_spec import BackupSpec, DocumentsSpec, EfsSpec, StorageSpec
from camformation.units import Ready, Unit

NETWORK = Network(
    vpc_id="vpc-1",
    cidr="10.0.0.0/16",
    ipv6_cidr=None,
    public_subnet_ids=("subnet-1", "subnet-2"),
    private_subnet_ids=("subnet-3", "subnet-4"),
    private_route_table_ids=(),
    internet=Ready("network", ()),
    ipv6=Ready("network", ()),
    routed=Ready("network", ()),
)


def known(group_id: str) -> SecurityGroup:
    return SecurityGroup(group_id, Ready("network", ()))


GROUPS = SecurityGroups(
    alb=known("sg-1"),
    nlb=known("sg-2"),
    orchestration=known("sg-3"),
    connectors=None,
    database=known("sg-4"),
    file_system=known("sg-5"),
    seed=None,
    endpoints=None,
)
KEYS = Keys(
    secrets="secrets", database="database", node_id="node", backup="backup", documents="documents"
)
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
KEPT = ("RetainExceptOnCreate", "Retain")
DELETED = ("Delete", "Delete")
Resources = dict[str, dict[str, Any]]


def storage(spec: StorageSpec = SPEC) -> Resources:
    unit = Unit("storage", "camunda", ("storage",))
    keys = KEYS if spec.documents.enabled else replace(KEYS, documents=None)
    build_storage(unit, spec, NETWORK, GROUPS, keys)
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


def test_without_a_document_store_there_is_no_bucket_for_it() -> None:
    spec = replace(SPEC, documents=replace(SPEC.documents, enabled=False))
    assert "DocumentsBucket" not in storage(spec)


def test_buckets_are_private_encrypted_and_reached_over_tls_only() -> None:
    built = storage()
    for name, key in [
        ("NodeIdBucket", "node"),
        ("BackupBucket", "backup"),
        ("DocumentsBucket", "documents"),
    ]:
        bucket = built[name]["Properties"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": key,
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

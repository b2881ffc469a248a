"""A file system that somebody else manages, copies of backups, and encrypted logs."""

from typing import Any

import pytest
import yaml

from camformation.fleet.portable import check_portable
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

EXISTING = {
    "file_system_id": "fs-0a1b2c3d4e5f60718",
    "access_point_id": "fsap-0a1b2c3d4e5f60718",
    "security_group_id": "sg-0a1b2c3d4e5f60718",
}
STORAGE = {"efs": {"existing": EXISTING}}
KEY = "arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
REPLICATION = {
    "bucket_arn": "arn:aws:s3:::example-camunda-copies",
    "kms_key_arn": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}


def test_no_file_system_is_created_beside_an_existing_one() -> None:
    found = resources(storage=STORAGE)
    assert not [name for name, each in found.items() if each["Type"].startswith("AWS::EFS::")]
    assert "FileSystemSecurityGroup" not in found
    assert "NodeIdBucket" in found
    existing = {
        "vpc_id": "vpc-0a1b2c3d4e5f60718",
        "cidr": "10.20.0.0/16",
        "private_subnet_ids": [f"subnet-0a1b2c3d4e5f6000{zone}" for zone in (1, 2, 3)],
        "public_subnet_ids": [f"subnet-0a1b2c3d4e5f6001{zone}" for zone in (1, 2, 3)],
    }
    assert findings(deployment(network={"existing": existing}, storage=STORAGE)) == []


@pytest.mark.parametrize("layout", Layout)
def test_brokers_mount_the_existing_file_system_encrypted_and_as_themselves(layout: Layout) -> None:
    found = templates(layout, storage=STORAGE)
    component = found["orchestration" if layout is Layout.NESTED else "root"]["Resources"]
    (volume,) = component["OrchestrationTaskDefinition"]["Properties"]["Volumes"]
    efs = volume["EFSVolumeConfiguration"]
    assert efs["TransitEncryption"] == "ENABLED"
    assert efs["AuthorizationConfig"]["IAM"] == "ENABLED"
    if layout is Layout.FLAT:
        assert efs["FilesystemId"] == EXISTING["file_system_id"]
        assert efs["AuthorizationConfig"]["AccessPointId"] == EXISTING["access_point_id"]


def test_brokers_may_mount_that_file_system_through_that_access_point_alone() -> None:
    role = resources(storage=STORAGE)["OrchestrationTaskRole"]["Properties"]
    mount = role["Policies"][0]["PolicyDocument"]["Statement"][0]
    head = "arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:${AWS::AccountId}:"
    assert mount["Resource"] == [
        {"Fn::Sub": [f"{head}file-system/${{Id}}", {"Id": EXISTING["file_system_id"]}]}
    ]
    assert mount["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"] == {
        "Fn::Sub": [f"{head}access-point/${{Id}}", {"Id": EXISTING["access_point_id"]}]
    }


def test_the_way_to_the_mount_targets_is_open_on_both_sides_and_awaited() -> None:
    found = resources(storage=STORAGE)
    into, out = (
        found[name]["Properties"]
        for name in ("FileSystemFromOrchestrationPort2049", "OrchestrationToFileSystemPort2049")
    )
    brokers = {"Fn::GetAtt": ["OrchestrationSecurityGroup", "GroupId"]}
    assert (into["GroupId"], into["SourceSecurityGroupId"]) == (
        EXISTING["security_group_id"],
        brokers,
    )
    assert (out["GroupId"], out["DestinationSecurityGroupId"]) == (
        brokers,
        EXISTING["security_group_id"],
    )
    assert {into["FromPort"], into["ToPort"], out["FromPort"], out["ToPort"]} == {2049}
    assert {
        "FileSystemFromOrchestrationPort2049",
        "OrchestrationToFileSystemPort2049",
    } <= set(found["OrchestrationService"]["DependsOn"])


def test_an_export_for_any_account_asks_to_leave_the_existing_one_open() -> None:
    text = yaml.safe_dump({"name": "camunda", "storage": STORAGE}).encode()
    found = check_portable(compile_spec("spec.yaml", lambda _: text, Layout.FLAT))
    path = ("storage", "efs", "existing")
    assert {(each.code, each.path) for each in found} == {
        ("CAM750", (*path, name)) for name in EXISTING
    }


# Replication


def replicated(**more: Any) -> dict[str, Any]:
    return resources(storage={"backup": {"replication": {**REPLICATION, **more}}})


def test_every_object_of_the_backup_bucket_is_copied_encrypted() -> None:
    bucket = replicated()["BackupBucket"]["Properties"]
    configuration = bucket["ReplicationConfiguration"]
    (rule,) = configuration["Rules"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert configuration["Role"] == {"Fn::GetAtt": ["BackupReplicationRole", "Arn"]}
    assert rule["Filter"] == {"Prefix": ""} and rule["Status"] == "Enabled"
    assert rule["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert rule["Destination"] == {
        "Bucket": REPLICATION["bucket_arn"],
        "EncryptionConfiguration": {"ReplicaKmsKeyID": REPLICATION["kms_key_arn"]},
    }


@pytest.mark.parametrize("follow", [False, True])
def test_deletions_are_copied_only_where_the_spec_says_so(follow: bool) -> None:
    found = replicated(delete_markers=follow)
    (rule,) = found["BackupBucket"]["Properties"]["ReplicationConfiguration"]["Rules"]
    assert rule["DeleteMarkerReplication"] == {"Status": "Enabled" if follow else "Disabled"}
    statements = found["BackupReplicationPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (write,) = (each for each in statements if each["Sid"] == "WriteCopies")
    assert ("s3:ReplicateDelete" in write["Action"]) is follow


def test_the_replication_role_reads_the_one_bucket_and_writes_the_other() -> None:
    found = replicated()
    policy = found["BackupReplicationPolicy"]["Properties"]
    assert policy["Roles"] == [{"Ref": "BackupReplicationRole"}]
    on = {each["Sid"]: each["Resource"] for each in policy["PolicyDocument"]["Statement"]}
    source = {"Fn::GetAtt": ["BackupBucket", "Arn"]}
    assert on == {
        "ReadConfiguration": [source],
        "ReadObjects": [{"Fn::Sub": ["${Bucket}/*", {"Bucket": source}]}],
        "WriteCopies": [{"Fn::Sub": ["${Copies}/*", {"Copies": REPLICATION["bucket_arn"]}]}],
        "DecryptObjects": [{"Fn::GetAtt": ["BackupKey", "Arn"]}],
        "EncryptCopies": [REPLICATION["kms_key_arn"]],
    }
    (trust,) = found["BackupReplicationRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_no_other_bucket_is_replicated() -> None:
    for name, each in replicated().items():
        if each["Type"] == "AWS::S3::Bucket" and name != "BackupBucket":
            assert "ReplicationConfiguration" not in each["Properties"]


# Log groups


@pytest.mark.parametrize("seed", ["task", "none"])
def test_the_key_of_the_logs_works_for_these_log_groups_alone(seed: str) -> None:
    found = resources(observability={"log_encryption": {}}, database={"seed": seed})
    groups = ["CamundaLogGroup", *(["SeedLogGroup"] if seed == "task" else [])]
    for name in groups:
        assert found[name]["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["LogsKey", "Arn"]}
    policy = found["LogsKey"]["Properties"]["KeyPolicy"]["Statement"]
    (service,) = (each for each in policy if each["Sid"] == "LogGroups")
    assert service["Principal"]["Service"] == {"Fn::Sub": "logs.${AWS::Region}.${AWS::URLSuffix}"}
    named = service["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]
    assert [each["Fn::Sub"][1]["Group"] for each in named] == [
        found[name]["Properties"]["LogGroupName"] for name in groups
    ]


def test_an_existing_key_encrypts_the_logs_and_none_is_created() -> None:
    found = resources(observability={"log_encryption": {"kms_key_arn": KEY}})
    assert found["CamundaLogGroup"]["Properties"]["KmsKeyId"] == KEY
    assert "LogsKey" not in found and "LogsKey" not in resources()


def test_the_file_system_of_production_has_a_key_that_stays_with_it() -> None:
    found = resources(profile="production")
    key = {"Fn::GetAtt": ["FileSystemKey", "Arn"]}
    assert found["FileSystem"]["Properties"]["KmsKeyId"] == key
    assert found["FileSystemKey"]["DeletionPolicy"] == found["FileSystem"]["DeletionPolicy"]
    assert "KmsKeyId" not in resources()["FileSystem"]["Properties"]

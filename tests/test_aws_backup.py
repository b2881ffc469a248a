"""Recovery points in a vault of AWS Backup: what is backed up, by whom, and who deletes it."""

import json
from typing import Any

import pytest

from camformation.layout import Layout
from camformation.rules.everything import findings
from deployments import Resource, deployment, resources, templates

COPY = "arn:aws:backup:eu-central-1:444455556666:backup-vault:camunda-copies"
KEY = "arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EVERYTHING = ["database", "backups", "documents", "file_system"]
DOCUMENTS = {"documents": {"enabled": True}}


def backed_up(storage: Any = None, **aws_backup: Any) -> dict[str, Resource]:
    return resources(aws_backup=aws_backup, storage=storage or DOCUMENTS)


def properties(found: dict[str, Resource], name: str) -> dict[str, Any]:
    return dict(found[name]["Properties"])


def rule(**aws_backup: Any) -> dict[str, Any]:
    plan = properties(backed_up(**aws_backup), "BackupPlan")["BackupPlan"]
    [only] = plan["BackupPlanRule"]
    return dict(only)


def statements(found: dict[str, Resource]) -> dict[str, dict[str, Any]]:
    policies = properties(found, "BackupServiceRole")["Policies"]
    return {s["Sid"]: s for p in policies for s in p["PolicyDocument"]["Statement"]}


def selected(found: dict[str, Resource]) -> dict[str, Any]:
    selections = [
        each["Properties"]["BackupSelection"]
        for each in found.values()
        if each["Type"] == "AWS::Backup::BackupSelection"
    ]
    return {each["SelectionName"]: each["Resources"] for each in selections}


def test_there_is_no_plan_unless_the_spec_says_so() -> None:
    assert not [each for each in resources().values() if "::Backup::" in each["Type"]]


def test_database_and_buckets_are_backed_up_by_their_arns() -> None:
    found = selected(backed_up())
    assert set(found) == {"database", "backups", "documents"}
    assert found["backups"] == [{"Fn::GetAtt": ["BackupBucket", "Arn"]}]
    assert found["documents"] == [{"Fn::GetAtt": ["DocumentsBucket", "Arn"]}]
    assert "cluster:${Id}" in json.dumps(found["database"])
    # Brokers write leases into the node-id bucket every few seconds, and it has no versions.
    assert "NodeIdBucket" not in json.dumps([found, backed_up()["BackupServiceRole"]])


def test_what_the_deployment_does_not_own_is_left_out() -> None:
    assert set(selected(backed_up(storage={"backup": {}}))) == {"database", "backups"}
    existing = {
        "existing": {
            "file_system_id": "fs-0a1b2c3d4e5f60718",
            "access_point_id": "fsap-0a1b2c3d4e5f60718",
            "security_group_id": "sg-0a1b2c3d4e5f60001",
        }
    }
    storage = {"efs": existing, **DOCUMENTS}
    assert set(selected(backed_up(storage, resources=EVERYTHING))) == set(EVERYTHING[:3])


def test_a_schedule_a_retention_and_copies_elsewhere() -> None:
    copies = [{"vault_arn": COPY, "retention_days": 90}]
    found = rule(schedule="cron(30 1 ? * SUN *)", retention_days=60, copies=copies)
    assert found["ScheduleExpression"] == "cron(30 1 ? * SUN *)"
    assert found["Lifecycle"] == {"DeleteAfterDays": 60}
    [copy] = found["CopyActions"]
    assert (copy["DestinationBackupVaultArn"], copy["Lifecycle"]) == (COPY, {"DeleteAfterDays": 90})


def test_it_does_not_take_over_the_databases_own_backups() -> None:
    """Continuous backups would set the cluster's BackupRetentionPeriod."""
    assert "EnableContinuousBackup" not in rule()
    assert 'ModifyDBCluster"' not in json.dumps(statements(backed_up()))


def test_the_vault_stays_with_its_key_which_names_it() -> None:
    found = backed_up()
    for name in ("BackupVault", "BackupVaultKey"):
        assert found[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert found[name]["UpdateReplacePolicy"] == "Retain"
    vault = properties(found, "BackupVault")
    assert vault["EncryptionKeyArn"] == {"Fn::GetAtt": ["BackupVaultKey", "Arn"]}
    assert "BackupVaultKey" in json.dumps(vault["BackupVaultName"])
    brought = backed_up(kms_key_arn=KEY)
    vault = properties(brought, "BackupVault")
    assert (vault["EncryptionKeyArn"], vault["BackupVaultName"]) == (KEY, "camunda-1234abcd")
    assert "BackupVaultKey" not in brought


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ({}, {"MinRetentionDays": 35}),
        ({"min_retention_days": 7, "max_retention_days": 90}, None),
        ({"mode": "compliance"}, {"MinRetentionDays": 35, "ChangeableForDays": 14}),
    ],
)
def test_only_a_lock_of_compliance_becomes_final(lock: Any, expected: Any) -> None:
    found = properties(backed_up(lock=lock), "BackupVault")["LockConfiguration"]
    assert found == (expected or {"MinRetentionDays": 7, "MaxRetentionDays": 90})
    assert "LockConfiguration" not in properties(backed_up(), "BackupVault")


def test_the_role_may_do_what_the_plan_needs_and_no_more() -> None:
    found = statements(backed_up(resources=["backups"]))
    assert not {"TakeSnapshots", "BackUpFileSystem", "CopyIntoVaults"} & set(found)
    bucket = {"Fn::GetAtt": ["BackupBucket", "Arn"]}
    assert found["ReadBuckets"]["Resource"] == [bucket]
    assert found["DecryptObjects"]["Resource"] == [{"Fn::GetAtt": ["BackupKey", "Arn"]}]
    everything = statements(backed_up(resources=EVERYTHING, copies=[{"vault_arn": COPY}]))
    actions = {action for each in everything.values() for action in each["Action"]}
    assert not {a for a in actions if a.startswith("s3:Delete") or a.startswith("s3:PutObject")}
    assert not {a for a in actions if a.startswith("kms:Decrypt")} - {"kms:Decrypt"}
    assert everything["KeepSnapshots"]["Resource"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:cluster-snapshot:awsbackup:*"}
    ]
    assert everything["CopyIntoVaults"]["Resource"] == [COPY]
    everywhere = {sid for sid, each in everything.items() if each["Resource"] == ["*"]}
    assert everywhere == {"FindResources", "CopyFromVault", "DescribeDatabases", "SeeEverything"}
    grants = everything["GrantToServices"]
    assert grants["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert "arn:aws:kms:eu-central-1:444455556666:key/*" in grants["Resource"]


def test_buckets_tell_of_changes_only_where_they_are_backed_up() -> None:
    found = backed_up(resources=["backups"])
    told = {
        name
        for name, each in found.items()
        if "NotificationConfiguration" in each.get("Properties", {})
    }
    assert told == {"BackupBucket"}
    assert "NotificationConfiguration" not in json.dumps(resources(storage=DOCUMENTS))


def test_both_layouts_have_it() -> None:
    nested = templates(Layout.NESTED, aws_backup={})
    assert nested["aws_backup"]["Resources"].keys() >= {"BackupVault", "BackupPlan"}
    assert "BackupVaultName" in nested["root"]["Outputs"]


# Object Lock of the backup bucket


def test_locked_backups_stay_as_long_as_they_are_kept() -> None:
    backup = {"retention": "P14D", "object_lock": {}}
    bucket = properties(resources(storage={"backup": backup}), "BackupBucket")
    assert bucket["ObjectLockEnabled"] is True
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "GOVERNANCE", "Days": 14}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert not [name for name in properties(resources(), "BackupBucket") if "Lock" in name]


def test_brokers_may_hide_locked_backups_but_not_their_versions() -> None:
    found = json.dumps(resources(storage={"backup": {"object_lock": {}}})["OrchestrationTaskRole"])
    assert "s3:DeleteObject" in found
    for action in ("DeleteObjectVersion", "BypassGovernanceRetention", "PutObjectRetention"):
        assert action not in found


def test_locks_are_replicated() -> None:
    replication = {"bucket_arn": "arn:aws:s3:::copies", "kms_key_arn": KEY}
    for lock, there in (({}, True), (None, False)):
        backup = {"replication": replication, "object_lock": lock}
        policy = resources(storage={"backup": backup})["BackupReplicationPolicy"]
        assert ("s3:GetObjectRetention" in json.dumps(policy)) is there


SOUND: list[dict[str, Any]] = [
    {"aws_backup": {}},
    {"aws_backup": {"lock": {"min_retention_days": 35, "max_retention_days": 35}}},
    {"storage": {"backup": {"object_lock": {}}}},
    {"storage": {"backup": {"on_delete": "delete"}}},
]


@pytest.mark.parametrize("sections", SOUND, ids=str)
def test_sound_specs(sections: dict[str, Any]) -> None:
    codes = {each.code for each in findings(deployment(**sections))}
    assert not codes & {"CAM228", "CAM229", "CAM230", "CAM231"}


def test_failed_jobs_reach_the_topic_of_the_alarms() -> None:
    found = resources(aws_backup={}, observability={"alarms": {}})
    rule = found["FailedBackupJobRule"]["Properties"]
    detail = rule["EventPattern"]["detail"]
    assert detail["state"] == ["FAILED", "ABORTED", "EXPIRED"]
    into, out_of = detail["$or"]
    assert into == {"backupVaultName": [{"Ref": "BackupVault"}]}
    assert "BackupVault" in json.dumps(out_of["sourceBackupVaultArn"])
    assert rule["Targets"] == [{"Id": "topic", "Arn": {"Ref": "AlarmTopic"}}]
    assert "FailedBackupJobRule" not in resources(aws_backup={})

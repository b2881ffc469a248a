"""What the gate says, in full, of changes that it stops or remarks on, and of their neighbours."""

from collections.abc import Callable
from typing import Any

import pytest

from camformation.deploy.plan.merge import StackChanges, merged
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.symbols import Templates
from camformation.diagnostics import Location
from camformation.layout import Layout
from plan.sample import sample

CLUSTER, INSTANCE, FILES, KEY, SECRET, BUCKET = (
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::EFS::FileSystem",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
    "AWS::S3::Bucket",
)
SERVICE, TASK = "AWS::ECS::Service", "AWS::ECS::TaskDefinition"


def one(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a template of one resource, `A`; a policy is one of its attributes."""
    policies = {name: properties.pop(name) for name in list(properties) if name.endswith("Policy")
                and name != "BackupPolicy"}  # fmt: skip
    return {"root": {"Resources": {"A": {"Type": kind, "Properties": properties, **policies}}}}


def brokers(
    image: str = "camunda/camunda:8.9.3",
    name: Any = "core",
    task: str = "Task",
    count: Any = 3,
    other: dict[str, Any] | None = None,
    **environment: Any,
) -> dict[str, Any]:
    """Return a template of a service of brokers."""
    said = {"CAMUNDA_CLUSTER_SIZE": "3", **environment}
    container = {
        "Name": name,
        "Image": image,
        "Environment": [{"Name": key, "Value": value} for key, value in said.items()],
    }
    found = [container, *([other] if other else [])]
    return {
        "root": {
            "Resources": {
                task: {"Type": TASK, "Properties": {"ContainerDefinitions": found}},
                "Service": {
                    "Type": SERVICE,
                    "Properties": {"TaskDefinition": {"Ref": task}, "DesiredCount": count},
                },
            }
        }
    }


RESTORE = {"Name": "restore", "Image": "camunda/camunda:8.9.3"}
LOGGER = {"Name": "logger", "Image": "fluent:1"}

# before and after
CHANGES: dict[str, tuple[Templates, Templates]] = {
    # protections that go
    "cluster unprotected": (
        one(CLUSTER, DeletionProtection=True),
        one(CLUSTER, DeletionProtection=False),
    ),
    "instance unprotected": (
        one(INSTANCE, DeletionProtection=True),
        one(INSTANCE, DeletionProtection=False),
    ),
    "cluster protected": (
        one(CLUSTER, DeletionProtection=False),
        one(CLUSTER, DeletionProtection=True),
    ),
    "protection left out": (one(CLUSTER, DeletionProtection=True), one(CLUSTER)),
    "files not backed up": (
        one(FILES, BackupPolicy={"Status": "ENABLED"}),
        one(FILES, BackupPolicy={"Status": "DISABLED"}),
    ),
    "files backed up": (
        one(FILES, BackupPolicy={"Status": "DISABLED"}),
        one(FILES, BackupPolicy={"Status": "ENABLED"}),
    ),
    "files may be overwritten": (
        one(FILES, FileSystemProtection={"ReplicationOverwriteProtection": "ENABLED"}),
        one(FILES, FileSystemProtection={"ReplicationOverwriteProtection": "DISABLED"}),
    ),
    "key disabled": (one(KEY, Enabled=True), one(KEY, Enabled=False)),
    "something else switched off": (
        one(KEY, EnableKeyRotation=True),
        one(KEY, EnableKeyRotation=False),
    ),
    "another type's property": (one(FILES, Enabled=True), one(FILES, Enabled=False)),
    "policy weaker": (one(FILES, DeletionPolicy="Retain"), one(FILES, DeletionPolicy="Delete")),
    "policy gone": (one(FILES, DeletionPolicy="Retain"), one(FILES)),
    "policy stronger": (one(FILES, DeletionPolicy="Delete"), one(FILES, DeletionPolicy="Retain")),
    "policy a snapshot": (
        one(CLUSTER, UpdateReplacePolicy="Retain"),
        one(CLUSTER, UpdateReplacePolicy="Snapshot"),
    ),
    "policy from delete": (
        one(CLUSTER, UpdateReplacePolicy="Delete"),
        one(CLUSTER, UpdateReplacePolicy="Snapshot"),
    ),
    "fewer backups": (
        one(CLUSTER, BackupRetentionPeriod=14),
        one(CLUSTER, BackupRetentionPeriod=7),
    ),
    "more backups": (
        one(CLUSTER, BackupRetentionPeriod=7),
        one(CLUSTER, BackupRetentionPeriod=14),
    ),
    "policy of what holds nothing": (
        one("AWS::EC2::VPC", DeletionPolicy="Retain"),
        one("AWS::EC2::VPC"),
    ),
    # secrets
    "password made anew": (
        one(SECRET, GenerateSecretString={"PasswordLength": 32}),
        one(SECRET, GenerateSecretString={"PasswordLength": 40}),
    ),
    "password given": (one(SECRET, SecretString="a"), one(SECRET, SecretString="b")),
    "password given, not made": (
        one(SECRET, GenerateSecretString={"PasswordLength": 32}),
        one(SECRET, SecretString="b"),
    ),
    "secret described": (one(SECRET, Description="a"), one(SECRET, Description="b")),
    # the database
    "administrator renamed": (one(CLUSTER, MasterUsername="a"), one(CLUSTER, MasterUsername="b")),
    "password of an instance": (
        one(INSTANCE, MasterUserPassword="a"),
        one(INSTANCE, MasterUserPassword="b"),
    ),
    "password unmanaged": (
        one(CLUSTER, ManageMasterUserPassword=True),
        one(CLUSTER, ManageMasterUserPassword=False),
    ),
    "engine newer": (one(CLUSTER, EngineVersion="17.5"), one(CLUSTER, EngineVersion="17.6")),
    "engine less exact": (one(CLUSTER, EngineVersion="17.5"), one(CLUSTER, EngineVersion="17")),
    "engine more exact": (one(CLUSTER, EngineVersion="17"), one(CLUSTER, EngineVersion="17.5")),
    "engine older": (one(CLUSTER, EngineVersion="17.5"), one(CLUSTER, EngineVersion="17.4")),
    "engine major": (one(CLUSTER, EngineVersion="17.5"), one(CLUSTER, EngineVersion="18.1")),
    "engine major older": (one(CLUSTER, EngineVersion="18.1"), one(CLUSTER, EngineVersion="17.5")),
    "engine unread": (one(CLUSTER, EngineVersion="lts"), one(CLUSTER, EngineVersion="17.5")),
    # deleted, replaced
    "files deleted": (one(FILES), {"root": {"Resources": {}}}),
    "files kept": (one(FILES, DeletionPolicy="Retain"), {"root": {"Resources": {}}}),
    "cluster deleted": (one(CLUSTER), {"root": {"Resources": {}}}),
    "files replaced": (one(FILES, PerformanceMode="a"), one(FILES, PerformanceMode="b")),
    "files replaced, kept": (
        one(FILES, PerformanceMode="a", UpdateReplacePolicy="Retain"),
        one(FILES, PerformanceMode="b", UpdateReplacePolicy="Retain"),
    ),
    "cluster perhaps replaced": (one(CLUSTER, Port=1, DBSubnetGroupName="a"),
                                 one(CLUSTER, Port=1, DBSubnetGroupName="b")),
    "vpc replaced": (
        one("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
        one("AWS::EC2::VPC", CidrBlock="10.1.0.0/16"),
    ),
    "subnet moved": (one("AWS::EC2::Subnet", VpcId="a"), one("AWS::EC2::Subnet", VpcId="b")),
    "service renamed": (one(SERVICE, ServiceName="a"), one(SERVICE, ServiceName="b")),
    # the cluster
    "more brokers": (brokers(), brokers(CAMUNDA_CLUSTER_SIZE="5")),
    "more tasks": (brokers(count=3), brokers(count=5)),
    "partitions said": (brokers(), brokers(CAMUNDA_CLUSTER_PARTITIONCOUNT="3")),
    "partitions unsaid": (brokers(CAMUNDA_CLUSTER_PARTITIONCOUNT="3"), brokers()),
    "replication": (
        brokers(CAMUNDA_CLUSTER_REPLICATIONFACTOR="3"),
        brokers(CAMUNDA_CLUSTER_REPLICATIONFACTOR="1"),
    ),
    "another container's name": (brokers(), brokers(name="broker", CAMUNDA_CLUSTER_SIZE="5")),
    "another task": (brokers(), brokers(task="Other", CAMUNDA_CLUSTER_SIZE="5")),
    "no cluster any more": (brokers(), one(SERVICE)),
    "version next": (brokers(), brokers("camunda/camunda:8.10.0")),
    "version skipped": (brokers(), brokers("camunda/camunda:8.11.0")),
    "version of another major": (brokers(), brokers("camunda/camunda:9.9.0")),
    "version back": (brokers(), brokers("camunda/camunda:8.9.1")),
    "version less exact": (brokers(), brokers("camunda/camunda:8.9")),
    "version far and less exact": (brokers(), brokers("camunda/camunda:8.11")),
    "version unread": (brokers(), brokers("camunda/camunda:latest")),
    "restored": (brokers(), brokers(other=RESTORE)),
    "restored before": (brokers(other=RESTORE), brokers(other=RESTORE, count=4)),
    "logged": (brokers(), brokers(other=LOGGER)),
    # identity
    "another name": (sample(), sample(name="other")),
    "another layout": (sample(), sample(Layout.FLAT)),
    "everything": (
        sample(),
        sample(performance_mode="maxIO", brokers=5, password_length=40, service_name="brokers"),
    ),
}  # fmt: skip


def located(template: str, name: str, path: tuple[str | int, ...]) -> Location:
    return Location("/".join(map(str, (template, name, *path))), 1)


def test_the_gate_says(golden: Callable[[str, Any], None]) -> None:
    lines = []
    for title, (before, after) in CHANGES.items():
        plan = make_plan(before, after, locate=located)
        lines.append(f"{title}: {'nothing' if not plan.gate else ''}".strip())
        for block in plan.gate:
            where = block.location.file if block.location else "-"
            lines += [
                f"  {block.code} {block.severity} {block.component}/{block.logical_id} at {where}",
                f"    {block.message}",
                f"    {block.hint} [{block.allow}]",
            ]
    golden("plan/gate.txt", "\n".join([*lines, ""]))


def change(**more: Any) -> dict[str, Any]:
    return {"ResourceChange": {"LogicalResourceId": "A", **more}}


def described(**more: Any) -> dict[str, Any]:
    return change(Details=[more])


def test_of_two_readings_the_more_serious_replacement_counts() -> None:
    order = ["", "False", "Conditional", "True"]
    for one_ in order:
        for other in order:
            read = StackChanges((change(Replacement=one_),), (change(Replacement=other),))
            expected = max(one_, other, key=order.index)
            assert merged(read)["A"].replacement == expected


TARGET = {"Attribute": "Properties", "Name": "Mode", "RequiresRecreation": "Always"}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ({}, ("", "", "", "Never", "", "", "", None, None)),
        (
            {
                "Target": {**TARGET, "Path": "/Properties/Mode", "BeforeValue": "a",
                           "AfterValue": ""},
                "Evaluation": "Static",
                "ChangeSource": "DirectModification",
                "CausingEntity": "B",
            },
            ("Properties", "Mode", "/Properties/Mode", "Always", "Static", "DirectModification",
             "B", "a", ""),
        ),
    ],
)  # fmt: skip
def test_a_detail_is_read_field_by_field(raw: dict[str, Any], read: tuple[Any, ...]) -> None:
    (found,) = merged(StackChanges((described(**raw),)))["A"].details
    assert tuple(vars(found).values()) == read


def test_an_entry_is_read_field_by_field_from_the_richer_reading_first() -> None:
    rich = change(Action="Modify", ResourceType="T", PhysicalResourceId="a-1", Scope=["Tags"])
    plain = change(Action="Remove", PolicyAction="Delete", Scope=["Properties", "Tags"])
    found = merged(StackChanges((rich,), (plain,)))["A"]
    assert (found.action, found.type, found.physical_id) == ("Modify", "T", "a-1")
    assert (found.policy_action, found.scope) == ("Delete", ("Tags", "Properties"))
    bare = merged(StackChanges((change(),)))["A"]
    assert (bare.action, bare.type, bare.physical_id) == ("Modify", "", None)
    assert (bare.policy_action, bare.scope, bare.details) == (None, (), ())
    assert merged(StackChanges(({"Type": "Hook"},))) == {}


def test_a_detail_of_both_readings_is_told_once_with_its_values() -> None:
    with_value = described(Target={**TARGET, "AfterValue": "b"}, ChangeSource="Automatic")
    without = described(Target=TARGET, ChangeSource="Automatic")
    other = described(Target=TARGET, ChangeSource="ParameterReference")
    found = merged(StackChanges((with_value,), (without, other)))["A"].details
    assert [(each.source, each.after) for each in found] == [
        ("Automatic", "b"),
        ("ParameterReference", None),
    ]

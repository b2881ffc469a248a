"""Nothing that holds data goes, and no cluster is broken, unless somebody names it."""

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from camformation.deploy.plan.merge import StackChanges
from camformation.deploy.plan.model import Block, Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.symbols import Templates
from camformation.layout import Layout
from plan.sample import LAYOUTS, sample

HOLDERS = {
    "FileSystem": ("AWS::EFS::FileSystem", "the brokers' data of every partition"),
    "AccessPoint": ("AWS::EFS::AccessPoint", "the brokers' access to their data"),
    "NodeIdBucket": ("AWS::S3::Bucket", "the leases through which brokers find their data"),
    "BackupBucket": ("AWS::S3::Bucket", "every backup of Zeebe"),
    "DocumentsBucket": ("AWS::S3::Bucket", "every document uploaded"),
    "OtherBucket": ("AWS::S3::Bucket", "every object in it"),
    "DatabaseCluster": ("AWS::RDS::DBCluster", "process history"),
    "StandaloneDatabase": ("AWS::RDS::DBInstance", "everything in the database"),
    "SecretsKey": ("AWS::KMS::Key", "becomes unreadable"),
    "AdminPassword": ("AWS::SecretsManager::Secret", "the password in it"),
}
CREATE_ONLY = {
    "AWS::EFS::FileSystem": "PerformanceMode",
    "AWS::EFS::AccessPoint": "ClientToken",
    "AWS::S3::Bucket": "BucketName",
    "AWS::RDS::DBCluster": "DatabaseName",
    "AWS::RDS::DBInstance": "DBName",
    "AWS::SecretsManager::Secret": "Name",
}
POLICIES = ("Delete", "Snapshot", "Retain", "RetainExceptOnCreate", None)


def one(logical_id: str, resource: dict[str, Any] | None) -> Templates:
    return {"root": {"Resources": {logical_id: resource} if resource else {}}}


def codes(plan: Plan) -> set[str]:
    return {block.code for block in plan.gate}


def only(plan: Plan, code: str) -> Block:
    (block,) = (block for block in plan.gate if block.code == code)
    return block


@pytest.mark.parametrize(("logical_id", "policy"), list(product(HOLDERS, POLICIES)))
def test_deleting_what_holds_data_blocks_unless_it_is_kept(
    logical_id: str, policy: str | None
) -> None:
    kind, loss = HOLDERS[logical_id]
    resource = {"Type": kind, **({"DeletionPolicy": policy} if policy else {})}
    plan = make_plan(one(logical_id, resource), one(logical_id, None))
    if policy in ("Retain", "RetainExceptOnCreate"):
        assert (codes(plan), plan.exit_code) == ({"CAM652"}, 2)
        assert "kept in the account" in only(plan, "CAM652").message
        return
    block = only(plan, "CAM651")
    assert plan.exit_code == 3
    assert loss in block.message
    snapshot = policy == "Snapshot" or (policy is None and kind.startswith("AWS::RDS"))
    assert ("only a final snapshot is kept" in block.message) == snapshot
    assert f"--allow-data-loss CAM651:{logical_id}" in block.hint


REPLACEABLE = [name for name, (kind, _) in HOLDERS.items() if kind in CREATE_ONLY]


@pytest.mark.parametrize(("logical_id", "policy"), list(product(REPLACEABLE, POLICIES)))
def test_replacing_what_holds_data_blocks_whatever_is_kept(
    logical_id: str, policy: str | None
) -> None:
    kind, loss = HOLDERS[logical_id]
    before, after = (
        {
            "Type": kind,
            "Properties": {CREATE_ONLY[kind]: value},
            **({"UpdateReplacePolicy": policy} if policy else {}),
        }
        for value in ("one", "other")
    )
    plan = make_plan(one(logical_id, before), one(logical_id, after))
    block = only(plan, "CAM650")
    assert plan.exit_code == 3
    assert loss in block.message
    kept = {
        None: "nothing is kept",
        "Snapshot": "only a final snapshot",
        "Retain": "kept in the account",
    }
    assert kept.get(policy, "") in block.message


@pytest.mark.parametrize("policy", ["Delete", "Retain", "Snapshot"])
@pytest.mark.parametrize("action", ["Remove", "Modify"])
def test_cloudformations_policy_action_is_what_counts(policy: str, action: str) -> None:
    resource = {
        "Action": action,
        "LogicalResourceId": "FileSystem",
        "PhysicalResourceId": "fs-1",
        "ResourceType": "AWS::EFS::FileSystem",
        "PolicyAction": policy if action == "Remove" else f"ReplaceAnd{policy}",
        **({"Replacement": "True"} if action == "Modify" else {}),
    }
    described = {"storage": StackChanges(({"Type": "Resource", "ResourceChange": resource},))}
    plan = make_plan(sample(), sample(), change_set=described)
    change = next(iter(plan.changes()))
    assert change.old_resource == policy
    assert plan.exit_code == (2 if (action, policy) == ("Remove", "Retain") else 3)


def test_a_retained_nested_stack_retains_what_is_in_it() -> None:
    old = json.loads(json.dumps(sample(policy="Delete")))
    old["root"]["Resources"]["Storage"]["DeletionPolicy"] = "Retain"
    new = json.loads(json.dumps(old))
    del new["root"]["Resources"]["Storage"], new["storage"]
    changes = {change.logical_id: change for change in make_plan(old, new).changes()}
    assert changes["FileSystem"].old_resource == "Retain"


CASES: list[tuple[dict[str, Any], dict[str, Any], set[str], str | None]] = [
    ({}, {"performance_mode": "maxIO"}, {"CAM650"}, "FileSystem"),
    ({}, {"root_directory": "/other"}, {"CAM650"}, "AccessPoint"),
    ({}, {"bucket_name": "other"}, {"CAM650"}, "NodeIdBucket"),
    ({}, {"database_name": "other"}, {"CAM650"}, "DatabaseCluster"),
    ({}, {"master_username": "root"}, {"CAM650", "CAM654"}, "DatabaseCluster"),
    ({}, {"managed_password": False}, {"CAM654"}, "DatabaseCluster"),
    ({}, {"password_length": 40}, {"CAM653"}, "AdminPassword"),
    ({}, {"service_name": "brokers"}, {"CAM655"}, "OrchestrationService"),
    ({}, {"brokers": 5}, {"CAM660"}, "OrchestrationService"),
    ({}, {"partitions": 6}, {"CAM661"}, "OrchestrationService"),
    ({}, {"replication": 1}, {"CAM662"}, "OrchestrationService"),
    ({}, {"image": "camunda/camunda:8.8.9"}, {"CAM663"}, "OrchestrationService"),
    ({}, {"image": "camunda/camunda:8.9.2"}, {"CAM663"}, "OrchestrationService"),
    ({}, {"image": "camunda/camunda:8.11.0"}, {"CAM663"}, "OrchestrationService"),
    ({}, {"image": "camunda/camunda:9.9.0"}, {"CAM663"}, "OrchestrationService"),
    ({}, {"image": "camunda/camunda:9.0.0"}, {"CAM663"}, "OrchestrationService"),
    ({}, {"image": "camunda/camunda:8.10.1"}, set(), None),
    ({}, {"image": "camunda/camunda:8.9.4"}, set(), None),
    ({}, {"image": "registry.example.com:5000/camunda:8.10"}, set(), None),
    ({}, {"image": "registry.example.com:5000/camunda:nightly"}, set(), None),
    ({}, {"restore": True}, {"CAM664"}, "OrchestrationService"),
    ({"restore": True}, {}, set(), None),
    ({}, {"name": "other"}, {"CAM665"}, None),
    ({"policy": "Delete"}, {"throughput_mode": "bursting", "policy": "Delete"}, set(), None),
    ({"instances": 2}, {"instances": 1}, set(), None),
    ({"instances": 1}, {"instances": 0}, {"CAM651"}, "DatabaseInstance1"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("before", "after", "blocked", "name"), CASES)
def test_each_reason_blocks_and_is_allowed_by_its_name_alone(
    layout: Layout,
    before: dict[str, Any],
    after: dict[str, Any],
    blocked: set[str],
    name: str | None,
) -> None:
    def plan(*allow: str) -> Plan:
        return make_plan(sample(layout, **before), sample(layout, **after), allow=allow)

    first = plan()
    words = {f"{code}:{name}" for code in blocked if name}
    assert {block.code for block in first.blocks} >= blocked
    assert {b.allow for b in first.blocks if b.allow and b.allow.endswith(f":{name}")} == words
    assert first.exit_code == (3 if blocked else 2)
    assert plan("Vpc", "CAM650:fileSystem", "CAM699:FileSystem").blocks == first.blocks
    assert name is None or plan(name).blocks == first.blocks  # a logical ID alone is not enough
    everything = {block.allow for block in first.blocks if block.allow}
    assert plan(*everything).exit_code == (3 if None in {b.allow for b in first.blocks} else 2)
    for other in everything - words:
        assert words <= {b.allow for b in plan(other).blocks}
    for word in words:
        assert word not in {b.allow for b in plan(word).blocks}
        assert words - {word} <= {b.allow for b in plan(word).blocks}


def test_another_layout_is_never_allowed() -> None:
    old, new = (sample(layout) for layout in LAYOUTS)
    for before, after in ((old, new), (new, old)):
        blocked = make_plan(before, after).blocks
        plan = make_plan(before, after, allow=[block.allow for block in blocked if block.allow])
        assert {block.code for block in plan.blocks} == {"CAM666"}
        assert plan.exit_code == 3


@pytest.mark.parametrize(
    ("version", "says"),
    [("16.9", "downgrade"), ("17.8", "downgrade"), ("17.10", None)],
)
def test_an_engine_is_never_downgraded(version: str, says: str | None) -> None:
    plan = make_plan(sample(), sample(engine_version=version))
    blocks = [block for block in plan.blocks if block.code == "CAM667"]
    assert plan.exit_code == (3 if says else 2)
    assert len(blocks) == (says is not None)
    assert all(says in block.message and block.allow is None for block in blocks if says)


@pytest.mark.parametrize(
    ("number", "says"), [(1, "the only instance"), (2, "which will have none left")]
)
def test_instances_that_go_together_are_not_each_the_only_one(number: int, says: str) -> None:
    plan = make_plan(sample(instances=number), sample(instances=0))
    blocks = [block for block in plan.blocks if block.code == "CAM651"]
    assert len(blocks) == number and all(says in block.message for block in blocks)


def test_losing_a_protection_is_a_warning() -> None:
    plan = make_plan(sample(), sample(policy="Delete"))
    assert plan.exit_code == 2
    assert {(b.code, b.severity) for b in plan.gate} == {("CAM668", Severity.WARNING)}


@pytest.mark.parametrize(("days", "warned"), [(7, True), (None, True), (30, False), (35, False)])
def test_keeping_fewer_backups_is_a_warning(days: int | None, warned: bool) -> None:
    def cluster(kept: int | None) -> Any:
        properties = {} if kept is None else {"BackupRetentionPeriod": kept}
        return one("AuroraCluster", {"Type": "AWS::RDS::DBCluster", "Properties": properties})

    assert ("CAM668" in codes(make_plan(cluster(30), cluster(days)))) == warned


@pytest.mark.parametrize("name", ["Filesystem", "CAM650:Filesystem", "CAM650:", ":", ""])
def test_naming_what_is_not_blocked_is_a_warning(name: str) -> None:
    plan = make_plan(sample(), sample(throughput_mode="bursting"), allow=[name])
    assert name in only(plan, "CAM669").message
    assert plan.exit_code == 2


@pytest.mark.parametrize("name", ["FileSystem", "CAM651:FileSystem"])
def test_a_name_that_is_not_enough_says_what_to_type(name: str) -> None:
    plan = make_plan(sample(), sample(performance_mode="maxIO"), allow=[name])
    assert plan.exit_code == 3
    assert "--allow-data-loss CAM650:FileSystem" in only(plan, "CAM669").hint


def test_a_secrets_other_properties_may_change() -> None:
    def described(text: str) -> Callable[[], Templates]:
        return lambda: one(
            "AdminPassword",
            {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": text}},
        )

    assert make_plan(described("a")(), described("b")()).exit_code == 2


@pytest.mark.parametrize(
    "kind", ["AWS::EFS::MountTarget", "AWS::EC2::RouteTable", "AWS::IAM::Role"]
)
def test_what_holds_no_data_is_not_gated(kind: str) -> None:
    plan = make_plan(one("Thing", {"Type": kind}), one("Thing", None))
    assert (plan.exit_code, plan.gate) == (2, ())


def test_moving_data_to_another_component_is_a_deletion() -> None:
    old = json.loads(json.dumps(sample(policy="Delete")))
    new = json.loads(json.dumps(old))
    new["database"]["Resources"]["FileSystem"] = new["storage"]["Resources"].pop("FileSystem")
    assert "CAM651" in codes(make_plan(old, new))


def network(vpc: str, subnet: str) -> Templates:
    return {
        "root": {
            "Resources": {
                "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": vpc}},
                "Subnet": {
                    "Type": "AWS::EC2::Subnet",
                    "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": subnet},
                },
            }
        }
    }


@pytest.mark.parametrize(
    ("after", "blocked"),
    [
        (network("10.0.0.0/16", "10.0.0.0/24"), None),
        (network("10.0.0.0/16", "10.0.1.0/24"), "Subnet"),
        (network("10.1.0.0/16", "10.1.0.0/24"), "Vpc"),  # the subnet only follows
    ],
)
def test_the_network_is_not_replaced_under_what_lives_in_it(
    after: Templates, blocked: str | None
) -> None:
    before = network("10.0.0.0/16", "10.0.0.0/24")
    plan = make_plan(before, after)
    assert [block.logical_id for block in plan.gate] == ([blocked] if blocked else [])
    if blocked:
        assert plan.exit_code == 3 and only(plan, "CAM656").allow == f"CAM656:{blocked}"
        assert make_plan(before, after, allow=[f"CAM656:{blocked}"]).exit_code == 2


@pytest.mark.parametrize(
    ("version", "said"),
    [("8.11.0", "skips from"), ("9.9.0", "to another major version"), ("8.8.9", "goes back from")],
)
def test_a_version_is_refused_for_what_it_is(version: str, said: str) -> None:
    (block,) = make_plan(sample(), sample(image=f"camunda/camunda:{version}")).blocks
    assert block.code == "CAM663" and said in block.message

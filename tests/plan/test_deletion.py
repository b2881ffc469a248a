"""What deleting a stack does to each of its resources."""

from typing import Any

import pytest

from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.plan.deletion import (
    BUCKET,
    CLUSTER,
    COSTS,
    KEY,
    SNAPSHOT_COST,
    Fate,
    ResourceDeletion,
    resource_deletions,
)
from camformation.deploy.plan.holdings import HOLDINGS
from camformation.deploy.plan.symbols import STACK, Address

FILES, SECRET = "AWS::EFS::FileSystem", "AWS::SecretsManager::Secret"


def live(kind: str, name: str = "A", status: str = "CREATE_COMPLETE") -> StackResource:
    return StackResource(name, f"id-{name}", kind, status)


def one(kind: str, status: str = "CREATE_COMPLETE", **body: Any) -> ResourceDeletion:
    templates = {"root": {"Resources": {"A": {"Type": kind, **body}}}}
    (found,) = resource_deletions(templates, {"root": (live(kind, status=status),)})
    return found


FATES: list[tuple[str, str | None, Fate]] = [
    (FILES, None, Fate.DELETE),
    (FILES, "Delete", Fate.DELETE),
    (FILES, "Retain", Fate.RETAIN),
    (FILES, "RetainExceptOnCreate", Fate.RETAIN),
    (CLUSTER, None, Fate.SNAPSHOT),  # AWS docs, DeletionPolicy attribute
    (CLUSTER, "Snapshot", Fate.SNAPSHOT),
    (CLUSTER, "Delete", Fate.DELETE),
    (CLUSTER, "Retain", Fate.RETAIN),
    ("AWS::EC2::Volume", "Snapshot", Fate.SNAPSHOT),
]


@pytest.mark.parametrize(("kind", "policy", "fate"), FATES)
def test_the_policy_decides(kind: str, policy: str | None, fate: Fate) -> None:
    found = one(kind, **({"DeletionPolicy": policy} if policy else {}))
    assert (found.fate, found.explicit) == (fate, policy is not None)
    costs = {Fate.DELETE: "", Fate.SNAPSHOT: SNAPSHOT_COST, Fate.RETAIN: COSTS.get(kind, "")}
    assert found.cost == costs[fate]


def test_what_aws_charges_for_is_named_if_it_stays() -> None:
    assert set(COSTS) == {
        *(
            "AWS::Backup::BackupVault",
            "AWS::EC2::EIP",
            "AWS::Logs::LogGroup",
            FILES,
            KEY,
            CLUSTER,
            BUCKET,
            SECRET,
        ),
    }
    assert one("AWS::Logs::LogGroup", DeletionPolicy="Retain").cost
    assert not one("AWS::ECS::Cluster", DeletionPolicy="Retain").cost


def test_what_a_failed_deletion_skipped_stays() -> None:
    assert one(FILES, "DELETE_SKIPPED").fate is Fate.RETAIN
    assert one("AWS::ECS::Cluster", "DELETE_SKIPPED").cost == ""


@pytest.mark.parametrize(
    ("kind", "name", "what"),
    [
        (BUCKET, "NodeIdBucket", "the node-id bucket"),
        (BUCKET, "BackupBucket", "the backup bucket"),
        (BUCKET, "DocumentsBucket", "the documents bucket"),
        (BUCKET, "Other", "the S3 bucket"),
        (FILES, "A", HOLDINGS[FILES].what),
        (CLUSTER, "A", HOLDINGS[CLUSTER].what),
        (SECRET, "A", HOLDINGS[SECRET].what),
        ("AWS::RDS::DBInstance", "A", ""),  # its data are the cluster's
        ("AWS::ECS::Cluster", "A", ""),
    ],
)
def test_what_holds_data_is_named_with_what_is_lost(kind: str, name: str, what: str) -> None:
    (found,) = resource_deletions(
        {"root": {"Resources": {name: {"Type": kind}}}}, {"root": (live(kind, name),)}
    )
    assert found.what == what and bool(found.loss) is bool(what)
    assert (found.address, found.type, found.physical_id) == (
        Address("root", name),
        kind,
        f"id-{name}",
    )


def test_a_key_can_be_taken_back_for_so_many_days() -> None:
    assert one(KEY).pending_days == 30  # the service's default
    assert one(KEY, Properties={"PendingWindowInDays": 7}).pending_days == 7
    assert one(KEY, Properties={"PendingWindowInDays": "14"}).pending_days == 14
    assert one(FILES, Properties={"PendingWindowInDays": 7}).pending_days == 0


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (None, None),
        ("alias/theirs", None),
        ({"Ref": "Key"}, Address("root", "Key")),
        ({"Fn::GetAtt": ["Key", "Arn"]}, Address("root", "Key")),
        ({"Ref": "AWS::NoValue"}, None),
        ({"Fn::Sub": "${Key}/x"}, None),
    ],
)
def test_the_deployments_own_key_is_known(value: Any, key: Address | None) -> None:
    properties = {} if value is None else {"KmsKeyId": value}
    assert one(CLUSTER, Properties=properties).key == key


def test_what_does_not_live_and_nested_stacks_themselves_are_left_out() -> None:
    templates = {"root": {"Resources": {"A": {"Type": FILES}}}}
    resources = (
        StackResource("None", None, FILES, "CREATE_FAILED"),
        live(FILES, "Gone", "DELETE_COMPLETE"),
        live(STACK, "Nested"),
        live(FILES, "Unlisted"),
        live(FILES, "A", "UPDATE_COMPLETE"),
    )
    found = list(resource_deletions(templates, {"root": resources}))
    assert [each.physical_id for each in found] == ["id-Unlisted", "id-A"]
    assert [each.explicit for each in found] == [False, False]


@pytest.mark.parametrize(
    ("policy", "fate"),
    [(None, Fate.DELETE), ("Delete", Fate.DELETE), ("Retain", Fate.RETAIN)],
)
def test_a_retained_stack_keeps_what_is_in_it(policy: str | None, fate: Fate) -> None:
    said = {"DeletionPolicy": policy} if policy else {}
    templates: dict[str, Any] = {
        "root": {"Resources": {"Storage": {"Type": STACK, **said}, "A": {"Type": FILES}}},
        "storage": {"Resources": {"B": {"Type": FILES, "DeletionPolicy": "Delete"}}},
        "other": {},
    }
    resources = {
        "root": (live(FILES),),
        "storage": (live(FILES, "B"),),
        "other": (live(FILES, "C"),),
    }
    found = list(resource_deletions(templates, resources))
    assert [(str(each.address), each.fate) for each in found] == [
        ("root/A", Fate.DELETE),
        ("storage/B", fate),
        ("other/C", Fate.DELETE),
    ]

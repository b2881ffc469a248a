"""The steps of a destruction before CloudFormation's, and what is left after it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from camformation.deploy.cloud.errors import DeployError, Refused
from camformation.deploy.cloud.services import DatabaseCluster, DatabaseSnapshot, ServiceState
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.destruction.guards import Guard
from camformation.deploy.destruction.leftovers import Leftover, look_for_leftovers
from camformation.deploy.destruction.plan import (
    Destruction,
    Protection,
    filled,
    plan_destruction,
    protected,
)
from camformation.deploy.destruction.preparation import Step, drain, empty, save, unprotect
from camformation.deploy.live_stack.listing import DESCRIPTION
from camformation.deploy.operation.events import Notice
from camformation.deploy.plan.deletion import (
    BUCKET,
    CLUSTER,
    KEY,
    SERVICE,
    Fate,
    ResourceDeletion,
)
from camformation.deploy.plan.symbols import Address
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import ACCOUNT, REGION, START

ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/camunda/core"


def doomed(kind: str, physical_id: str, fate: Fate = Fate.DELETE, **more: Any) -> ResourceDeletion:
    usual: dict[str, Any] = {"address": Address("root", physical_id.title()), "explicit": True}
    return ResourceDeletion(type=kind, physical_id=physical_id, fate=fate, **usual | more)


def destruction(*resources: ResourceDeletion, protections: Any = ()) -> Destruction:
    stack = StackDescription(id="arn", name="camunda", status="CREATE_COMPLETE", created=START)
    return Destruction("camunda", stack, resources, tuple(protections), (), ())


def service(name: str = "core", *, desired: int = 1, running: int = 1, pending: int = 0,
            status: str = "ACTIVE") -> ServiceState:  # fmt: skip
    return ServiceState(ARN, name, status, desired, running, pending)


# a service's state; what is told, and whether it is scaled
DRAINED: list[tuple[ServiceState | None, str | None, bool]] = [
    (None, None, False),
    (service(status="INACTIVE"), None, False),
    (service(desired=0, running=0), None, False),
    (service(desired=3, running=2, pending=1), "scaling core to zero (3 tasks)", True),
    (service(desired=2, running=0), "scaling core to zero (0 tasks)", True),
]


@pytest.mark.parametrize(("state", "told", "scaled"), DRAINED)
def test_services_are_scaled_to_zero(
    state: ServiceState | None, told: str | None, scaled: bool
) -> None:
    fake = FakeCloud()
    if state:
        fake.services.states["core"] = state
    found = list(drain(fake.cloud, fake.clock, destruction(doomed(SERVICE, ARN))))
    assert found == ([Step(START, "drain", told)] if told else [])
    assert fake.services.called("set_desired_count") == ([("core", 0)] if scaled else [])
    assert {cluster for cluster, _ in fake.services.called("services")} == {"camunda"}


def test_draining_is_waited_for_a_quarter_of_an_hour() -> None:
    fake = FakeCloud()
    fake.services.states["core"] = service()
    fake.services.set_desired_count = lambda *_: None  # type: ignore[method-assign]
    first, *pauses, last = drain(fake.cloud, fake.clock, destruction(doomed(SERVICE, ARN)))
    assert isinstance(first, Step) and pauses == [None] * 180
    assert fake.clock.slept == [5] * 180
    assert isinstance(last, Notice) and last.code == "CAM692" and last.time == fake.clock.now()
    assert "core still has tasks after 15 minutes; CloudFormation will stop them" in last.message


def test_draining_ends_with_the_last_task() -> None:
    fake = FakeCloud()
    fake.services.states["core"] = service(desired=0, running=0, pending=1)
    steps = drain(fake.cloud, fake.clock, destruction(doomed(SERVICE, ARN)))
    first, *pauses = next(steps), next(steps), next(steps)
    assert first == Step(START, "drain", "scaling core to zero (1 task)") and pauses == [
        None,
        None,
    ]
    fake.services.states["core"] = service(desired=0, running=0)
    assert list(steps) == [] and fake.clock.slept == [5, 5]
    assert not fake.services.called("set_desired_count")


def test_tasks_that_autoscaling_wants_meanwhile_are_stopped_too() -> None:
    fake = FakeCloud()
    fake.services.states["core"] = service(desired=0, running=1)
    steps = drain(fake.cloud, fake.clock, destruction(doomed(SERVICE, ARN)))
    assert next(steps) is not None and next(steps) is None
    fake.services.states["core"] = service(desired=2, running=1, pending=1)
    assert list(steps) == [] and fake.services.called("set_desired_count") == [("core", 0)]


def test_a_service_that_is_gone_does_not_keep_others_from_being_drained() -> None:
    fake = FakeCloud()
    fake.services.states["core"] = service()
    plan = destruction(doomed(SERVICE, ARN.replace("core", "gone")), doomed(SERVICE, ARN))
    assert len(list(drain(fake.cloud, fake.clock, plan))) == 1
    assert fake.services.called("set_desired_count") == [("core", 0)]


def test_connectors_stop_before_what_they_call() -> None:
    orchestration = doomed(SERVICE, ARN, address=Address("root", "OrchestrationService"))
    connectors = doomed(SERVICE, ARN, address=Address("root", "ConnectorsService"))
    kept = doomed(SERVICE, ARN, Fate.RETAIN)
    bucket = doomed(BUCKET, "bucket")
    plan = destruction(kept, bucket, orchestration, connectors)
    assert plan.services == (connectors, orchestration)


# the cluster, and the snapshot's state look by look; the pauses
SAVED: list[tuple[DatabaseCluster | None, list[str | None], int]] = [
    (None, [], 0),
    (DatabaseCluster("db", "deleting", False), [], 0),
    (DatabaseCluster("db", "available", False), ["available"], 0),
    (DatabaseCluster("db", "stopped", False), [None, "creating", "available"], 2),
]


def looking(fake: FakeCloud, statuses: Iterator[str | None]) -> None:
    """Let each look at the snapshot find it in the next of these states."""

    def snapshots(cluster: str) -> tuple[DatabaseSnapshot, ...]:
        made = [name for _, name in fake.databases.called("create_snapshot")]
        status = next(statuses)
        return tuple(DatabaseSnapshot(name, cluster, status) for name in made if status)

    fake.databases.snapshots = snapshots  # type: ignore[method-assign]


@pytest.mark.parametrize(("cluster", "statuses", "pauses"), SAVED)
def test_the_database_is_saved_and_waited_for(
    cluster: DatabaseCluster | None, statuses: list[str | None], pauses: int
) -> None:
    fake = FakeCloud()
    if cluster:
        fake.databases.clusters["db"] = cluster
    looking(fake, iter(statuses))
    found = list(save(fake.cloud, fake.clock, destruction(doomed(CLUSTER, "db"))))
    name = "db-final-20260105120000"
    saving = [Step(START, "snapshot", f"saving db as snapshot {name}")]
    assert found == [*(saving if statuses else []), *[None] * pauses]
    assert fake.databases.called("create_snapshot") == ([("db", name)] if statuses else [])
    assert fake.clock.slept == [5] * pauses


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (["creating", "failed"], "is failed after 0 minutes; nothing was deleted"),
        ([None] * 721, "is missing after 60 minutes; nothing was deleted"),
        (["creating"] * 721, "is creating after 60 minutes; nothing was deleted"),
    ],
)
def test_a_database_that_cannot_be_saved_stops_the_destruction(
    statuses: list[str | None], said: str
) -> None:
    fake = FakeCloud()
    fake.databases.clusters["db"] = DatabaseCluster("db", "available", False)
    looking(fake, iter(statuses))
    with pytest.raises(DeployError) as raised:
        list(save(fake.cloud, fake.clock, destruction(doomed(CLUSTER, "db"))))
    assert raised.value.code == "CAM693" and raised.value.message.endswith(said)
    assert raised.value.hint == "destroy again, or skip the snapshot with --no-final-snapshot"


def test_a_snapshots_name_is_one_that_rds_takes() -> None:
    """Of at most 63 characters, without two hyphens in a row (RDS, CreateDBClusterSnapshot)."""
    long = "a" * 41 + "-" + "b" * 20
    fake = FakeCloud()
    fake.databases.clusters[long] = DatabaseCluster(long, "available", False)
    list(save(fake.cloud, fake.clock, destruction(doomed(CLUSTER, long))))
    ((_, name),) = fake.databases.called("create_snapshot")
    assert name == "a" * 41 + "-final-20260105120000" and len(name) <= 63


@pytest.mark.parametrize("code", ["DBClusterSnapshotAlreadyExistsFault", "SnapshotQuotaExceeded"])
def test_a_snapshot_whose_answer_was_lost_is_waited_for(code: str) -> None:
    """Its name has the second of the attempt, so one that is there is this one."""
    fake = FakeCloud()
    fake.databases.clusters["db"] = DatabaseCluster("db", "available", False)
    looking(fake, iter(["creating", "available"]))
    begin = fake.databases.create_snapshot

    def begun(cluster: str, snapshot: str) -> None:
        begin(cluster, snapshot)
        raise Refused("CAM606", "rds:CreateDBClusterSnapshot: refused", None, code)

    fake.databases.create_snapshot = begun  # type: ignore[method-assign]
    saving = save(fake.cloud, fake.clock, destruction(doomed(CLUSTER, "db")))
    if code == "SnapshotQuotaExceeded":
        with pytest.raises(Refused):
            list(saving)
    else:
        assert len(list(saving)) == 2


def test_only_what_is_deleted_without_a_snapshot_is_saved() -> None:
    kept, snapshot, gone = (
        doomed(CLUSTER, fate, fate) for fate in (Fate.RETAIN, Fate.SNAPSHOT, Fate.DELETE)
    )
    assert destruction(kept, snapshot, gone, doomed(KEY, "k")).unsaved_clusters == (gone,)


def test_buckets_are_emptied_if_their_template_says_delete_and_they_hold_anything() -> None:
    fake = FakeCloud()
    for name in ("full", "kept", "silent"):
        fake.objects.buckets[name] = {"a": (b"", START), "b": (b"", START)}
    fake.objects.buckets["empty"] = {}
    plan = destruction(
        doomed(BUCKET, "gone"),
        doomed(BUCKET, "empty"),
        doomed(BUCKET, "full"),
        doomed(BUCKET, "kept", Fate.RETAIN),
        doomed(BUCKET, "silent", explicit=False),
        doomed(KEY, "full"),
    )
    found = list(empty(fake.cloud, fake.clock, plan))
    assert found == [Step(START, "empty", "emptied full: 2 objects and versions deleted")]
    assert fake.objects.called("empty") == ["full"]
    assert filled(fake.cloud, doomed(BUCKET, "kept"))
    assert not filled(fake.cloud, doomed(BUCKET, "full"))
    assert not filled(fake.cloud, doomed(BUCKET, "gone"))


def test_protections_are_switched_off_the_stacks_own_last() -> None:
    fake = FakeCloud()
    stack = fake.stacks.add("camunda", protected=True)
    fake.databases.clusters["db"] = DatabaseCluster("db", "available", True)
    plan = destruction(
        protections=[
            Protection("the stack", None, stack.id),
            Protection(
                "the cluster",
                Address("root", "Db"),
                "db",
                Guard("AWS::RDS::DBCluster", "db", "db"),
            ),
        ]
    )
    found = list(unprotect(fake.cloud, fake.clock, plan))
    assert found == [
        Step(START, "unprotect", "turned off: the cluster"),
        Step(START, "unprotect", "turned off: the stack"),
    ]
    assert not stack.protected and not fake.databases.clusters["db"].deletion_protection


# What forbids a deletion.


@pytest.mark.parametrize(
    ("properties", "so"),
    [
        ({}, False),
        ({"DeletionProtection": True}, True),
        ({"DeletionProtection": "true"}, True),
        ({"DeletionProtection": False}, False),
        ({"DeletionProtection": "false"}, False),
        ({"DeletionProtectionEnabled": True}, True),
        ({"LoadBalancerAttributes": []}, False),
        (
            {"LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": "true"}]},
            True,
        ),
        (
            {"LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": "false"}]},
            False,
        ),
        ({"LoadBalancerAttributes": [{"Key": "other", "Value": "true"}, "odd"]}, False),
    ],
)
def test_deletion_protection_is_read_in_each_spelling(
    properties: Mapping[str, Any], so: bool
) -> None:
    assert protected(properties) is so


@pytest.mark.parametrize(
    ("status", "metadata", "description", "ours"),
    [
        ("REVIEW_IN_PROGRESS", {"Deployment": "prod"}, "", True),
        ("REVIEW_IN_PROGRESS", {}, f"{DESCRIPTION} prod", True),
        ("REVIEW_IN_PROGRESS", {}, "theirs", False),
        ("CREATE_COMPLETE", {}, f"{DESCRIPTION} prod", False),
    ],
)
def test_a_stack_is_known_to_be_ours(
    status: str, metadata: dict[str, Any], description: str, ours: bool
) -> None:
    fake = FakeCloud()
    fake.stacks.add(
        "camunda",
        status,
        template={"Metadata": {"Camformation": metadata}, "Description": description},
    )
    if ours:
        found = plan_destruction(fake.cloud, "camunda")
        assert found.name == metadata.get("Deployment", "camunda")
        assert (found.resources, found.protections, found.warnings) == ((), (), ())
        assert found.obstacles == () and found.stack.name == "camunda"
    else:
        with pytest.raises(DeployError) as raised:
            plan_destruction(fake.cloud, "camunda")
        assert raised.value.code == "CAM625"
        assert raised.value.message == "the stack camunda was not created by camformation"
        assert "the tool that created it" in str(raised.value.hint)


# What is left.


def left(fake: FakeCloud, *resources: ResourceDeletion) -> list[Leftover]:
    found, unknown = look_for_leftovers(fake.cloud, fake.clock, destruction(*resources))
    assert not unknown
    return list(found)


def test_what_stays_is_told_what_costs_first() -> None:
    fake = FakeCloud()
    fake.objects.buckets["bucket"] = {}
    assert left(
        fake,
        doomed("AWS::Logs::LogGroup", "log", Fate.RETAIN),
        doomed(BUCKET, "bucket", Fate.RETAIN, what="the bucket", cost="much"),
        doomed(BUCKET, "no-longer-there", Fate.RETAIN, cost="much"),
        doomed("AWS::EC2::VPC", "vpc"),
    ) == [Leftover("the bucket", "bucket", "much"), Leftover("Log", "log", "")]


@pytest.mark.parametrize("fate", [Fate.DELETE, Fate.SNAPSHOT])
@pytest.mark.parametrize("encrypted", [False, True])
def test_snapshots_stay_and_can_be_read_as_long_as_their_key(fate: Fate, encrypted: bool) -> None:
    fake = FakeCloud()
    fake.databases.taken = [DatabaseSnapshot("final", "db", "available")]
    key = doomed(KEY, "key", pending_days=7)
    cluster = doomed(CLUSTER, "db", fate, key=key.address if encrypted else None)
    snapshot, pending = left(fake, cluster, key)
    assert (snapshot.what, snapshot.physical_id) == ("a snapshot of the Aurora cluster", "final")
    assert snapshot.cost and bool(snapshot.note) is encrypted
    if encrypted:
        assert snapshot.note.startswith("readable for only 7 days, while its key key exists")
    assert (pending.what, pending.physical_id, pending.cost) == (
        "the KMS key Key, pending deletion",
        "key",
        "",
    )
    assert pending.note == (
        "deleted after 7 days; until then, `aws kms cancel-key-deletion --key-id key` cancels this"
    )


def test_snapshots_of_a_kept_cluster_and_kept_keys_are_not_told() -> None:
    fake = FakeCloud()
    fake.databases.taken = [DatabaseSnapshot("daily", "db", "available")]
    key = doomed(KEY, "key", Fate.RETAIN, pending_days=7)
    kept, also = left(fake, doomed(CLUSTER, "db", Fate.RETAIN, key=key.address), key)
    assert (kept.physical_id, also.physical_id) == ("db", "key")
    gone = left(fake, doomed(CLUSTER, "db", key=key.address), key)
    assert [(each.physical_id, each.note) for each in gone] == [("key", ""), ("daily", "")]

"""Destroying takes what is to go, keeps what is to stay, and does nothing unasked."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from camformation.deploy.change.first_deployment import deletable
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.services import DatabaseSnapshot, ServiceState
from camformation.deploy.destruction.execution import Destroyed, destroy
from camformation.deploy.destruction.plan import Destruction, plan_destruction
from camformation.deploy.operation.events import Detached, Failure, Finished, Notice, ResourceEvent
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.plan.deletion import Fate
from camformation.layout import Layout, logical_id
from camformation.report.deployment.destruction_text import (
    destroyed_json,
    destroyed_text,
    destruction_json,
    destruction_text,
)
from deploy.fake_cloud import FakeCloud, FakeDatabases
from deploy.fake_stacks import FakeStack, Step
from deploy.live import live

SECTIONS: dict[str, Any] = {
    "kept": {"storage": {"on_delete": "retain"}, "secrets": {"on_delete": "retain"}},
    "gone": {
        "storage": {"on_delete": "delete", "backup": {"on_delete": "delete"}},
        "secrets": {"on_delete": "delete"},
        "database": {"on_delete": "delete", "deletion_protection": False},
    },
    "protected": {"database": {"on_delete": "snapshot", "deletion_protection": True}},
}
GONE = (Step(1, "DELETE_IN_PROGRESS"), Step(60, "DELETE_COMPLETE"))
FAILED = (
    Step(1, "DELETE_IN_PROGRESS"),
    Step(9, "DELETE_FAILED", "NodeIdBucket", "AWS::S3::Bucket", "The bucket is not empty"),
    Step(10, "DELETE_FAILED", reason="The following resource(s) failed to delete"),
)


def deployed(kind: str, layout: Layout = Layout.NESTED) -> tuple[FakeCloud, FakeStack]:
    fake = FakeCloud()
    root, _ = live(fake, layout, **SECTIONS[kind])
    return fake, root


def plan(fake: FakeCloud) -> Destruction:
    return plan_destruction(fake.cloud, "camunda")


def run(
    fake: FakeCloud, *operations: Sequence[Step], confirmed: str = "camunda", **more: Any
) -> list[Any]:
    fake.stacks.operations.extend(operations or [GONE])
    found = plan(fake)
    return list(destroy(fake.cloud, fake.clock, found, confirmed=confirmed, **more))


def refused(fake: FakeCloud, **more: Any) -> DeployError:
    with pytest.raises(DeployError) as raised:
        run(fake, **more)
    assert not fake.stacks.called("delete_stack")
    assert not fake.services.called("set_desired_count")
    assert not fake.objects.called("empty")
    return raised.value


# What would happen.


@pytest.mark.parametrize("layout", Layout)
def test_what_the_templates_retain_stays_and_says_what_it_costs(layout: Layout) -> None:
    fake, _ = deployed("kept", layout)
    found = plan(fake)
    kept = {each.address.logical_id: each for each in found.of(Fate.RETAIN)}
    assert {"FileSystem", "NodeIdBucket", "NodeIdKey", "AdminPassword"} <= kept.keys()
    assert "GiB" in kept["FileSystem"].cost
    assert "FileSystem" not in {each.address.logical_id for each in found.of(Fate.DELETE)}
    assert "NodeIdBucket" not in {each.address.logical_id for each in found.emptied}
    assert [each.type for each in found.of(Fate.SNAPSHOT)] == ["AWS::RDS::DBCluster"]
    text = destruction_text(found)
    assert "the EFS file system: filesystem" in text and "as a snapshot" in text


def test_what_is_lost_for_good_is_said_last_and_plainly() -> None:
    fake, _ = deployed("gone")
    text = destruction_text(plan(fake), final_snapshot=False)
    lost = text.partition("Permanently lost:")[2]
    assert "the EFS file system" in lost and "the Aurora cluster" in lost
    assert (
        "the Aurora cluster" not in destruction_text(plan(fake)).partition("Permanently lost:")[2]
    )
    assert "is deleted after 7 days" in text
    document = json.loads(destruction_json(plan(fake)))
    assert set(document["emptied"]) == {"nodeidbucket", "backupbucket"}


def test_looking_changes_nothing() -> None:
    fake, _ = deployed("gone")
    plan(fake)
    assert not fake.stacks.called("delete_stack") and not fake.databases.taken


def test_a_whole_nested_stack_may_be_retained() -> None:
    fake, root = deployed("gone")
    root.template["Resources"]["Storage"]["DeletionPolicy"] = "Retain"
    found = plan(fake)
    assert {d.fate for d in found.resources if d.address.template == "storage"} == {Fate.RETAIN}
    assert found.emptied == ()


# What is refused, with nothing changed.


def test_another_name_is_refused() -> None:
    fake, _ = deployed("gone")
    assert "name is camunda, not camundo" in refused(fake, confirmed="camundo").message


def test_protection_must_be_waived() -> None:
    fake, root = deployed("protected")
    root.protected = True
    error = refused(fake)
    assert "termination protection" in error.message
    assert "deletion protection of the Aurora cluster" in error.message
    assert "--disable-protection" in str(error.hint)


def test_a_protection_that_only_a_deployment_can_switch_off_is_never_waived() -> None:
    fake, root = deployed("gone", Layout.FLAT)
    root.template["Resources"]["AuroraInstance1"]["Properties"]["DeletionProtection"] = True
    error = refused(fake, disable_protection=True)
    assert "AuroraInstance1" in error.message and "deploy" in str(error.hint)


def test_protected_load_balancers_are_deleted_only_when_asked() -> None:
    fake, _ = deployed("gone")
    fake.targets.set_deletion_protection("grpcloadbalancer", True)
    error = refused(fake)
    assert "the load balancer GrpcLoadBalancer" in error.message
    assert "WebLoadBalancer" not in error.message
    assert "--disable-protection" in str(error.hint)
    run(fake, disable_protection=True)
    assert not any(fake.targets.protected.values())
    assert fake.stacks.called("delete_stack") == ["camunda"]


def test_a_filled_bucket_that_nobody_gave_a_policy_is_not_emptied() -> None:
    fake, root = deployed("gone", Layout.FLAT)
    del root.template["Resources"]["NodeIdBucket"]["DeletionPolicy"]
    assert "nodeidbucket" in refused(fake).message


def test_other_peoples_stacks_and_busy_ones_are_refused() -> None:
    fake, root = deployed("gone")
    root.status = "UPDATE_IN_PROGRESS"
    assert "busy" in refused(fake).message
    root.status, root.template["Metadata"] = "CREATE_COMPLETE", {}
    assert "not created by camformation" in refused(fake).message
    assert "no deployment named" in refused(FakeCloud()).message


# What is done.


def test_everything_happens_in_the_safe_order() -> None:
    fake, root = deployed("gone")
    root.protected = True
    fake.databases.set_deletion_protection("auroracluster", True)
    events = run(fake, disable_protection=True)
    kinds = [getattr(event, "kind", type(event).__name__) for event in events]
    order = ["drain", "snapshot", "empty", "unprotect", "DELETE", "Finished", "Destroyed"]
    assert [kind for kind in dict.fromkeys(kinds) if kind in order] == order
    counts = fake.services.called("set_desired_count")
    assert counts == [("connectorsservice", 0), ("orchestrationservice", 0)]
    assert set(fake.objects.called("empty")) == {"nodeidbucket", "backupbucket"}
    assert fake.stacks.called("delete_stack") == ["camunda"]
    assert not root.protected
    assert not fake.databases.clusters["auroracluster"].deletion_protection


def test_kept_buckets_are_never_touched() -> None:
    fake, _ = deployed("kept")
    events = run(fake)
    assert not fake.objects.called("empty")
    assert all(fake.objects.buckets.values())
    (end,) = [event for event in events if isinstance(event, Destroyed)]
    left = {each.physical_id for each in end.leftovers}
    assert {"filesystem", "nodeidbucket", "adminpassword"} <= left
    assert "filesystem" in destroyed_text(end)
    assert json.loads(destroyed_json(end))["deployment"] == "camunda"


def test_the_database_is_saved_unless_that_is_refused() -> None:
    fake, _ = deployed("gone")
    end = run(fake)[-1]
    (snapshot,) = fake.databases.taken
    assert snapshot.id == "auroracluster-final-20260105120000"
    (left,) = [each for each in end.leftovers if each.physical_id == snapshot.id]
    assert "copy the snapshot with another key" in left.note
    fake, _ = deployed("gone")
    run(fake, final_snapshot=False)
    assert not fake.databases.taken


def test_a_snapshot_that_fails_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: FakeDatabases, cluster: str, snapshot: str) -> None:
        self.taken.append(DatabaseSnapshot(snapshot, cluster, "failed"))

    monkeypatch.setattr(FakeDatabases, "create_snapshot", failing)
    fake, _ = deployed("gone")
    with pytest.raises(DeployError, match="is failed"):
        run(fake)
    assert not fake.stacks.called("delete_stack") and not fake.objects.called("empty")


def test_cloudformation_takes_the_snapshot_where_the_policy_says_so() -> None:
    fake, _ = deployed("kept")
    run(fake)
    assert not fake.databases.called("create_snapshot")


def test_a_service_that_does_not_drain_is_left_to_cloudformation() -> None:
    fake, _ = deployed("kept")
    name = "connectorsservice"

    def stuck(cluster: str, service: str, count: int) -> None:
        fake.services.states[service] = ServiceState(service, service, "ACTIVE", count, 1, 0)

    fake.services.set_desired_count = stuck  # type: ignore[method-assign]
    events = run(fake)
    notices = [event.message for event in events if isinstance(event, Notice)]
    assert any(name in message and "15 minutes" in message for message in notices)
    assert isinstance(events[-1], Destroyed)


def test_a_bucket_that_was_written_to_again_is_emptied_again() -> None:
    fake, _ = deployed("gone", Layout.FLAT)
    fake.stacks.operations.extend([FAILED, GONE])
    events = []
    for event in destroy(fake.cloud, fake.clock, plan(fake), confirmed="camunda"):
        events.append(event)
        if isinstance(event, ResourceEvent) and event.status == "DELETE_FAILED":
            fake.objects.buckets["nodeidbucket"]["late"] = (b"", fake.clock.now())
    assert len(fake.stacks.called("delete_stack")) == 2
    assert isinstance(events[-1], Destroyed)
    assert [event.succeeded for event in events if isinstance(event, Finished)] == [True]
    assert not [event for event in events if isinstance(event, Failure)]


def test_what_cannot_be_deleted_is_named() -> None:
    fake, _ = deployed("gone", Layout.FLAT)
    with pytest.raises(DeployError, match="NodeIdBucket") as raised:
        run(fake, FAILED)
    assert "destroy again" in str(raised.value.hint)


def test_a_running_deletion_is_followed_and_nothing_else_done() -> None:
    fake, root = deployed("gone")
    fake.stacks.play(root, GONE)
    fake.clock.sleep(2)
    found = plan(fake)
    events = list(destroy(fake.cloud, fake.clock, found, confirmed="camunda"))
    assert isinstance(events[-1], Destroyed)
    assert not fake.stacks.called("delete_stack") and not fake.services.called("set_desired_count")


def test_a_stack_under_review_is_simply_deleted() -> None:
    fake, root = deployed("gone")
    root.status = "REVIEW_IN_PROGRESS"
    events = run(fake)
    assert isinstance(events[-1], Destroyed) and events[-1].leftovers == ()
    assert not fake.objects.called("empty")


def test_one_may_leave_while_it_goes_on() -> None:
    fake, _ = deployed("gone")
    events = run(fake, control=lambda kind: Choice.DETACH)
    assert isinstance(events[-1], Detached)


def test_a_second_destruction_finds_nothing() -> None:
    fake, _ = deployed("gone")
    run(fake)
    with pytest.raises(DeployError, match="no deployment named camunda"):
        plan(fake)


# Between the two steps of a first deployment, and after a first one that failed.


def unfinished(status: str) -> FakeCloud:
    fake, root = deployed("protected")
    wanted = {name: fake.stacks.child(root, logical_id(name)) for name in ("database", "keys")}
    first = deletable({"root": root.template} | {n: s.template for n, s in wanted.items()})
    root.template, root.status = first["root"], status
    for name, stack in wanted.items():
        stack.template = first[name]
    for name in fake.databases.clusters:
        fake.databases.set_deletion_protection(name, False)
    return fake


def test_without_the_second_step_it_is_said_that_everything_goes() -> None:
    found = plan(unfinished("CREATE_COMPLETE"))
    assert [each.type for each in found.unsaved_clusters] == ["AWS::RDS::DBCluster"]
    assert any("second step of the first deployment never ran" in w for w in found.warnings)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_of_a_first_deployment_that_was_rolled_back_nothing_is_saved(status: str) -> None:
    fake = unfinished(status)
    found = plan(fake)
    assert not found.unsaved_clusters
    assert not any("second step" in warning for warning in found.warnings)
    run(fake)
    assert not fake.databases.taken


def test_what_failed_without_rollback_may_hold_data_and_is_saved() -> None:
    fake = unfinished("CREATE_FAILED")
    run(fake)
    assert fake.databases.taken

"""From every stuck state there is a way out, and none deletes data that was not named."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from camformation.cli.recovery import WAYS
from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.operation.events import Event, Finished, Notice
from camformation.deploy.recovery.condition import Condition, read_condition
from camformation.deploy.recovery.execution import Chosen, recover
from camformation.deploy.recovery.ways import RESTS, Way, meaning, ways
from camformation.layout import Layout
from camformation.report.deployment.recovery_text import recovery_json, recovery_text
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import FakeStack, Script, Step
from deploy.live import live

GONE = {
    "storage": {"on_delete": "delete", "backup": {"on_delete": "delete"}},
    "secrets": {"on_delete": "delete"},
    "database": {"on_delete": "delete", "deletion_protection": True},
}
REASON = 'Resource handler returned message: "in use" (RequestToken: 1, HandlerErrorCode: Conflict)'
BACK = (Step(1, "UPDATE_ROLLBACK_IN_PROGRESS"), Step(9, "UPDATE_ROLLBACK_COMPLETE"))
GOES = (Step(1, "DELETE_IN_PROGRESS"), Step(9, "DELETE_COMPLETE"))
STUCK = (
    *("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"),
    *("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED", "DELETE_FAILED"),
)


def stuck(
    status: str, layout: Layout = Layout.NESTED, *failed: str, **sections: Any
) -> tuple[FakeCloud, FakeStack]:
    """A deployment in a state, with resources that failed, wherever they are."""
    fake = FakeCloud()
    root, _ = live(fake, layout, **(sections or GONE))
    root.status = status
    for stack in fake.stacks.known.values():
        stack.resources = tuple(
            _failed(each, status) if each.logical_id in failed else each for each in stack.resources
        )
    return fake, root


def _failed(resource: StackResource, status: str) -> StackResource:
    kind = "DELETE_FAILED" if status == "DELETE_FAILED" else "UPDATE_FAILED"
    return replace(resource, status=kind, status_reason=REASON)


def condition(fake: FakeCloud) -> Condition:
    return read_condition(fake.cloud, "camunda")


def way(fake: FakeCloud, name: str) -> Way:
    return next(each for each in ways(condition(fake)) if each.id == name)


def taken(
    fake: FakeCloud,
    name: str,
    *steps: Iterable[Step],
    named: tuple[str, ...] = (),
    deleted: tuple[str, ...] = (),
    **more: Any,
) -> list[Event]:
    """Take a way out and return what happened."""
    fake.stacks.operations.extend([list(each) for each in steps])
    chosen = Chosen(way(fake, name), named, deleted)
    return list(recover(fake.cloud, fake.clock, condition(fake), chosen, **more))


def changed(fake: FakeCloud) -> list[str]:
    """Return the calls that change something, in their order."""
    quiet = {
        *("describe_stack", "list_stacks", "template", "resources", "events", "change_sets"),
        *("services", "tasks", "log_lines", "log_streams", "cluster", "caller", "health"),
        *("denied", "describe_change_set"),
    }
    made = [*fake.stacks.calls, *fake.services.calls, *fake.databases.calls]
    return [name for name, _ in made if name not in quiet]


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("status", STUCK)
def test_every_stuck_state_has_a_meaning_and_a_way_out(status: str, layout: Layout) -> None:
    fake, _ = stuck(status, layout, "OrchestrationService")
    found = condition(fake)
    assert ways(found) and {each.id for each in ways(found)} <= set(WAYS)
    assert "not a state" not in meaning(found)
    assert changed(fake) == []


@pytest.mark.parametrize("status", RESTS)
def test_a_sound_stack_needs_none(status: str) -> None:
    fake, _ = stuck(status)
    assert ways(condition(fake)) == ()
    assert "nothing to recover" in recovery_text(condition(fake), ())


def test_a_running_operation_is_followed_or_cancelled() -> None:
    fake, _ = stuck("UPDATE_IN_PROGRESS")
    assert [each.id for each in ways(condition(fake))] == ["watch", "cancel"]
    fake, _ = stuck("CREATE_IN_PROGRESS")
    assert [each.id for each in ways(condition(fake))] == ["watch"]


@pytest.mark.parametrize("layout", Layout)
def test_a_rollback_is_continued_on_the_root(layout: Layout) -> None:
    fake, root = stuck("UPDATE_ROLLBACK_FAILED", layout, "OrchestrationService")
    end = taken(fake, "continue-rollback", BACK)[-1]
    assert isinstance(end, Finished) and end.succeeded
    assert fake.stacks.called("continue_update_rollback") == [root.name]
    assert fake.stacks.called("skipped") == [()]


def test_skipped_resources_have_the_generated_name_of_their_nested_stack() -> None:
    fake, root = stuck("UPDATE_ROLLBACK_FAILED", Layout.NESTED, "OrchestrationService")
    child = fake.stacks.child(root, "Orchestration").name
    taken(fake, "continue-rollback-skipping", BACK, named=("OrchestrationService",))
    assert fake.stacks.called("skipped") == [(f"{child}.OrchestrationService",)]


def test_skipped_resources_of_the_root_have_their_own_name() -> None:
    fake, _ = stuck("UPDATE_ROLLBACK_FAILED", Layout.FLAT, "OrchestrationService", "Vpc")
    taken(fake, "continue-rollback-skipping", BACK, named=("Vpc",))
    assert fake.stacks.called("skipped") == [("Vpc",)]


def test_a_nested_stack_is_not_skipped_itself() -> None:
    fake, _ = stuck("UPDATE_ROLLBACK_FAILED", Layout.NESTED, "Orchestration", "Vpc")
    assert way(fake, "continue-rollback-skipping").names == ("Vpc",)


def test_a_failed_update_is_rolled_back() -> None:
    fake, root = stuck("UPDATE_FAILED", Layout.NESTED, "OrchestrationService")
    end = taken(fake, "rollback", BACK)[-1]
    assert isinstance(end, Finished) and end.succeeded
    assert fake.stacks.called("rollback") == [root.name]


def test_an_empty_stack_is_cleared_away_with_its_change_sets() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", "CREATE_COMPLETE")
    fake = FakeCloud()
    root, _ = live(fake)
    root.status, root.resources = "REVIEW_IN_PROGRESS", ()
    root.template["Metadata"] = root.template.get("Metadata", {})
    end = taken(fake, "clear", GOES)[-1]
    assert isinstance(end, Finished) and end.succeeded
    assert fake.stacks.called("delete_stack") == ["camunda"]


def test_what_cannot_be_deleted_is_left_by_name() -> None:
    fake, root = stuck("DELETE_FAILED", Layout.NESTED, "NodeIdBucket", "Vpc")
    found = way(fake, "delete-retaining")
    assert set(found.names) == {"NodeIdBucket", "Vpc"}
    alive = found.deletes
    assert "NodeIdBucket" not in alive and "FileSystem" in alive
    taken(
        fake,
        "delete-retaining",
        [Step(0, "DELETE_IN_PROGRESS"), Step(1, "DELETE_COMPLETE")],
        [Step(0, "DELETE_IN_PROGRESS"), Step(1, "DELETE_COMPLETE")],
        GOES,
        named=("NodeIdBucket", "Vpc"),
        deleted=alive,
    )
    order = fake.stacks.called("delete_stack")
    assert order[-1] == root.name
    assert sorted(order[:-1]) == sorted(
        fake.stacks.child(root, each).name for each in ("Network", "Storage")
    )
    assert sorted(fake.stacks.called("delete_stack_without")) == [
        (("NodeIdBucket",), False),
        (("Vpc",), False),
    ]


def test_force_needs_what_holds_data_by_name() -> None:
    fake, _ = stuck("DELETE_FAILED", Layout.FLAT, "Vpc")
    deletes = way(fake, "force-delete").deletes
    assert {"FileSystem", "AuroraCluster", "NodeIdBucket"} <= set(deletes)
    with pytest.raises(DeployError, match="would delete resources that hold data") as error:
        taken(fake, "force-delete", deleted=deletes[1:])
    assert f"--delete {deletes[0]}" in str(error.value.hint)
    assert changed(fake) == []
    taken(fake, "force-delete", GOES, deleted=deletes)
    assert fake.stacks.called("delete_stack_without") == [((), True)]


@pytest.mark.parametrize(
    ("status", "name", "named", "deleted", "says"),
    [
        (
            "UPDATE_ROLLBACK_FAILED",
            "continue-rollback-skipping",
            (),
            (),
            "needs the names of the resources",
        ),
        ("UPDATE_ROLLBACK_FAILED", "continue-rollback-skipping", ("Vpc2",), (), "cannot be named"),
        ("DELETE_FAILED", "delete-retaining", (), (), "needs the names of the resources"),
        (
            "DELETE_FAILED",
            "delete-retaining",
            ("Vpc",),
            (),
            "would delete resources that hold data",
        ),
        ("DELETE_FAILED", "force-delete", (), (), "would delete resources that hold data"),
        ("DELETE_FAILED", "force-delete", ("Vpc",), (), "cannot be named"),
        ("CREATE_FAILED", "delete", (), (), "another command"),
        ("UPDATE_FAILED", "deploy", (), (), "another command"),
    ],
)
def test_nothing_happens_without_the_names(
    status: str, name: str, named: tuple[str, ...], deleted: tuple[str, ...], says: str
) -> None:
    fake, _ = stuck(status, Layout.NESTED, "Vpc")
    with pytest.raises(DeployError, match=says) as error:
        taken(fake, name, named=named, deleted=deleted)
    assert error.value.hint
    assert changed(fake) == []


def test_a_first_deployment_that_was_rolled_back_holds_no_data() -> None:
    fake, _ = stuck("ROLLBACK_FAILED", Layout.NESTED, "NodeIdBucket")
    assert condition(fake).lost == ()
    assert way(fake, "delete").command == "camformation destroy camunda"


def half_destroyed() -> FakeCloud:
    """A destruction that was broken off before CloudFormation began to delete."""
    fake, root = stuck("UPDATE_COMPLETE")
    root.protected = False
    for name in list(fake.services.states):
        fake.services.set_desired_count("camunda", name, 0)
    for name in list(fake.databases.clusters):
        fake.databases.set_deletion_protection(name, False)
    fake.services.calls.clear()
    fake.databases.calls.clear()
    return fake


def test_a_destruction_is_taken_back() -> None:
    fake = half_destroyed()
    assert [each.id for each in ways(condition(fake))][:2] == ["undo-destroy", "delete"]
    events = taken(fake, "undo-destroy")
    assert isinstance(events[-1], Finished) and events[-1].succeeded
    assert changed(fake) == [
        "set_termination_protection",
        "set_desired_count",
        "set_desired_count",
        "set_deletion_protection",
    ]
    assert all(each.desired for each in fake.services.states.values())
    assert ways(condition(fake)) == ()  # nothing is left to recover
    assert "services have no tasks" in meaning(condition(half_destroyed()))


def test_a_database_alone_is_protected_again() -> None:
    fake, _ = stuck("UPDATE_COMPLETE")
    for name in list(fake.databases.clusters):
        fake.databases.set_deletion_protection(name, False)
    fake.databases.calls.clear()
    taken(fake, "undo-destroy")
    assert "set_desired_count" not in changed(fake)
    assert all(each.deletion_protection for each in fake.databases.clusters.values())


def test_load_balancers_are_protected_again() -> None:
    guarded = {**GONE, "access": {"deletion_protection": True}}
    fake, _ = stuck("UPDATE_COMPLETE", Layout.NESTED, **guarded)
    fake.targets.set_deletion_protection("grpcloadbalancer", False)
    found = condition(fake)
    assert "the load balancer GrpcLoadBalancer is not protected" in meaning(found)
    (undo,) = (each for each in ways(found) if each.id == "undo-destroy")
    assert "elasticloadbalancing:ModifyLoadBalancerAttributes" in {
        each.action for each in undo.calls
    }
    taken(fake, "undo-destroy")
    assert fake.targets.protected["grpcloadbalancer"]
    assert ways(condition(fake)) == ()


CUTS = ["continue_update_rollback", "rollback", "delete_stack"]


@pytest.mark.parametrize(
    ("status", "name", "method", "more"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-rollback", "continue_update_rollback", {}),
        ("UPDATE_FAILED", "rollback", "rollback", {}),
        ("DELETE_FAILED", "force-delete", "delete_stack", {"all": True}),
    ],
)
def test_a_lost_answer_is_in_doubt_and_repeating_ends_the_same(
    status: str, name: str, method: str, more: dict[str, bool]
) -> None:
    fake, _ = stuck(status, Layout.FLAT, "Vpc")
    deleted = way(fake, name).deletes if more else ()
    fake.stacks.fail(method, Unreachable("CAM605", "no answer", None))
    with pytest.raises(Unreachable) as error:
        taken(fake, name, deleted=deleted)
    assert "recover again" in str(error.value.hint)
    end = taken(fake, name, GOES if more else BACK, deleted=deleted)[-1]
    assert isinstance(end, Finished) and end.succeeded


def drifted(*changes: dict[str, Any], status: str = "CREATE_COMPLETE") -> FakeCloud:
    fake, _ = stuck("UPDATE_COMPLETE", Layout.FLAT)
    reason = (
        "" if status == "CREATE_COMPLETE" else "The submitted information didn't contain changes"
    )
    script = Script(changes=[{"ResourceChange": each} for each in changes])
    if status != "CREATE_COMPLETE":
        script = Script(status=status, reason=reason)
    fake.stacks.script.append(script)
    return fake


def change(logical_id: str, kind: str, **more: str) -> dict[str, Any]:
    return {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "Replacement": "False",
        **more,
    }


def test_drift_is_put_right_in_the_flat_layout_only() -> None:
    nested, _ = stuck("UPDATE_COMPLETE", Layout.NESTED)
    assert not [each for each in ways(condition(nested)) if each.id == "revert-drift"]
    fake = drifted(change("RestSecurityGroup", "AWS::EC2::SecurityGroup"))
    asked: list[tuple[str, ...]] = []

    def agree(lines: tuple[str, ...]) -> bool:
        asked.append(lines)
        return True

    events = taken(
        fake,
        "revert-drift",
        [Step(1, "UPDATE_IN_PROGRESS"), Step(2, "UPDATE_COMPLETE")],
        agree=agree,
    )
    assert asked == [("puts right RestSecurityGroup (AWS::EC2::SecurityGroup)",)]
    (request,) = fake.stacks.called("create_change_set")
    assert request.revert_drift and request.body is None and request.url is None
    assert isinstance(events[-1], Finished) and events[-1].succeeded
    assert [each.message for each in events if isinstance(each, Notice)] == list(asked[0])


@pytest.mark.parametrize(
    "harm", [{"Action": "Remove"}, {"Replacement": "True"}, {"Replacement": "Conditional"}]
)
def test_reverting_drift_never_replaces_data(harm: dict[str, str]) -> None:
    fake = drifted(change("FileSystem", "AWS::EFS::FileSystem", **harm))
    with pytest.raises(DeployError, match="FileSystem") as error:
        taken(fake, "revert-drift")
    assert error.value.code == "CAM782"
    assert not fake.stacks.called("execute_change_set")
    assert fake.stacks.called("delete_change_set")


def test_reverting_drift_is_asked_for() -> None:
    fake = drifted(change("RestSecurityGroup", "AWS::EC2::SecurityGroup"))
    with pytest.raises(DeployError, match="nothing was changed"):
        taken(fake, "revert-drift", agree=lambda lines: False)
    assert not fake.stacks.called("execute_change_set")
    assert fake.stacks.called("delete_change_set")


def test_without_drift_nothing_is_done() -> None:
    end = taken(drifted(status="FAILED"), "revert-drift")[-1]
    assert isinstance(end, Finished) and end.succeeded and not end.changed


def test_what_is_not_ours_is_left_alone() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", "UPDATE_ROLLBACK_FAILED", template={"Resources": {}})
    with pytest.raises(DeployError, match="not created by camformation"):
        condition(fake)
    with pytest.raises(DeployError, match="no stack"):
        read_condition(fake.cloud, "other")


def test_a_known_reason_says_what_to_do() -> None:
    fake, _ = stuck("UPDATE_ROLLBACK_FAILED", Layout.FLAT, "AuroraCluster")
    said = "DB cluster is not in available state. (Service: Rds, Status Code: 400)"
    for stack in fake.stacks.known.values():
        stack.resources = tuple(
            replace(each, status_reason=said) if each.status_reason == REASON else each
            for each in stack.resources
        )
    found = condition(fake)
    assert [each.hint is not None for each in found.failed] == [True]
    assert "hint: another operation is in progress" in recovery_text(found, ways(found))
    failed = json.loads(recovery_json(found, ways(found)))["failed"]
    assert "wait for it" in failed[0]["hint"]


@pytest.mark.parametrize("status", STUCK)
def test_the_report(status: str, golden: Callable[[str, Any], None]) -> None:
    fake, _ = stuck(status, Layout.NESTED, "OrchestrationService")
    found = condition(fake)
    golden(f"recovery/{status.lower()}.txt", recovery_text(found, ways(found)))
    data = json.loads(recovery_json(found, ways(found)))
    assert [each["id"] for each in data["ways"]] == [each.id for each in ways(found)]

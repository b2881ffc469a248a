"""What is said when AWS fails at a bad moment, and what Ctrl-C breaks off."""

import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from camformation.cli.operation_view import OperationView
from camformation.deploy.change.bootstrap import bootstrap
from camformation.deploy.change.execution import deploy
from camformation.deploy.cloud.errors import AccessDenied, DeployError, Throttled, Unreachable
from camformation.deploy.destruction.execution import Destroyed, destroy
from camformation.deploy.destruction.plan import plan_destruction
from camformation.deploy.operation.events import Detached, Failure
from camformation.deploy.operation.watch import watch
from camformation.report.deployment.destruction_text import destroyed_json, destroyed_text
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import NO_CHANGES, Script, Step, entry
from deploy.following import end, followed, of
from deploy.live import live
from deploy.test_execute import ordered

DENIED = AccessDenied("CAM603", "not allowed: rds:DescribeDBClusterSnapshots", "allow it")
LOST = Unreachable("CAM605", "AWS does not answer", "try again")


def hanging(call: Callable[..., Any], *, done: bool) -> Callable[..., Any]:
    """A call that hangs until somebody presses Ctrl-C twice; `done`: AWS has heard it."""

    def hangs(*args: Any, **kwargs: Any) -> Any:
        answer = call(*args, **kwargs) if done else None
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return answer

    return hangs


def destroyed(fake: FakeCloud, **more: Any) -> list[Any]:
    found = plan_destruction(fake.cloud, "camunda")
    return list(destroy(fake.cloud, fake.clock, found, confirmed="camunda", **more))


@pytest.mark.parametrize("done", [True, False])
def test_a_deletion_that_hangs_is_left_with_what_may_be_running(
    done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeCloud()
    live(fake)
    monkeypatch.setattr(fake.stacks, "delete_stack", hanging(fake.stacks.delete_stack, done=done))
    found = plan_destruction(fake.cloud, "camunda")
    shown = OperationView(as_json=False, quiet=True)
    last: Any = shown.run(destroy(fake.cloud, fake.clock, found, confirmed="camunda"))
    assert isinstance(last, Detached) and not last.certain
    assert "camformation watch" in last.reattach and "told to delete" in str(last.reason)


def test_a_preparation_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCloud()
    live(fake)
    scale = fake.services.set_desired_count
    monkeypatch.setattr(fake.services, "set_desired_count", hanging(scale, done=True))
    found = plan_destruction(fake.cloud, "camunda")
    shown = OperationView(as_json=False, quiet=True)
    with pytest.raises(DeployError, match="is not deleted") as raised:
        shown.run(destroy(fake.cloud, fake.clock, found, confirmed="camunda"))
    assert raised.value.code == "CAM694" and not fake.stacks.called("delete_stack")


def test_what_cannot_be_looked_up_afterwards_is_told_and_the_end_stays_good() -> None:
    fake = FakeCloud()
    live(fake, storage={"on_delete": "retain"}, database={"deletion_protection": False})
    found = plan_destruction(fake.cloud, "camunda")
    fake.databases.fail("snapshots", DENIED)
    last = list(destroy(fake.cloud, fake.clock, found, confirmed="camunda"))[-1]
    assert isinstance(last, Destroyed) and last.leftovers
    assert "rds:DescribeDBClusterSnapshots" in last.unknown[0]
    assert "Could not be looked up" in destroyed_text(last)
    assert "DescribeDBClusterSnapshots" in destroyed_json(last)


def test_a_deletion_whose_answer_is_lost_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCloud()
    live(fake)
    delete = fake.stacks.delete_stack

    def heard(stack: str, **more: Any) -> None:
        delete(stack, **more)
        found = fake.stacks.find(stack)
        assert found
        token = more["client_token"]
        found.events[-2:] = [replace_token(each, token) for each in found.events[-2:]]
        raise LOST

    monkeypatch.setattr(fake.stacks, "delete_stack", heard)
    assert isinstance(destroyed(fake)[-1], Destroyed)


def replace_token(event: Any, token: str) -> Any:
    from camformation.frozen import replaced

    return replaced(event, client_request_token=token)


def test_a_failure_that_is_told_late_is_the_cause() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        Step(10, "ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed"),
        Step(30, "ROLLBACK_COMPLETE"),
    ]
    late = Step(5, "CREATE_FAILED", "Vpc", reason="The maximum number of VPCs has been reached.")
    seen = fake.stacks._seen

    def seen_late(stack: Any) -> Any:
        """The failure is in the list only when everything is over."""
        over = fake.clock.now() - root.created >= timedelta(seconds=30)
        return [each for each in seen(stack) if over or each.logical_id != "Vpc"]

    fake.stacks._seen = seen_late  # type: ignore[method-assign]
    events = followed(fake, root, [*steps[:1], late, *steps[1:]])
    (failure,) = end(events).failures
    assert failure.logical_id == "Vpc" and failure.hint and "vpc" in failure.hint
    assert [each.logical_id for each in of(Failure, events)].count("Vpc") == 1


def test_a_deletion_that_cloudformation_repeats_by_itself_is_no_failure() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    steps = [
        Step(0, "DELETE_IN_PROGRESS"),
        Step(5, "DELETE_FAILED", "Subnet", reason="has dependencies"),
        Step(20, "DELETE_COMPLETE", "Subnet"),
        Step(30, "DELETE_COMPLETE"),
    ]
    events = followed(fake, root, steps, "DELETE")
    assert end(events).succeeded and not of(Failure, events)


def test_a_rollback_that_ends_well_shows_no_failure() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "UPDATE_FAILED")
    steps = [
        Step(0, "UPDATE_ROLLBACK_IN_PROGRESS"),
        Step(5, "UPDATE_FAILED", "Service", reason="did not stabilize"),
        Step(20, "UPDATE_COMPLETE", "Service"),
        Step(30, "UPDATE_ROLLBACK_COMPLETE"),
    ]
    fake.stacks.play(root, steps)
    events = list(watch(fake.cloud, fake.clock, "camunda"))
    assert end(events).succeeded and not of(Failure, events)


def test_a_stack_that_somebody_deletes_meanwhile_has_that_cause() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        Step(20, "DELETE_IN_PROGRESS", reason="User Initiated"),
        Step(40, "DELETE_COMPLETE"),
    ]
    events = followed(fake, root, steps)
    (failure,) = end(events).failures
    assert "was deleted" in failure.reason and "User Initiated" in failure.reason


@pytest.mark.parametrize("error", [Throttled("CAM604", "AWS throttles"), DENIED, LOST])
def test_the_reason_of_a_change_set_is_not_lost_with_its_validation(error: DeployError) -> None:
    from camformation.deploy.change.change_set import create
    from deploy.test_leftover_change_sets import submission

    fake = FakeCloud()
    reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]"
    fake.stacks.script.append(Script(status="FAILED", reason=reason))
    fake.stacks.fail("validation_failures", error)
    with pytest.raises(DeployError, match="EarlyValidation") as raised:
        create(fake.stacks, fake.clock, submission(1))
    assert raised.value.code == "CAM621" and error.message in raised.value.message


def test_a_bootstrap_that_was_broken_off_is_protected_by_the_next_one() -> None:
    fake = FakeCloud()
    fake.stacks.new_outputs = {"ArtifactBucketName": "made"}
    fake.stacks.script.append(Script([entry("ArtifactBucket")]))
    fake.stacks.fail("set_termination_protection", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        bootstrap(fake.stacks, fake.clock, "camformation-bootstrap-1")
    fake.stacks.script.append(Script(status="FAILED", reason=NO_CHANGES))
    assert bootstrap(fake.stacks, fake.clock, "camformation-bootstrap-2") == "made"
    found = fake.stacks.describe_stack("camformation-bootstrap")
    assert found and found.termination_protection


def test_a_bootstrap_that_still_runs_is_waited_for() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camformation-bootstrap", "REVIEW_IN_PROGRESS")
    root.outputs = {"ArtifactBucketName": "made"}
    fake.stacks.play(root, [Step(0, "CREATE_IN_PROGRESS"), Step(30, "CREATE_COMPLETE")])
    fake.stacks.script.append(Script(status="FAILED", reason=NO_CHANGES))
    assert bootstrap(fake.stacks, fake.clock, "camformation-bootstrap-2") == "made"
    assert root.protected


@pytest.mark.parametrize("done", [True, False])
def test_a_deployment_that_hangs_at_its_beginning_says_what_may_be_running(
    done: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeCloud()
    order = ordered(fake)
    execute = fake.stacks.execute_change_set
    monkeypatch.setattr(fake.stacks, "execute_change_set", hanging(execute, done=done))
    shown = OperationView(as_json=False, quiet=True)
    last: Any = shown.run(deploy(fake.cloud, fake.clock, order))
    assert isinstance(last, Detached) and not last.certain and last.reason
    out = capsys.readouterr().out
    assert "CloudFormation may be working on camunda" in out and "camformation watch camunda" in out
    assert not fake.stacks.called("delete_change_set")


def test_a_deployment_that_hangs_before_it_begins_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = FakeCloud()
    order = ordered(fake)
    monkeypatch.setattr(fake.stacks, "describe_stack", once(fake.stacks.describe_stack))
    shown = OperationView(as_json=False, quiet=True)
    with pytest.raises(KeyboardInterrupt):
        shown.run(deploy(fake.cloud, fake.clock, order))
    assert not fake.stacks.sets and fake.stacks.find("camunda") is None


def once(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call that hangs the first time."""
    calls: list[Any] = []

    def described(stack: str) -> Any:
        calls.append(stack)
        return (hanging(call, done=True) if len(calls) == 1 else call)(stack)

    return described


@pytest.mark.parametrize("error", [LOST, Throttled("CAM604", "AWS throttles", "wait")])
def test_what_fails_before_the_beginning_leaves_nothing_and_says_that_nothing_was_begun(
    error: DeployError,
) -> None:
    fake = FakeCloud()
    order = ordered(fake)
    fake.stacks.fail("describe_stack", error)
    with pytest.raises(type(error)) as raised:
        list(deploy(fake.cloud, fake.clock, order))
    assert "nothing was started" in str(raised.value.hint)
    assert not fake.stacks.sets and fake.stacks.find("camunda") is None

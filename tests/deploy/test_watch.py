"""A running operation is picked up by the stack's name, from its beginning."""

import pytest

from camformation.deploy.cloud.protocols import AccessDenied, DeployError
from camformation.deploy.live_stack.first_step import MARK
from camformation.deploy.operation.begun import last_begun
from camformation.deploy.operation.events import Failure, Notice, ResourceEvent, Started
from camformation.deploy.operation.watch import watch
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import FakeStack, Step
from deploy.following import created, end, nested, of

TOKEN = "camformation-anna-smith-20260105-120000-0123456789ab"
FIRST = [Step(0, "REVIEW_IN_PROGRESS"), Step(1, "CREATE_IN_PROGRESS"), Step(9, "CREATE_COMPLETE")]


def running(fake: FakeCloud, *steps: Step, token: str | None = TOKEN) -> FakeStack:
    """A stack that was created some time ago, and on which something was begun."""
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.stacks.play(root, FIRST, "Console-CreateStack-1")
    fake.clock.sleep(1000)
    fake.stacks.play(root, steps, token)
    return root


def refused(fake: FakeCloud, name: str) -> DeployError:
    with pytest.raises(DeployError) as raised:
        list(watch(fake.cloud, fake.clock, name))
    return raised.value


def test_a_running_update_is_picked_up_with_what_it_did_so_far() -> None:
    fake = FakeCloud()
    running(
        fake,
        Step(0, "UPDATE_IN_PROGRESS"),
        *created("", 1, 30, "A", "B"),
        Step(100, "UPDATE_COMPLETE"),
    )
    fake.clock.sleep(45)
    events = list(watch(fake.cloud, fake.clock, "camunda"))
    (started,) = of(Started, events)
    assert (started.kind, started.resumed, started.by) == ("UPDATE", True, "anna-smith")
    seen = [(e.logical_id, e.status) for e in of(ResourceEvent, events)]
    assert seen[0] == ("camunda", "UPDATE_IN_PROGRESS") and ("B", "CREATE_COMPLETE") in seen
    assert end(events).succeeded and end(events).elapsed == 100


def test_a_rollback_in_progress_is_picked_up_with_its_cause() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.stacks.play(
        root,
        [
            Step(0, "REVIEW_IN_PROGRESS"),
            Step(1, "CREATE_IN_PROGRESS"),
            nested(fake, root, "Database", 2, "CREATE_IN_PROGRESS"),
            Step(3, "CREATE_FAILED", "Writer", reason="no capacity", stack="Database"),
            nested(fake, root, "Database", 4, "CREATE_FAILED"),
            Step(5, "ROLLBACK_IN_PROGRESS"),
            Step(90, "ROLLBACK_COMPLETE"),
        ],
    )
    fake.clock.sleep(60)
    events = list(watch(fake.cloud, fake.clock, "camunda"))
    assert of(Started, events)[0].kind == "CREATE"
    assert [failure.logical_id for failure in of(Failure, events)] == ["Writer"]
    assert end(events).status == "ROLLBACK_COMPLETE"


def test_without_a_running_operation_the_last_one_is_shown() -> None:
    fake = FakeCloud()
    running(fake, Step(0, "UPDATE_IN_PROGRESS"), Step(5, "UPDATE_COMPLETE"))
    fake.clock.sleep(5000)
    events = list(watch(fake.cloud, fake.clock, "camunda"))
    assert end(events).status == "UPDATE_COMPLETE" and end(events).elapsed == 5
    assert len(of(ResourceEvent, events)) == 2


def test_a_deleted_stack_is_found_by_its_arn() -> None:
    fake = FakeCloud()
    root = running(fake, Step(0, "DELETE_IN_PROGRESS"), Step(5, "DELETE_COMPLETE"))
    fake.clock.sleep(10)
    assert refused(fake, "camunda").code == "CAM632"
    assert end(list(watch(fake.cloud, fake.clock, root.id))).succeeded


def test_a_rollback_that_is_taken_up_again_is_an_operation_of_its_own() -> None:
    fake = FakeCloud()
    running(
        fake,
        Step(0, "UPDATE_IN_PROGRESS"),
        Step(1, "UPDATE_ROLLBACK_IN_PROGRESS"),
        Step(2, "UPDATE_ROLLBACK_FAILED"),
    )
    root = fake.stacks.find("camunda")
    assert root
    fake.clock.sleep(100)
    again = [Step(0, "UPDATE_ROLLBACK_IN_PROGRESS"), Step(5, "UPDATE_ROLLBACK_COMPLETE")]
    fake.stacks.play(root, again, "other-token")
    fake.clock.sleep(1)
    begun = last_begun(fake.stacks.events("camunda"))
    assert begun and begun.kind == "ROLLBACK"
    assert end(list(watch(fake.cloud, fake.clock, "camunda"))).succeeded


def test_what_the_console_began_is_said_to_be_so() -> None:
    fake = FakeCloud()
    steps = (Step(0, "UPDATE_IN_PROGRESS"), Step(5, "UPDATE_COMPLETE"))
    running(fake, *steps, token="Console-UpdateStack-9")
    assert "console" in str(of(Started, list(watch(fake.cloud, fake.clock, "camunda")))[0].by)


def test_a_stack_that_is_not_there_is_said_so_with_where_to_look() -> None:
    error = refused(FakeCloud(), "camunda")
    assert error.code == "CAM632" and error.hint and "camformation list" in error.hint


def test_a_nested_stack_is_watched_with_its_root() -> None:
    fake = FakeCloud()
    root = running(fake)
    child = fake.stacks.child(root, "Network")
    assert refused(fake, child.name).hint == "watch camunda"


def test_a_stack_on_which_nothing_was_begun_is_said_so() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    assert "REVIEW_IN_PROGRESS" in refused(fake, "camunda").message


@pytest.mark.parametrize(("marked", "codes"), [(True, ["CAM643"]), (False, [])])
def test_the_end_of_a_first_step_says_that_the_second_is_due(
    marked: bool, codes: list[str]
) -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    root.template = {"Metadata": {"Camformation": {MARK: "x"} if marked else {}}, "Resources": {}}
    fake.stacks.play(root, FIRST)
    fake.clock.sleep(100)
    events = list(watch(fake.cloud, fake.clock, "camunda"))
    assert [notice.code for notice in of(Notice, events)] == codes
    assert end(events).succeeded


def test_whoever_may_not_read_templates_can_still_watch() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.stacks.play(root, FIRST)
    fake.clock.sleep(100)
    fake.stacks.fail("template", AccessDenied("CAM603", "no"))
    assert end(list(watch(fake.cloud, fake.clock, "camunda"))).succeeded

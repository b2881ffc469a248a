"""An operation is followed into every nested stack, to its end and to its root cause."""

import pytest

from camformation.deploy.cloud.protocols import (
    CredentialsExpired,
    DeployError,
    Throttled,
    Unreachable,
)
from camformation.deploy.operation.events import (
    Delayed,
    Detached,
    Failure,
    Notice,
    Progress,
    ResourceEvent,
)
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.interrupt import Choice, choices
from camformation.deploy.operation.progress import LIMIT_S, follow
from camformation.diagnostics import Location
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START, FakeStack, Step
from deploy.following import CANCELLED, NOT_STABLE, created, end, followed, nested, of


def new(fake: FakeCloud) -> FakeStack:
    return fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")


def nested_failure(fake: FakeCloud, root: FakeStack) -> list[Step]:
    """The database fails; the network is cancelled for it; everything is rolled back."""
    return [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "DatabaseSeed", 1, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Network", 1, "CREATE_IN_PROGRESS"),
        Step(2, "CREATE_IN_PROGRESS", stack="DatabaseSeed"),
        Step(2, "CREATE_IN_PROGRESS", stack="Network"),
        Step(3, "CREATE_IN_PROGRESS", "Vpc", stack="Network"),
        Step(3, "CREATE_IN_PROGRESS", "Writer", "AWS::RDS::DBInstance", stack="DatabaseSeed"),
        Step(60, "CREATE_FAILED", "Writer", "AWS::RDS::DBInstance", NOT_STABLE, "DatabaseSeed"),
        Step(60, "CREATE_FAILED", "Vpc", reason=CANCELLED, stack="Network"),
        Step(61, "CREATE_FAILED", reason="The following resource(s) failed", stack="DatabaseSeed"),
        Step(61, "CREATE_FAILED", reason="The following resource(s) failed", stack="Network"),
        nested(fake, root, "DatabaseSeed", 62, "CREATE_FAILED"),
        nested(fake, root, "Network", 62, "CREATE_FAILED"),
        Step(63, "ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to create"),
        Step(64, "DELETE_IN_PROGRESS", stack="DatabaseSeed"),
        Step(70, "DELETE_COMPLETE", stack="DatabaseSeed"),
        Step(80, "ROLLBACK_COMPLETE"),
    ]


def test_resources_of_nested_stacks_are_followed() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "SecurityGroups", 1, "CREATE_IN_PROGRESS"),
        Step(2, "CREATE_IN_PROGRESS", stack="SecurityGroups"),
        *created("SecurityGroups", 3, 5, "A", "B"),
        Step(15, "CREATE_COMPLETE", stack="SecurityGroups"),
        nested(fake, root, "SecurityGroups", 16, "CREATE_COMPLETE"),
        Step(20, "CREATE_COMPLETE"),
    ]
    events = followed(fake, root, steps)
    seen = {(e.component, e.logical_id, e.status) for e in of(ResourceEvent, events)}
    assert ("security_groups", "B", "CREATE_COMPLETE") in seen
    assert len(of(ResourceEvent, events)) == len(steps)
    assert end(events).succeeded and end(events).elapsed == 20
    groups = of(Progress, events)[-1].stacks[1]
    assert (groups.component, groups.done, groups.running) == ("security_groups", 2, 0)


def test_the_root_cause_is_the_resource_that_failed_not_what_was_cancelled_for_it() -> None:
    fake = FakeCloud()
    root = new(fake)
    places = {("database_seed", "Writer"): Location("camunda.yaml", 12, 3)}
    events = followed(
        fake,
        root,
        nested_failure(fake, root),
        locate=lambda template, logical_id, path: places.get((template, logical_id)),
    )
    finished = end(events)
    assert (finished.status, finished.succeeded) == ("ROLLBACK_COMPLETE", False)
    (cause,) = finished.failures
    assert (cause.component, cause.logical_id) == ("database_seed", "Writer")
    assert cause.reason == "DB instance class db.x is not available (InvalidRequest)"
    assert cause.location == Location("camunda.yaml", 12, 3)
    assert of(Failure, events) == [cause]


def test_a_failure_is_told_when_the_rollback_begins_not_when_it_ends() -> None:
    fake = FakeCloud()
    root = new(fake)
    events = followed(fake, root, nested_failure(fake, root))
    told = next(n for n, event in enumerate(events) if isinstance(event, Failure))
    gone = next(
        n
        for n, event in enumerate(events)
        if isinstance(event, ResourceEvent) and event.status == "ROLLBACK_COMPLETE"
    )
    assert told < gone


def test_a_nested_stack_that_fails_by_itself_is_the_cause() -> None:
    fake = FakeCloud()
    root = new(fake)
    refused = nested(fake, root, "Network", 5, "CREATE_FAILED")
    refused.reason = "S3 error: Access Denied"
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Network", 1, "CREATE_IN_PROGRESS"),
        refused,
        Step(6, "ROLLBACK_IN_PROGRESS"),
        Step(9, "ROLLBACK_COMPLETE"),
    ]
    (cause,) = end(followed(fake, root, steps)).failures
    assert (cause.logical_id, cause.reason) == ("Network", "S3 error: Access Denied")


def test_what_fails_in_the_rollback_comes_after_the_cause_of_it() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    steps = [
        Step(0, "UPDATE_IN_PROGRESS"),
        Step(1, "UPDATE_FAILED", "Alb", reason="no"),
        Step(2, "UPDATE_ROLLBACK_IN_PROGRESS"),
        Step(3, "UPDATE_FAILED", "Zone", reason="cannot go back"),
        Step(4, "UPDATE_ROLLBACK_FAILED"),
    ]
    finished = end(followed(fake, root, steps, "UPDATE"))
    assert finished.status == "UPDATE_ROLLBACK_FAILED"
    assert [(f.logical_id, f.rolling_back) for f in finished.failures] == [
        ("Alb", False),
        ("Zone", True),
    ]


def test_a_cancelled_update_has_the_cancellation_as_its_cause() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    steps = [
        Step(0, "UPDATE_IN_PROGRESS"),
        Step(4, "UPDATE_ROLLBACK_IN_PROGRESS", reason="User Initiated"),
        Step(9, "UPDATE_ROLLBACK_COMPLETE"),
    ]
    (cause,) = end(followed(fake, root, steps, "UPDATE")).failures
    assert cause.reason == "User Initiated"
    assert cause.hint and "camformation history" in cause.hint


def test_earlier_operations_are_left_out_of_root_and_nested_stacks() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    first = [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Network", 0, "CREATE_IN_PROGRESS"),
        Step(1, "CREATE_FAILED", "Old", reason="long ago", stack="Network"),
        Step(2, "CREATE_COMPLETE", stack="Network"),
        Step(3, "CREATE_COMPLETE"),
    ]
    fake.stacks.play(root, first)
    fake.clock.sleep(100)
    second = [
        Step(0, "UPDATE_IN_PROGRESS"),
        nested(fake, root, "Network", 1, "UPDATE_IN_PROGRESS"),
        Step(2, "UPDATE_IN_PROGRESS", stack="Network"),
        Step(3, "UPDATE_COMPLETE", stack="Network"),
        nested(fake, root, "Network", 4, "UPDATE_COMPLETE"),
        Step(5, "UPDATE_COMPLETE"),
    ]
    events = followed(fake, root, second, "UPDATE")
    assert all(event.time > START.replace(minute=1) for event in of(ResourceEvent, events))
    assert len(of(ResourceEvent, events)) == 6


def test_an_operation_that_starts_afterwards_is_not_followed() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    steps = [
        Step(0, "UPDATE_IN_PROGRESS"),
        Step(1, "UPDATE_COMPLETE"),
        Step(2, "UPDATE_IN_PROGRESS"),
        Step(3, "UPDATE_FAILED", "Theirs", reason="not ours"),
        Step(4, "UPDATE_ROLLBACK_IN_PROGRESS"),
        Step(900, "UPDATE_ROLLBACK_COMPLETE"),
    ]
    fake.clock.sleep(0)
    events = followed(fake, root, steps, "UPDATE")
    assert end(events).status == "UPDATE_COMPLETE"
    assert not [e for e in of(ResourceEvent, events) if e.logical_id == "Theirs"]


def test_ten_thousand_events_are_read_once_and_all_shown() -> None:
    fake = FakeCloud()
    root = new(fake)
    names = [f"R{n}" for n in range(5000)]
    steps = [Step(0, "CREATE_IN_PROGRESS"), *created("", 0, 0.01, *names)]
    events = followed(fake, root, [*steps, Step(60, "CREATE_COMPLETE")])
    shown = of(ResourceEvent, events)
    assert len(shown) == 10_002
    assert [e.time for e in shown] == sorted(e.time for e in shown)
    assert of(Progress, events)[-1].stacks[0].done == 5000


def test_throttling_slows_down_and_loses_no_event() -> None:
    fake = FakeCloud()
    root = new(fake)
    throttled = Throttled("CAM604", "AWS throttles")
    fake.stacks.fail("events", throttled, throttled, None, None, throttled)
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Network", 0, "CREATE_IN_PROGRESS"),
        Step(0, "CREATE_IN_PROGRESS", stack="Network"),
        *created("Network", 1, 10, "Vpc"),
        Step(40, "CREATE_COMPLETE", stack="Network"),
        nested(fake, root, "Network", 41, "CREATE_COMPLETE"),
        Step(60, "CREATE_COMPLETE"),
    ]
    events = followed(fake, root, steps)
    assert [delay.seconds for delay in of(Delayed, events)] == [10, 20, 10]
    assert len(of(ResourceEvent, events)) == len(steps)
    assert end(events).succeeded


def test_a_lost_connection_ends_after_a_while_and_says_how_to_look_again() -> None:
    fake = FakeCloud()
    root = new(fake)
    fake.stacks.fail("describe_stack", *[Unreachable("CAM605", "AWS does not answer")] * 100)
    with pytest.raises(Unreachable) as raised:
        followed(fake, root, [Step(0, "CREATE_IN_PROGRESS")])
    assert "camformation watch camunda" in str(raised.value)
    assert sum(fake.clock.slept) < 20 * 60


def test_expired_credentials_lose_nothing_and_say_how_to_look_again() -> None:
    fake = FakeCloud()
    root = new(fake)
    fake.stacks.fail("describe_stack", None, CredentialsExpired("CAM602", "expired", "sign in"))
    fake.stacks.play(root, [Step(0, "CREATE_IN_PROGRESS"), *created("", 0, 20, "Vpc", "Igw")])
    operation = Operation(root.id, root.name, "CREATE", reattach="camformation watch c.yaml")
    seen = []
    with pytest.raises(CredentialsExpired) as raised:
        for event in follow(fake.cloud, fake.clock, operation):
            seen.append(event)
    assert of(ResourceEvent, seen)
    assert raised.value.hint and "sign in" in raised.value.hint
    assert "follow it with `camformation watch c.yaml`" in raised.value.hint


class StaleStacks:
    """Answers DescribeStacks with an old status for some calls."""

    def __init__(self, fake: FakeCloud, status: str, calls: int) -> None:
        real = fake.stacks.describe_stack
        left = iter(range(calls))

        def describe_stack(stack: str):  # type: ignore[no-untyped-def]
            found = real(stack)
            if found and next(left, None) is not None:
                values = {name: getattr(found, name) for name in type(found).__match_args__}
                return type(found)(**{**values, "status": status})
            return found

        fake.stacks.describe_stack = describe_stack  # type: ignore[method-assign]


@pytest.mark.parametrize("calls", [5, 10_000])
def test_a_stale_review_in_progress_neither_ends_nor_hangs_it(calls: int) -> None:
    fake = FakeCloud()
    root = new(fake)
    StaleStacks(fake, "REVIEW_IN_PROGRESS", calls)
    steps = [Step(0, "CREATE_IN_PROGRESS"), *created("", 1, 5, "A"), Step(10, "CREATE_COMPLETE")]
    assert end(followed(fake, root, steps)).status == "CREATE_COMPLETE"
    assert sum(fake.clock.slept) < 5 * 60


def test_an_operation_that_never_begins_ends_with_an_error() -> None:
    fake = FakeCloud()
    root = new(fake)
    with pytest.raises(DeployError) as raised:
        followed(fake, root, [])
    assert raised.value.code == "CAM629"


def test_a_status_without_its_last_event_is_believed_after_a_while() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    StaleStacks(fake, "UPDATE_COMPLETE", 10_000)
    steps = [Step(0, "UPDATE_IN_PROGRESS"), *created("", 1, 5, "A")]
    assert end(followed(fake, root, steps, "UPDATE")).status == "UPDATE_COMPLETE"


def test_a_deleted_stack_is_followed_to_its_end_by_its_arn() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    steps = [
        Step(0, "DELETE_IN_PROGRESS"),
        Step(5, "DELETE_IN_PROGRESS", "Vpc"),
        Step(9, "DELETE_COMPLETE", "Vpc"),
        Step(12, "DELETE_COMPLETE"),
    ]
    finished = end(followed(fake, root, steps, "DELETE"))
    assert finished.succeeded and finished.status == "DELETE_COMPLETE"
    assert fake.stacks.find("camunda") is None


def test_looking_is_bounded() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [Step(0, "CREATE_IN_PROGRESS"), Step(1, "CREATE_IN_PROGRESS", "Service")]
    fake.clock.sleep(0)
    sleep = fake.clock.sleep
    fake.clock.sleep = lambda seconds: sleep(seconds * 500)  # type: ignore[method-assign]
    events = followed(fake, root, steps)
    assert isinstance(events[-1], Detached)
    assert events[-1].reattach == "camformation watch camunda"
    assert (fake.clock.now() - START).total_seconds() >= LIMIT_S


def test_finished_nested_stacks_are_not_asked_again() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Network", 0, "CREATE_IN_PROGRESS"),
        Step(0, "CREATE_IN_PROGRESS", stack="Network"),
        Step(4, "CREATE_COMPLETE", stack="Network"),
        nested(fake, root, "Network", 5, "CREATE_COMPLETE"),
        Step(600, "CREATE_COMPLETE"),
    ]
    followed(fake, root, steps)
    child = fake.stacks.child(root, "Network").id
    assert fake.stacks.called("events").count(child) <= 4
    assert fake.stacks.called("events").count(root.id) > 100


def test_what_is_waited_for_comes_with_its_usual_duration() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        Step(1, "CREATE_IN_PROGRESS", "Writer", "AWS::RDS::DBInstance"),
        Step(300, "CREATE_COMPLETE", "Writer", "AWS::RDS::DBInstance"),
        Step(301, "CREATE_COMPLETE"),
    ]
    progress = of(Progress, followed(fake, root, steps))[20]
    (waiting,) = progress.waiting
    assert (waiting.logical_id, waiting.usual) == ("Writer", (360, 540))
    assert progress.elapsed == 100


# Ctrl-C.


def answering(*answers: Choice | None):  # type: ignore[no-untyped-def]
    left = list(answers)
    return lambda kind: left.pop(0) if left else None


def test_detaching_leaves_cloudformation_alone() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [Step(0, "CREATE_IN_PROGRESS"), Step(600, "CREATE_COMPLETE")]
    events = followed(fake, root, steps, control=answering(None, Choice.DETACH))
    assert isinstance(events[-1], Detached)
    assert {name for name, _ in fake.stacks.calls} == {"describe_stack", "events"}


def test_continuing_goes_on_where_it_was() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [Step(0, "CREATE_IN_PROGRESS"), Step(30, "CREATE_COMPLETE")]
    events = followed(fake, root, steps, control=answering(Choice.CONTINUE))
    assert len(of(ResourceEvent, events)) == 2 and end(events).succeeded


def test_cancelling_an_update_rolls_it_back_and_is_followed_there() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    steps = [Step(0, "UPDATE_IN_PROGRESS"), Step(600, "UPDATE_COMPLETE")]
    events = followed(fake, root, steps, "UPDATE", control=answering(Choice.CANCEL))
    assert fake.stacks.called("cancel_update") == ["camunda"]
    assert end(events).status == "UPDATE_ROLLBACK_COMPLETE" and not end(events).succeeded


def test_a_creation_is_not_deleted_by_cancelling_it() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [Step(0, "CREATE_IN_PROGRESS"), Step(30, "CREATE_COMPLETE")]
    events = followed(fake, root, steps, control=answering(Choice.CANCEL))
    assert end(events).succeeded
    assert not fake.stacks.called("delete_stack") and not fake.stacks.called("cancel_update")


def test_a_creation_is_deleted_when_asked_for_and_is_followed_there() -> None:
    fake = FakeCloud()
    root = new(fake)
    steps = [Step(0, "CREATE_IN_PROGRESS"), Step(600, "CREATE_COMPLETE")]
    events = followed(fake, root, steps, control=answering(Choice.DELETE))
    assert fake.stacks.called("delete_stack") == ["camunda"]
    assert of(Notice, events)
    assert end(events).status == "DELETE_COMPLETE" and not end(events).succeeded


def test_a_creation_that_ends_while_its_deletion_is_asked_for_is_followed_there() -> None:
    """It completes between the last look and the answer: it must not count as created."""
    fake = FakeCloud()
    root = new(fake)
    steps = [Step(0, "CREATE_IN_PROGRESS"), Step(7, "CREATE_COMPLETE")]
    events = followed(fake, root, steps, control=answering(None, Choice.DELETE))
    assert [event.status for event in of(ResourceEvent, events)] == [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ]
    assert (end(events).status, end(events).succeeded) == ("DELETE_COMPLETE", False)


def test_a_deletion_whose_beginning_is_unknown_is_followed_past_what_was_before() -> None:
    fake = FakeCloud()
    root = new(fake)
    fake.stacks.play(root, [Step(0, "CREATE_IN_PROGRESS"), Step(1, "CREATE_COMPLETE")])
    fake.clock.sleep(60)
    fake.stacks.play(root, [Step(0, "DELETE_IN_PROGRESS"), Step(30, "DELETE_COMPLETE")])
    events = list(follow(fake.cloud, fake.clock, Operation(root.id, root.name, "DELETE")))
    assert (end(events).status, end(events).succeeded) == ("DELETE_COMPLETE", True)


@pytest.mark.parametrize(("local", "minutes"), [(False, 15), (True, 3)])
def test_aws_is_asked_again_for_a_while_and_a_local_target_for_less(
    local: bool, minutes: int
) -> None:
    fake = FakeCloud(local=local)
    root = new(fake)
    fake.stacks.fail("describe_stack", *[Unreachable("CAM605", "no answer")] * 1000)
    with pytest.raises(Unreachable):
        followed(fake, root, [Step(0, "CREATE_IN_PROGRESS")])
    assert minutes * 60 - 61 <= sum(fake.clock.slept) <= minutes * 60


def test_the_last_events_of_nested_stacks_at_rest_are_read_too() -> None:
    """A rollback deletes what had been at rest: that it did is told with the end."""
    fake = FakeCloud()
    root = new(fake)
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Network", 1, "CREATE_IN_PROGRESS"),
        Step(1, "CREATE_IN_PROGRESS", stack="Network"),
        Step(3, "CREATE_COMPLETE", stack="Network"),
        nested(fake, root, "Network", 4, "CREATE_COMPLETE"),
        Step(12, "DELETE_IN_PROGRESS", stack="Network"),
        Step(19, "CREATE_COMPLETE"),
    ]
    events = followed(fake, root, steps)
    told = [e for e in of(ResourceEvent, events) if e.status == "DELETE_IN_PROGRESS"]
    assert [event.component for event in told] == ["network"]
    assert len(told) == 1


def test_two_nested_stacks_of_one_name_in_two_parents_are_told_apart() -> None:
    """That one of them failed for its content does not explain the other."""
    fake = FakeCloud()
    root = new(fake)
    one, two = fake.stacks.child(root, "Inner"), fake.stacks.child(root, "Other")
    kind = "AWS::CloudFormation::Stack"
    steps = [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "A", 1, "CREATE_IN_PROGRESS"),
        nested(fake, root, "B", 1, "CREATE_IN_PROGRESS"),
        Step(2, "CREATE_IN_PROGRESS", "Inner", kind, stack="A", physical_id=one.id),
        Step(2, "CREATE_IN_PROGRESS", "Inner", kind, stack="B", physical_id=two.id),
        Step(3, "CREATE_FAILED", "Vpc", reason="no room", stack="Inner"),
        Step(4, "CREATE_FAILED", "Inner", kind, "a resource", stack="A", physical_id=one.id),
        Step(5, "CREATE_FAILED", "Inner", kind, "S3 error", stack="B", physical_id=two.id),
        nested(fake, root, "A", 6, "CREATE_FAILED"),
        nested(fake, root, "B", 6, "CREATE_FAILED"),
        Step(7, "ROLLBACK_IN_PROGRESS"),
        Step(9, "ROLLBACK_COMPLETE"),
    ]
    causes = end(followed(fake, root, steps)).failures
    assert [(cause.component, cause.reason) for cause in causes] == [
        ("a/inner", "no room"),
        ("b", "S3 error"),
    ]


def test_the_menu_offers_what_the_operation_allows_the_safe_choice_first() -> None:
    offered = {kind: [choice for choice, _ in choices(kind)] for kind in ("CREATE", "UPDATE")}
    assert offered["CREATE"] == [Choice.DETACH, Choice.DELETE, Choice.CONTINUE]
    assert offered["UPDATE"] == [Choice.DETACH, Choice.CANCEL, Choice.CONTINUE]
    assert [choice for choice, _ in choices("DELETE")] == [Choice.DETACH, Choice.CONTINUE]

"""A deployment that takes longer than its spec allows: an update goes back, a creation is left."""

from typing import Any

import pytest

from camformation.deploy.operation.events import Detached, Event, Finished, Notice
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.progress import follow
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import Step

MINUTES = 30


def followed(kind: str, ends_after: int, minutes: int | None) -> tuple[list[Event], Any]:
    fake = FakeCloud()
    status = "REVIEW_IN_PROGRESS" if kind == "CREATE" else "CREATE_COMPLETE"
    root = fake.stacks.add("camunda", status=status)
    before = fake.stacks.find(root.id)
    assert before
    after = before.events[-1].id if before.events else None
    fake.stacks.play(root, [Step(0, f"{kind}_IN_PROGRESS"), Step(ends_after, f"{kind}_COMPLETE")])
    operation = Operation(root.id, root.name, kind, after, timeout_minutes=minutes)
    return list(follow(fake.cloud, fake.clock, operation)), fake


def test_an_update_that_takes_longer_is_cancelled_once_and_followed_back() -> None:
    events, fake = followed("UPDATE", 2 * MINUTES * 60, MINUTES)
    assert fake.stacks.called("cancel_update") == ["camunda"]
    (notice,) = [each for each in events if isinstance(each, Notice)]
    assert notice.message.startswith("it takes longer than 30 minutes: the update is being cancel")
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.status, last.succeeded) == ("UPDATE_ROLLBACK_COMPLETE", False)


def test_a_creation_that_takes_longer_continues_and_the_command_fails() -> None:
    events, fake = followed("CREATE", 2 * MINUTES * 60, MINUTES)
    last = events[-1]
    assert isinstance(last, Detached)
    assert last.reason == "it takes longer than 30 minutes"  # with a reason, the command exits 1
    assert not fake.stacks.called("delete_stack") and not fake.stacks.called("cancel_update")


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
@pytest.mark.parametrize(("seconds", "minutes"), [(MINUTES * 60 - 60, MINUTES), (10_000, None)])
def test_what_ends_in_time_is_left_alone(kind: str, seconds: int, minutes: int | None) -> None:
    events, _ = followed(kind, seconds, minutes)
    last = events[-1]
    assert isinstance(last, Finished) and last.succeeded

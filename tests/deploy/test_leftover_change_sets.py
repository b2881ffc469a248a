"""What a command left that died: told from what others work on, cleared away, listed, destroyed."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from camformation.deploy.change.change_set import Submission, create, discard, tidied
from camformation.deploy.change.package import Package
from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.cloud.stacks import ChangeSetSummary
from camformation.deploy.destruction.execution import Destroyed, destroy
from camformation.deploy.destruction.plan import plan_destruction
from camformation.deploy.live_stack.listing import deployments
from camformation.deploy.live_stack.own_change_sets import described, is_abandoned
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START, Script, entry

TOKEN = "camformation-anna-20260105-120000-0123456789a"


def submission(number: int, description: str | None = None) -> Submission:
    package = Package("{}", None, (), nested=False)
    return Submission("camunda", package, f"{TOKEN}{number}", description or described("for anna"))


def left(fake: FakeCloud, description: str | None = None) -> None:
    """Let a command die between making a change set and executing it."""
    fake.stacks.script.append(Script([entry("Vpc")]))
    create(fake.stacks, fake.clock, submission(1, description))


def planned(fake: FakeCloud) -> None:
    fake.stacks.script.append(Script([entry("Vpc")]))
    discard(fake.stacks, fake.clock, create(fake.stacks, fake.clock, submission(2)))


def dead() -> int:
    """Return the id of a process that has ended."""
    return int(subprocess.check_output([sys.executable, "-c", "import os; print(os.getpid())"]))


def summary(description: str, name: str = TOKEN, **more: str) -> ChangeSetSummary:
    return ChangeSetSummary("id", name, "CREATE_COMPLETE", "AVAILABLE", START, description, **more)


@pytest.mark.skipif(os.name != "posix", reason="a process elsewhere cannot be asked after")
def test_a_change_set_is_abandoned_when_its_process_has_ended_or_an_hour_later() -> None:
    soon, later = START + timedelta(minutes=5), START + timedelta(hours=2)
    own = described("for anna")
    gone = own.replace(f"process {os.getpid()}", f"process {dead()}")
    elsewhere = own.rpartition(" ")[0] + " 00000000"
    assert [is_abandoned(summary(each), soon) for each in (own, gone, elsewhere)] == [0, 1, 0]
    assert [is_abandoned(summary(each), later) for each in (own, gone, elsewhere)] == [1, 1, 1]
    assert not is_abandoned(summary("made in the console", "release-7"), later)
    assert not is_abandoned(summary(gone, root_id="arn:root"), later)


def test_the_next_plan_clears_away_change_set_and_empty_stack() -> None:
    fake = FakeCloud()
    left(fake)
    fake.clock.sleep(2 * 3600)
    planned(fake)
    assert not fake.stacks.sets
    assert fake.stacks.describe_stack("camunda") is None


def test_what_somebody_is_about_to_execute_stays() -> None:
    fake = FakeCloud()
    left(fake)
    planned(fake)
    assert [each.request.name for each in fake.stacks.sets.values()] == [f"{TOKEN}1"]
    left_status = fake.stacks.describe_stack("camunda")
    assert left_status and left_status.status == "REVIEW_IN_PROGRESS"


def test_a_plan_does_not_fail_for_what_it_may_not_clear_away() -> None:
    fake = FakeCloud()
    left(fake)
    fake.clock.sleep(2 * 3600)
    fake.stacks.fail("change_sets", AccessDenied("CAM603", "not allowed"))
    fake.stacks.script.append(Script([entry("Vpc")]))
    change_set = create(fake.stacks, fake.clock, submission(2))
    fake.stacks.fail("delete_change_set", AccessDenied("CAM603", "not allowed"))
    error = tidied(fake.stacks, fake.clock, change_set)
    assert error and error.code == "CAM648" and "not allowed" in error.message


def test_a_stack_that_is_only_a_remainder_is_listed_and_destroyed() -> None:
    fake = FakeCloud()
    left(fake)
    (listed,) = deployments(fake.stacks)
    assert (listed.stack, listed.status) == ("camunda", "REVIEW_IN_PROGRESS")
    found = plan_destruction(fake.cloud, "camunda")
    events = list(destroy(fake.cloud, fake.clock, found, confirmed="camunda"))
    assert isinstance(events[-1], Destroyed)


def test_an_empty_stack_of_somebody_else_is_not_listed() -> None:
    fake = FakeCloud()
    left(fake, "made in the console")
    assert deployments(fake.stacks) == ()

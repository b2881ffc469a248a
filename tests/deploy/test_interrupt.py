"""Ctrl-C: what it ends, what it never breaks off, and what it is answered with."""

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from camformation.cli import operation_view as following
from camformation.cli.operation_view import OperationView
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.destruction.execution import destroy
from camformation.deploy.destruction.plan import plan_destruction
from camformation.deploy.operation.events import Detached
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.interrupt import Choice, InterruptibleClock
from camformation.deploy.operation.progress import follow
from deploy.fake_cloud import FakeCloud
from deploy.live import live


@pytest.fixture
def alarmed() -> Iterator[InterruptibleClock]:
    """A clock whose signal comes after 50 milliseconds."""
    clock = InterruptibleClock()
    before = signal.signal(signal.SIGALRM, clock.on_signal)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield clock
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_press_ends_the_pause_at_once_and_no_later_one(alarmed: InterruptibleClock) -> None:
    began = time.monotonic()
    alarmed.sleep(30)
    assert time.monotonic() - began < 5
    assert alarmed.presses == 1
    began = time.monotonic()
    alarmed.sleep(0.2)  # who waits for something must not be made to rush
    assert time.monotonic() - began > 0.1


def test_a_press_between_two_pauses_is_remembered_by_the_next() -> None:
    clock = InterruptibleClock()
    clock.on_signal(signal.SIGINT, None)
    began = time.monotonic()
    clock.sleep(30)
    assert time.monotonic() - began < 5
    assert clock.presses == 1


def test_only_a_second_press_breaks_off_a_call_and_only_of_somebody_who_looks() -> None:
    clock = InterruptibleClock()
    clock.on_signal(signal.SIGINT, None)
    clock.on_signal(signal.SIGINT, None)
    clock.breakable, clock.presses = True, 0
    clock.on_signal(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        clock.on_signal(signal.SIGINT, None)


def test_a_call_that_hangs_is_left_by_pressing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "CREATE_IN_PROGRESS")
    looks = []
    describe = fake.stacks.describe_stack

    def hangs(name: str) -> Any:
        looks.append(name)
        if len(looks) > 1:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return describe(name)

    monkeypatch.setattr(fake.stacks, "describe_stack", hangs)
    shown = OperationView(as_json=False, quiet=True)
    last = shown.run(follow(fake.cloud, fake.clock, Operation(root.id, "camunda", "CREATE")))
    assert isinstance(last, Detached) and "watch camunda" in last.reattach
    assert len(looks) == 2


@pytest.mark.parametrize(
    ("kind", "terminal", "presses", "answer"),
    [
        ("UPDATE", True, 0, None),
        ("UPDATE", True, 1, Choice.CANCEL),
        ("UPDATE", True, 2, Choice.DETACH),
        ("UPDATE", False, 1, Choice.DETACH),
        ("PREPARE", True, 2, Choice.STOP),
        ("PREPARE", False, 1, Choice.STOP),
    ],
)
def test_a_second_press_and_nobody_to_ask_take_the_safe_choice(
    kind: str,
    terminal: bool,
    presses: int,
    answer: Choice | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "interactive", lambda: terminal)
    monkeypatch.setattr(following, "_asked", lambda kind: Choice.CANCEL)
    shown = OperationView(as_json=False, quiet=True)
    for _ in range(presses):
        shown.clock.on_signal(signal.SIGINT, None)
    assert shown.control(kind) is answer
    assert shown.control(kind) is None
    unasked = presses > 1 or (presses == 1 and not terminal)
    assert shown.left(None) == (130 if unasked else 0)
    assert shown.left("the connection is lost") == 1


def test_a_script_that_is_interrupted_does_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for as_json in (True, False):
        monkeypatch.setattr(following, "interactive", lambda as_json=as_json: as_json)
        fake = FakeCloud()
        root = fake.stacks.add("camunda", "CREATE_IN_PROGRESS")
        shown = OperationView(as_json=as_json, quiet=True)
        shown.clock.presses = 1
        operation = Operation(root.id, "camunda", "CREATE")
        last = shown.run(follow(fake.cloud, fake.clock, operation, control=shown.control))
        assert isinstance(last, Detached) and shown.left(last.reason) == 130


@pytest.mark.parametrize(("answer", "code"), [(Choice.DETACH, 0), (KeyboardInterrupt(), 130)])
def test_who_chooses_to_detach_has_succeeded(
    answer: Choice | KeyboardInterrupt, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(kind: str) -> Choice:
        if isinstance(answer, KeyboardInterrupt):
            raise answer
        return answer

    monkeypatch.setattr(following, "interactive", lambda: True)
    monkeypatch.setattr(following, "_asked", asked)
    shown = OperationView(as_json=False, quiet=True)
    shown.clock.presses = 1
    assert shown.control("UPDATE") is Choice.DETACH
    assert shown.left(None) == code


@pytest.mark.parametrize("when", ["draining", "saving"])
def test_a_destruction_stops_before_it_deletes_anything(when: str) -> None:
    fake = FakeCloud()
    live(
        fake,
        storage={"on_delete": "delete"},
        database={"on_delete": "delete", "deletion_protection": False},
    )
    asked: list[str] = []

    def control(kind: str) -> Choice | None:
        asked.append(kind)
        begun = fake.databases.called("create_snapshot") or when == "draining"
        return Choice.STOP if begun else None

    def stuck(cluster: str, service: str, count: int) -> None:
        fake.services.states[service] = ServiceState(service, service, "ACTIVE", count, 1, 0)

    if when == "draining":
        fake.services.set_desired_count = stuck  # type: ignore[method-assign]
    found = plan_destruction(fake.cloud, "camunda")
    with pytest.raises(DeployError, match="is not deleted") as raised:
        list(destroy(fake.cloud, fake.clock, found, confirmed="camunda", control=control))
    assert "destroy again" in str(raised.value.hint)
    assert set(asked) == {"PREPARE"}
    assert not fake.stacks.called("delete_stack") and not fake.objects.called("empty")

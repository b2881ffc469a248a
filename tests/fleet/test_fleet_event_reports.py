"""What people and machines read while a fleet is worked on."""

import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest
from rich.console import Console

from camformation.deploy.cloud.errors import Throttled
from camformation.deploy.cloud.stack_sets import InstanceDrift
from camformation.deploy.fleet.causes import cause_of
from camformation.deploy.fleet.event_data import KINDS
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    OperationStarted,
    RunningOperation,
    StackSetChanged,
    Stopped,
    WaveEnded,
    WaveProgress,
    WaveStarted,
)
from camformation.deploy.fleet.removal import plan_removal, remove
from camformation.deploy.fleet.stack_import import import_stacks, plan_import
from camformation.deploy.fleet.status import FleetDrift, detect_drift
from camformation.deploy.operation.events import Delayed, Notice
from camformation.deploy.operation.interrupt import Choice
from camformation.report.fleet.json_lines import FleetJson
from camformation.report.fleet.lines import FAILURES, FleetLines
from camformation.report.fleet.live import FleetLive
from deploy.fake_stacks import START
from fleet.pictures import QUOTA, numbered
from fleet.simulated import LONDON, NAME, Fleet, account, operation, target, wave

Golden = Callable[[str, Any], None]
LATER = START + timedelta(seconds=200)
Events = Iterable[FleetEvent | FleetDrift]


def lines(events: Events) -> str:
    written: list[str] = []
    with FleetLines(written.append, UTC) as report:
        for event in events:
            report.show(event)
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in written)
    return "".join(written)


def two_waves(failing: int, tolerated: int) -> Fleet:
    """A canary, and a wave of which so many fail and so many may."""
    fleet = Fleet(
        [target(1), *(target(n, in_wave="rest", Owner="claims") for n in range(2, 13))],
        [wave("canary"), wave("rest", operation(failure_tolerance_count=tolerated)), wave("last")],
    )
    fleet.targets += (target(20, in_wave="last"),)
    fleet.sets.failing = {account(n): QUOTA for n in range(2, 2 + failing)}
    return fleet


def drifted() -> Iterator[FleetEvent | FleetDrift]:
    fleet = Fleet([target(1), target(2)])
    fleet.deploy()
    found = InstanceDrift("Vpc", "AWS::EC2::VPC", "MODIFIED", ("/EnableDnsSupport",))
    fleet.sets.drifted = {(account(2), LONDON): (found,)}
    return detect_drift(fleet.sets, fleet.clock, NAME, ids=numbered())


def removed() -> Iterator[FleetEvent]:
    fleet = Fleet([target(1), target(2)])
    fleet.deploy()
    removal = plan_removal(fleet.sets, fleet.clock, NAME, None, retain=True)
    return remove(
        fleet.sets, fleet.clock, removal, confirmed=NAME, delete_stack_set=True, ids=numbered()
    )


def imported() -> Iterator[FleetEvent]:
    fleet = Fleet()
    ids = [fleet.sets.add_stack(account(n), LONDON) for n in range(1, 4)]
    plan = plan_import(fleet.sets, fleet.clock, fleet.request, fleet.template, ids)
    return import_stacks(fleet.sets, fleet.clock, plan, ids=numbered())


def detaching() -> list[FleetEvent]:
    presses = iter([None, Choice.DETACH])
    return two_waves(0, 0).deploy(control=lambda kind: next(presses), ids=numbered())


STORIES: dict[str, Callable[[], Events]] = {
    "deployed": lambda: two_waves(2, 3).deploy(ids=numbered()),
    "stopped": lambda: two_waves(4, 1).deploy(ids=numbered()),
    "detached": detaching,
    "drift": drifted,
    "removed": removed,
    "imported": imported,
}


@pytest.mark.parametrize("name", STORIES)
def test_lines(golden: Golden, name: str) -> None:
    golden(f"fleet/lines/{name}.txt", lines(STORIES[name]()))


def failures(number: int, reason: str = QUOTA) -> list[FleetEvent]:
    return [
        InstanceFailed(
            time=START,
            wave="rest",
            account=account(n),
            region=LONDON,
            reason=reason,
            cause=cause_of(reason),
            operation="op",
        )
        for n in range(1, number + 1)
    ]


def test_failures_of_one_cause_are_named_a_while_and_then_counted() -> None:
    ended = WaveEnded(time=LATER, wave="rest", counts={"FAILED": 5000}, elapsed=200)
    text = lines([*failures(5000), *failures(2, "AccessDenied"), ended])
    assert text.count("FAILED 0000") == FAILURES + 2
    assert f"FAILED {5000 - FAILURES} more: the account's quota of VPCs" in text
    assert text.count("hint: raise the quota") == 1
    assert len(text.splitlines()) < 60


def test_failures_are_counted_anew_after_they_were_told() -> None:
    ended = WaveEnded(time=LATER, wave="rest", counts={"FAILED": 30}, elapsed=200)
    text = lines([*failures(30), ended, ended])
    assert text.count(f"FAILED {30 - FAILURES} more") == 1


def going(at: int, **counts: int) -> WaveProgress:
    run = RunningOperation(id="op", action="UPDATE", status="RUNNING", since=START, counts=counts)
    return WaveProgress(
        time=START + timedelta(seconds=at),
        wave="rest",
        began=START,
        counts=counts,
        running=(run,),
        waiting=4,
    )


def test_where_a_wave_stands_is_said_once_a_minute() -> None:
    text = lines(going(at, SUCCEEDED=at, PENDING=1000 - at) for at in range(0, 200, 10))
    assert [line[:8] for line in text.splitlines()] == ["12:01:00", "12:02:00", "12:03:00"]
    assert "wave rest 1 min 0 s: 60 of 1000 done: 60 succeeded, 940 pending; " in text
    assert "1 operation running, 4 to start" in text


def test_an_operation_says_where_it_is_in_short_and_what_it_overrides() -> None:
    many = tuple(account(n) for n in range(1, 500))
    started = OperationStarted(
        time=START,
        wave="rest",
        id="op",
        action="CREATE",
        regions=(LONDON,),
        accounts=many,
        organizational_units=("ou-1",),
        overrides={"VpcCidr": "10.2.0.0/16"},
    )
    text = lines([started])
    assert "ou-1 (000000000001, 000000000002, 000000000003 and 496 more accounts)" in text
    assert "with VpcCidr 10.2.0.0/16, operation op" in text and len(text) < 250


def test_what_aws_says_cannot_command_the_terminal() -> None:
    text = lines(failures(1, "bad \x1b[31mthing\nhappened"))
    assert "\x1b" not in text and "thing happened" in text


def written_as_json(events: Events) -> list[dict[str, Any]]:
    written: list[str] = []
    with FleetJson(written.append) as report, report.paused():
        for event in events:
            report.show(event)
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in written)
    return [json.loads(line) for line in written]


@pytest.mark.parametrize("name", STORIES)
def test_json_is_an_object_a_line_that_names_its_kind(name: str) -> None:
    found = written_as_json(STORIES[name]())
    assert {each["event"] for each in found} <= set(KINDS.values())
    assert all(each["time"].endswith("+00:00") for each in found)


def test_json_has_the_causes_and_every_kind() -> None:
    found = written_as_json(STORIES["stopped"]())
    failed = [each for each in found if each["event"] == "instance_failed"]
    assert len(failed) == 4 and {each["cause"]["key"] for each in failed} == {"vpc-quota"}
    assert found[-1]["event"] == "stopped" and found[-1]["remaining"] == ["last"]
    assert found[-1]["causes"][0]["places"][0] == [account(2), LONDON]
    notices: list[FleetEvent] = [
        Notice(time=START, code="CAM677", message="wait"),
        Delayed(time=START, reason="AWS throttles", seconds=20),
    ]
    kinds = {
        each["event"]
        for story in STORIES.values()
        for each in written_as_json([*story(), *notices])
    }
    assert kinds == set(KINDS.values())


def test_json_repeats_no_progress_that_did_not_move() -> None:
    found = written_as_json([going(10, PENDING=3), going(20, PENDING=3), going(30, RUNNING=3)])
    assert [each["elapsed"] for each in found] == [10, 30]


def live() -> tuple[FleetLive, Console]:
    console = Console(file=io.StringIO(), force_terminal=True, width=160, height=60)
    return FleetLive(console, lambda: LATER), console


def picture(report: FleetLive) -> str:
    console = Console(width=160, no_color=True)
    with console.capture() as capture:
        console.print(report.render())
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def big(number: int) -> list[FleetEvent]:
    """A wave of so many stacks, half of which are done; a tenth failed, for three causes."""
    tenth = number // 10
    reasons = (QUOTA, "AccessDenied: is not [authorized]", "Something new in i-0123456789abcdef0")
    failed = [
        InstanceFailed(
            time=START,
            wave="rest",
            account=account(n),
            region=LONDON,
            reason=why,
            cause=cause_of(why),
            operation="op",
        )
        for n in range(tenth)
        for why in (reasons[min(n % 5, 2)],)
    ]
    counts = {
        "SUCCEEDED": number // 2 - tenth,
        "FAILED": tenth,
        "RUNNING": 50,
        "PENDING": number // 2 - 50,
    }
    runs = tuple(
        RunningOperation(
            id=f"op-{n}", action="UPDATE", status="RUNNING", since=START, counts={"RUNNING": 2}
        )
        for n in range(25)
    )
    return [
        StackSetChanged(time=START, name=NAME, id="id", action="CREATE"),
        WaveProgress(time=START, wave="", began=START, counts={}, running=()),
        WaveStarted(time=START, wave="canary", number=1, waves=3, instances=2, operations=1),
        WaveEnded(time=START, wave="canary", counts={"SUCCEEDED": 2}, elapsed=65),
        WaveStarted(time=START, wave="rest", number=2, waves=3, instances=number, operations=40),
        *failed,
        WaveProgress(time=LATER, wave="rest", began=START, counts=counts, running=runs, waiting=15),
    ]


def test_the_live_view_is_as_large_for_ten_thousand_stacks_as_for_a_hundred(
    golden: Golden,
) -> None:
    pictures = []
    for number in (200, 10_000):
        report, _ = live()
        for event in big(number):
            report.show(event)
        began = time.process_time()
        pictures.append(picture(report))
        assert time.process_time() - began < 0.25
    assert len(pictures[0].splitlines()) == len(pictures[1].splitlines()) < 25
    golden("fleet/live.txt", pictures[1])


def test_the_live_view_says_when_aws_cannot_be_asked() -> None:
    report, _ = live()
    for event in (*big(200), Delayed(time=START, reason="AWS throttles", seconds=20)):
        report.show(event)
    assert "AWS throttles; trying again in 20 s" in picture(report)
    report.show(big(200)[-1])
    assert "throttles" not in picture(report)


def test_the_live_view_says_so_before_anything_was_begun_too() -> None:
    report, _ = live()
    with report:
        report.show(Delayed(time=START, reason="AWS throttles", seconds=20))
        assert "AWS throttles; trying again in 20 s" in picture(report)


@pytest.mark.parametrize("name", STORIES)
def test_the_live_view_leaves_the_end_on_the_screen(name: str) -> None:
    report, console = live()
    end: FleetEvent | FleetDrift | None = None
    with report:
        for end in STORIES[name]():
            report.show(end)
        with report.paused():
            console.print("a question")
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "a question" in text and picture(report).strip() == "", "nothing is redrawn"
    match end:
        case Stopped():
            assert "not started: last" in text and f"hint: {end.hint}" in text
            assert "4 stacks: the account's quota of VPCs is used up" in text
        case FleetFinished():
            assert f"✓ StackSet {NAME} done in" in text
        case FleetDetached():
            assert "AWS continues with operation 00000000-" in text
        case _:
            assert "1 drifted, 1 in sync" in text


def test_throttling_is_said_in_lines_too() -> None:
    fleet = Fleet([target(1)])
    fleet.sets.fail("operation", Throttled("CAM604", "AWS throttles", None))
    assert "AWS throttles; trying again in" in lines(fleet.deploy(ids=numbered()))

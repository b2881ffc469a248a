"""What people and machines read while a deployment runs."""

import io
import json
from datetime import UTC, timedelta

from rich.console import Console

from camformation.deploy.cloud.services import (
    ContainerState,
    LogLine,
    ServiceDeployment,
    ServiceState,
)
from camformation.deploy.operation.events import (
    Delayed,
    Detached,
    Event,
    Evidence,
    Failure,
    Finished,
    Notice,
    Progress,
    ResourceEvent,
    Rollout,
    StackProgress,
    Started,
    Waiting,
)
from camformation.diagnostics import Location
from camformation.report.deployment.json_lines import DeployJson, event_json
from camformation.report.deployment.lines import DeployLines
from camformation.report.deployment.live import DeployLive
from camformation.report.deployment.words import duration, usual
from deploy.fake_stacks import START
from deploy.following import SERVICE_ARN

LATER = START + timedelta(seconds=130)
EVIDENCE = Evidence(
    task="abc",
    task_definition="core:2",
    stopped_reason="Essential container in task exited",
    containers=(ContainerState("core", "camunda", "STOPPED", 137, "OutOfMemoryError"),),
    log=(LogLine(START, "core/core/abc", "heap \x1b[31mspace\x1b[0m\n"),),
)
SERVICE = ServiceState(
    SERVICE_ARN,
    "core",
    "ACTIVE",
    3,
    1,
    2,
    (
        ServiceDeployment(
            "d", "PRIMARY", "task-definition/core:2", 3, 1, 2, 4, START, START, "IN_PROGRESS"
        ),
    ),
    ((START, "(service core) has started 1 tasks"),),
)
STARTED = Started(time=START, stack="camunda", stack_id="arn", kind="CREATE")
WAITING = Waiting(
    component="database",
    logical_id="Writer",
    type="AWS::RDS::DBInstance",
    status="CREATE_IN_PROGRESS",
    since=START,
    usual=(360, 540),
)
PROGRESS = Progress(
    time=LATER,
    began=START,
    stacks=(
        StackProgress(
            component="root", status="CREATE_IN_PROGRESS", done=0, running=0, failed=0, began=START
        ),
        StackProgress(
            component="network",
            status="CREATE_COMPLETE",
            done=9,
            running=0,
            failed=0,
            began=START,
            ended=START,
            expected=9,
        ),
        StackProgress(
            component="database",
            status="CREATE_IN_PROGRESS",
            done=2,
            running=1,
            failed=0,
            began=START,
            expected=5,
        ),
        StackProgress(
            component="orchestration",
            status="CREATE_IN_PROGRESS",
            done=0,
            running=1,
            failed=0,
            began=START,
        ),
    ),
    waiting=(
        WAITING,
        Waiting(
            component="orchestration",
            logical_id="OrchestrationService",
            type="AWS::ECS::Service",
            status="CREATE_IN_PROGRESS",
            since=START,
        ),
    ),
)
ROLLOUT = Rollout(
    time=START,
    component="orchestration",
    logical_id="OrchestrationService",
    service=SERVICE,
    evidence=EVIDENCE,
)
FAILURE = Failure(
    time=START,
    component="orchestration",
    logical_id="OrchestrationService",
    type="AWS::ECS::Service",
    status="CREATE_FAILED",
    reason="Circuit breaker",
    physical_id=SERVICE_ARN,
    location=Location("camunda.yaml", 7, 3),
    evidence=EVIDENCE,
    service_events=("(service core) deployment failed",),
)
FAILED = Finished(
    time=LATER,
    stack="camunda",
    stack_id="arn",
    status="ROLLBACK_COMPLETE",
    succeeded=False,
    elapsed=130,
    failures=(FAILURE,),
    reason="failed",
)
SUCCEEDED = Finished(
    time=LATER,
    stack="camunda",
    stack_id="arn",
    status="CREATE_COMPLETE",
    succeeded=True,
    elapsed=130,
    outputs={"Url": "https://x"},
)
RESOURCE = ResourceEvent(
    time=START,
    component="network",
    logical_id="Vpc",
    type="AWS::EC2::VPC",
    status="CREATE_COMPLETE",
)
EVERY: tuple[Event, ...] = (
    STARTED,
    RESOURCE,
    PROGRESS,
    ROLLOUT,
    FAILURE,
    Notice(time=START, code="CAM634", message="went back", hint="look"),
    Delayed(time=START, reason="AWS throttles", seconds=20),
    FAILED,
    Detached(time=START, stack="camunda", stack_id="arn", reattach="camformation watch camunda"),
)


def lines(*events: Event) -> str:
    written: list[str] = []
    with DeployLines(written.append, UTC) as report:
        for event in events:
            report.show(event)
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in written)
    return "".join(written)


def test_lines_have_timestamps_and_name_component_and_resource() -> None:
    first, second = lines(STARTED, RESOURCE).splitlines()
    assert first == "12:00:00 creating stack camunda"
    assert second.split() == ["12:00:00", "CREATE_COMPLETE", "network/Vpc", "AWS::EC2::VPC"]


def test_a_failure_comes_with_cause_spec_line_and_evidence() -> None:
    text = lines(FAILURE)
    for words in (
        "orchestration/OrchestrationService (AWS::ECS::Service",
        "Circuit breaker",
        "spec: camunda.yaml:7:3",
        "task abc stopped: Essential container in task exited",
        "container core exited with code 137: OutOfMemoryError",
        "ECS: (service core) deployment failed",
    ):
        assert words in text


def test_what_containers_log_cannot_command_the_terminal() -> None:
    assert "heap" in lines(FAILURE)
    assert "\x1b" not in lines(FAILURE)


def test_what_is_waited_for_is_said_once_a_minute_with_its_usual_duration() -> None:
    reminder = lines(STARTED, PROGRESS, PROGRESS).splitlines()
    assert len(reminder) == 3
    waited = "waiting for database/Writer (AWS::RDS::DBInstance) for 2 min 10 s, usually 6-9 min"
    assert reminder[1].endswith(waited)


def test_no_reminder_where_something_has_just_been_said() -> None:
    just_now = ResourceEvent(
        time=LATER,
        component="network",
        logical_id="Vpc",
        type="AWS::EC2::VPC",
        status="CREATE_COMPLETE",
    )
    assert len(lines(just_now, PROGRESS).splitlines()) == 1


def test_the_end_says_how_long_it_took_or_what_failed() -> None:
    assert "created stack camunda in 2 min 10 s" in lines(SUCCEEDED)
    failed = lines(FAILED)
    assert "ROLLBACK_COMPLETE: orchestration/OrchestrationService" in failed
    unchanged = Finished(
        time=START,
        stack="camunda",
        stack_id="arn",
        status="CREATE_COMPLETE",
        succeeded=True,
        elapsed=0,
        changed=False,
    )
    assert "no changes" in lines(unchanged)


def test_detaching_says_how_to_look_again() -> None:
    assert "follow it with: camformation watch camunda" in lines(EVERY[-1])


def test_json_is_an_object_a_line_that_names_its_kind() -> None:
    written: list[str] = []
    with DeployJson(written.append) as report:
        for event in EVERY:
            report.show(event)
    found = [json.loads(line) for line in written]
    assert [each["event"] for each in found] == [
        "started",
        "resource",
        "progress",
        "rollout",
        "failure",
        "notice",
        "delayed",
        "finished",
        "detached",
    ]
    assert all(line.count("\n") == 1 for line in written)
    assert found[4]["location"]["line"] == 7
    assert found[2]["elapsed"] == 130
    assert found[0]["time"] == "2026-01-05T12:00:00+00:00"
    assert found[7]["failures"][0]["evidence"]["containers"][0]["exit_code"] == 137


def test_json_repeats_no_progress_that_did_not_move() -> None:
    written: list[str] = []
    report = DeployJson(written.append)
    for _ in range(5):
        report.show(PROGRESS)
    assert len(written) == 1
    assert json.loads(event_json(SUCCEEDED))["outputs"] == {"Url": "https://x"}


def live() -> tuple[DeployLive, Console]:
    console = Console(file=io.StringIO(), force_terminal=True, width=140, height=60)
    return DeployLive(console, lambda: LATER), console


def picture(report: DeployLive) -> str:
    console = Console(width=140, no_color=True)
    with console.capture() as capture:
        console.print(report.render())
    return capture.get()


def test_the_live_view_is_a_tree_of_stacks_with_counts_timers_and_rollouts() -> None:
    report, _ = live()
    for event in (STARTED, PROGRESS, ROLLOUT):
        report.show(event)
    text = picture(report)
    for words in (
        "camunda  2 min 10 s",
        "network  CREATE_COMPLETE  9/9 done  0 s",
        "database  CREATE_IN_PROGRESS  2/5 done, 1 running  2 min 10 s",
        "Writer AWS::RDS::DBInstance  2 min 10 s  usually 6-9 min",
        "PRIMARY IN_PROGRESS",
        "(service core) has started 1 tasks",
        "task abc stopped: Essential container in task exited",
    ):
        assert words in text
    row = next(line.split() for line in text.splitlines() if "core:2" in line)
    assert row[-4:] == ["3", "1", "2", "4"], "desired, running, pending, failed"


def test_the_live_view_says_when_aws_cannot_be_asked() -> None:
    report, _ = live()
    report.show(PROGRESS)
    report.show(Delayed(time=START, reason="AWS throttles", seconds=20))
    assert "AWS throttles; trying again in 20 s" in picture(report)
    report.show(PROGRESS)
    assert "throttles" not in picture(report)


def test_the_live_view_leaves_failures_and_the_end_on_the_screen() -> None:
    report, console = live()
    with report:
        for event in EVERY[:-1]:
            report.show(event)
        with report.paused():
            console.print("a question")
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "spec: camunda.yaml:7:3" in text and "a question" in text
    assert "failed after 2 min 10 s" in text
    assert picture(report).strip() == "", "nothing is redrawn after the end"


def test_durations_read_as_people_say_them() -> None:
    assert [duration(n) for n in (0, 59, 60, 3600 + 120)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "1 h 2 min",
    ]
    assert usual((85, 125)) == "usually 1-2 min" and usual((5, 20)) == "usually 5-20 s"

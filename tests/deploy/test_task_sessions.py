"""Logs of tasks, and the commands that open sessions in them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from camformation.cli.logs import since_time
from camformation.cli.sessions import run
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.services import ContainerState, LogEvent, TaskState
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.logs import followed_logs, read_logs, wanted_logs
from camformation.deploy.live_stack.own_services import OwnService, own_services
from camformation.deploy.live_stack.sessions import exec_command, forward_command, room
from camformation.report.deployment.log_text import log_json, log_line
from deploy.fake_cloud import FakeCloud
from deploy.live import live

STREAM = "orchestration-cluster/orchestration-cluster/0123456789abcdef"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def deployed(**sections: Any) -> tuple[FakeCloud, tuple[OwnService, ...]]:
    fake = FakeCloud()
    live(fake, **sections)
    return fake, own_services(fake.cloud, require_deployed(fake.stacks, "camunda"))


def event(id: str, text: str = "x", seconds: float = 0, stream: str = STREAM) -> LogEvent:
    return LogEvent(id, NOW + timedelta(seconds=seconds), stream, text)


def task(id: str, minutes: int) -> TaskState:
    container = ContainerState("orchestration-cluster", "camunda", "RUNNING")
    sidecar = ContainerState("aws-guardduty-agent", "agent", "RUNNING")
    started = NOW - timedelta(minutes=minutes)
    arn = f"arn:aws:ecs:eu-west-2:1:task/camunda/{id}"
    return TaskState(arn, "RUNNING", "arn:task:1", (sidecar, container), started)


def test_the_log_of_one_service_is_read_by_its_streams() -> None:
    fake, (brokers, connectors) = deployed()
    found = require_deployed(fake.stacks, "camunda")
    everything = wanted_logs(found, (), "ERROR")
    assert len(everything.groups) == 2 and everything.prefixes == ()
    one = wanted_logs(found, [brokers], "")
    assert len(one.groups) == 1 and one.prefixes == (
        "orchestration-cluster/orchestration-cluster/",
    )
    fake.services.written = [
        event("1", "mine"),
        event("2", "yours", stream="connectors/connectors/1"),
    ]
    assert [each.text for each in read_logs(fake.cloud.services, one, NOW)] == ["mine"]
    fake.services.written = [
        event("1", "GET /actuator/cluster 200"),
        event("2", "ANSWERS 1 1 eJw="),
    ]
    assert [each.id for each in read_logs(fake.cloud.services, one, NOW)] == ["1"]
    with pytest.raises(DeployError, match="has no log group"):
        wanted_logs(found, [replace(connectors, streams={"connectors": ""})], "")


def test_what_arrives_is_printed_once_and_late_lines_too() -> None:
    fake, services = deployed()
    wanted = wanted_logs(require_deployed(fake.stacks, "camunda"), services[:1], "")
    fake.services.written = [event("1"), event("2", seconds=1)]
    fake.clock.sleep(1)
    found = followed_logs(fake.cloud.services, fake.clock, wanted, NOW)
    assert [next(found), next(found), next(found)] == [*fake.services.written, None]
    fake.services.written += [event("late", seconds=0.5), event("3", seconds=2)]
    heard = [next(found), next(found), next(found), next(found), next(found)]
    assert [each.id for each in heard if each] == ["late", "3"]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("30m", NOW - timedelta(minutes=30)),
        ("2h", NOW - timedelta(hours=2)),
        ("1d", NOW - timedelta(days=1)),
        ("2026-01-05T11:00:00Z", NOW - timedelta(hours=1)),
        ("2026-01-05T11:00:00+00:00", NOW - timedelta(hours=1)),
        ("2026-01-05T11:00:00", None),
        ("yesterday", None),
        ("", None),
        ("-5m", None),
    ],
)
def test_since(text: str, time: datetime | None) -> None:
    assert since_time(text, NOW) == time


def test_lines_show_fields_and_no_secrets() -> None:
    line = event("1", '{"severity": "ERROR", "context": {"partition": 2}, "message": "a\\nb"}\n')
    assert log_line(line, ("severity", "context.partition", "none")) == (
        "2026-01-05T12:00:00Z orchestration-cluster/01234567 ERROR 2 -"
    )
    assert json.loads(log_json(line, ()))["fields"]["context"] == {"partition": 2}
    assert json.loads(log_json(line, ("severity",)))["fields"] == {"severity": "ERROR"}
    secret = event("2", "connected with password=hunter2 \x1b[31m")
    for shown in (log_line(secret, ()), log_json(secret, ())):
        assert "hunter2" not in shown and "\x1b" not in shown
    assert log_line(event("3", "plain"), ("severity",)).endswith(" plain")


def test_a_session_in_the_task_that_has_run_longest() -> None:
    fake, (brokers, _) = deployed(orchestration={"execute_command": True})
    fake.services.running[brokers.service] = (task("new", 5), task("old", 50))
    for each in fake.services.running[brokers.service]:
        runtime = f"{each.id}-0123"
        fake.services.runtimes[each.arn] = {"orchestration-cluster": runtime}
    found = room(fake.cloud.services, brokers, None, None)
    assert (found.task, found.container) == ("old", "orchestration-cluster")
    assert exec_command(found, "ls -l", ["--region", "eu-west-2"]) == [
        *("aws", "ecs", "execute-command", "--cluster", "camunda", "--task", "old"),
        *("--container", "orchestration-cluster", "--interactive", "--command", "ls -l"),
        *("--region", "eu-west-2"),
    ]
    forward = forward_command(found, 9601, 9600, [])
    assert forward[4] == "ecs:camunda_old_old-0123"
    ports = {"portNumber": ["9600"], "localPortNumber": ["9601"]}
    assert json.loads(forward[-1]) == ports
    assert room(fake.cloud.services, brokers, "new", None).task == "new"
    for wanted, container, said in (
        ("gone", None, "no task gone"),
        (None, "nginx", "has no container nginx"),
        (None, "aws-guardduty-agent", "is not running yet"),
    ):
        with pytest.raises(DeployError, match=said):
            room(fake.cloud.services, brokers, wanted, container)
    fake.services.running.clear()
    with pytest.raises(DeployError, match="no running task"):
        room(fake.cloud.services, brokers, None, None)


def test_a_session_needs_the_spec_to_allow_it() -> None:
    fake, (brokers, _) = deployed()
    with pytest.raises(DeployError) as error:
        room(fake.cloud.services, brokers, None, None)
    assert error.value.hint and "orchestration.execute_command: true" in error.value.hint


def test_what_the_aws_cli_says_of_a_session_is_explained(
    capfd: pytest.CaptureFixture[str],
) -> None:
    said = "(TargetNotConnectedException) when calling the ExecuteCommand operation"
    assert run(["sh", "-c", f"echo '{said}' >&2; exit 254"]) == 254
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == said
    assert lines[1].startswith("hint: the agent of ECS Exec") and "ssmmessages" in lines[1]
    assert run(["sh", "-c", f"echo '{said}' >&2; exit 0"]) == 0
    assert "hint" not in capfd.readouterr().err


def test_ctrl_c_is_the_sessions_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["sh", "-c", "kill -INT $PPID; sleep 0.1; echo goes on; exit 3"]) == 3
    assert "goes on" in capfd.readouterr().out

"""A cause is found above a shutdown's lines and inside of raw stack traces; nothing else is."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from camformation.deploy.cloud.services import ContainerState, LogLine, TaskState
from camformation.deploy.operation.events import Evidence
from camformation.deploy.operation.evidence import EvidenceReader, replace_text
from camformation.deploy.operation.log_levels import leveled, severe
from camformation.deploy.operation.log_window import LAST, READ, telling
from camformation.deploy.operation.signatures import LOG, Said, recognised, said_of
from camformation.deploy.operation.verdict import Attempt, cause, verdict
from camformation.frozen import replaced
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START

AT = "[2026-11-28 10:00:00.000] [main] [{}] "
TRACE = [f"\tat io.camunda.Broker.step{number}(Broker.java:{number})" for number in range(30)]
SHUTDOWN = [f"{AT}INFO  io.camunda.zeebe.broker - Closing step {number}" for number in range(40)]
STARTING = [f"{AT}INFO  io.camunda.zeebe.broker - Startup step {number}" for number in range(40)]
UNREACHABLE = f"{AT}WARN  com.zaxxer.hikari - The connection attempt failed."
MEMORY = f"{AT}ERROR io.camunda.zeebe.broker - Expected the memoryFraction for RocksDB to be lower"
FAILED = f"{AT}ERROR o.s.boot.SpringApplication - Application run failed "
PASSWORD = "Caused by: org.postgresql.util.PSQLException: FATAL: password authentication failed"
PASSWORD += ' for user "camunda"'
STARTED = f"{AT}INFO  StandaloneCamunda - Started StandaloneCamunda in 33.2 seconds"
READ_ONLY = "2026-11-28T10:00:00Z main ERROR Unable to create file x.log: Read-only file system"
DENIED = f"{AT}ERROR io.camunda - S3Exception: Access Denied (Service: S3, Status Code: 403)"
BOUND = "***\nAPPLICATION FAILED TO START\n***\nFailed to bind properties under 'camunda.x' to int"


def event(severity: str, message: str, trace: str = "") -> str:
    return json.dumps({"severity": severity, "message": message, "exception": trace})


CLOSING = [event("INFO", f"Closing step {number}") for number in range(40)]
WHOLE = "java.lang.IllegalStateException: no\n" + "\n".join(TRACE)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ([FAILED + PASSWORD, *SHUTDOWN], "database-password"),
        ([BOUND, *SHUTDOWN], "configuration"),
        ([MEMORY, *SHUTDOWN], "rocksdb-memory"),
        ([MEMORY, *SHUTDOWN, UNREACHABLE], "rocksdb-memory"),
        ([MEMORY, UNREACHABLE], "rocksdb-memory"),  # both of them near the end
        ([FAILED + PASSWORD, UNREACHABLE, *SHUTDOWN[:5]], "database-password"),
        ([MEMORY, *SHUTDOWN, FAILED, *SHUTDOWN], "rocksdb-memory"),
        ([MEMORY, *SHUTDOWN[:5], f"{AT}WARN  No leader for partition 1"], "rocksdb-memory"),
        ([event("ERROR", "Application run failed", PASSWORD), *CLOSING], "database-password"),
        ([*CLOSING, 'Exception in thread "main" x.Failed', *TRACE, PASSWORD, *TRACE],
         "database-password"),
        ([FAILED + WHOLE, *SHUTDOWN], "application-failed"),
        ([*SHUTDOWN[:3], "[error] [output] failed to initialize 'loki' plugin",
          *["[ info] pausing"] * 30], "log-router"),
        # What the end says, it says for itself.
        ([MEMORY, *SHUTDOWN, DENIED], "bucket-denied"),
        ([FAILED + PASSWORD, *SHUTDOWN, BOUND], "configuration"),
    ],
)  # fmt: skip
def test_the_cause_is_found_above_the_last_lines(lines: list[str], key: str) -> None:
    found = recognised(said_of(None, evidence(lines), ()))
    assert found and found.key == key
    assert len(evidence(lines).log) <= LAST + 1


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ([READ_ONLY, *SHUTDOWN], None),  # nobody says that it ended the process
        ([DENIED, *STARTING], None),
        ([f"{AT}ERROR x - {PASSWORD}", *STARTING], None),
        ([MEMORY.replace("ERROR", "WARN "), *SHUTDOWN], None),
        ([event("WARN", "Application run failed", PASSWORD), *CLOSING], None),
        ([FAILED + PASSWORD, *STARTING, STARTED, *SHUTDOWN], None),  # an earlier attempt
        ([FAILED + PASSWORD, *STARTING, STARTED], None),
        ([DENIED, UNREACHABLE], "database-unreachable"),
        ([READ_ONLY, UNREACHABLE], "database-unreachable"),
        ([*CLOSING[:2], "read-only: Read-only file system", *CLOSING], None),
        ([PASSWORD, event("INFO", "retrying"), *["raw"] * 30], None),
        ([], None),
        (["goodbye"], None),
    ],
)
def test_what_did_not_end_the_process_is_not_blamed(lines: list[str], key: str | None) -> None:
    found = recognised(Said(LOG, each.text) for each in reversed(telling(logged(lines))))
    assert (found and found.key) == key


def test_the_exception_of_a_raw_stack_trace_is_kept() -> None:
    head = "java.lang.IllegalStateException: unknown"
    kept = telling(logged([*CLOSING, head, *TRACE]))
    assert [line.text for line in kept] == [head, *TRACE[-LAST:]]


def test_the_same_cause_above_three_shutdowns_is_a_verdict() -> None:
    def attempts(lines: list[str]) -> list[Attempt]:
        found = evidence(lines)
        return [Attempt(START + timedelta(seconds=40 * number), found) for number in range(3)]

    assert verdict(attempts([MEMORY, *SHUTDOWN, UNREACHABLE]))
    assert verdict(attempts([FAILED + WHOLE, *SHUTDOWN]))
    for lines in ([DENIED, *STARTING, UNREACHABLE], [READ_ONLY, *SHUTDOWN]):
        assert verdict(attempts(lines)) is None


def test_failed_containers_are_read_far_and_running_ones_are_not() -> None:
    fake = FakeCloud()
    reader = EvidenceReader(fake.cloud, ["/camunda"])
    fake.services.logs["core/core/0a1b"] = logged([MEMORY, *SHUTDOWN])
    failed = (ContainerState("core", "x", "STOPPED", 1),)
    stopped = TaskState("arn:task/0a1b", "STOPPED", "core:2", failed)
    assert [each.text for each in reader.of_task(stopped).log] == [MEMORY, *SHUTDOWN[-LAST:]]
    fake.services.running["core"] = (stopped,)
    assert reader.of_running("camunda", "core") == tuple(reversed(SHUTDOWN[-LAST:]))


@pytest.mark.parametrize(
    ("codes", "last"),
    [
        ({"core": 1, "sidecar": 143}, "core"),
        ({"core": 1, "sidecar": 137}, "core"),
        ({"core": 143, "sidecar": 1}, "sidecar"),
        ({"core": 143, "sidecar": 137}, "sidecar"),
        ({"core": 1, "sidecar": 2}, "sidecar"),
        ({"core": 1, "sidecar": 0}, "core"),
        ({"core": 1, "sidecar": None}, "core"),
    ],
)
def test_containers_that_are_stopped_with_others_explain_little(
    codes: dict[str, int | None], last: str
) -> None:
    fake = FakeCloud()
    reader = EvidenceReader(fake.cloud, ["/camunda"])
    for name in codes:
        fake.services.logs[f"{name}/{name}/0a1b"] = (LogLine(START, f"{name}/{name}/0a1b", name),)
    states = tuple(ContainerState(name, "x", "STOPPED", code) for name, code in codes.items())
    found = reader.of_task(TaskState("arn:task/0a1b", "STOPPED", "core:2", states))
    assert found.log[-1].text == last
    killed = ContainerState("core", "x", "STOPPED", 137, "OutOfMemoryError: container killed")
    assert max(killed, ContainerState("sidecar", "x", "STOPPED", 143), key=weight) is killed
    trace = ("java.lang.IllegalStateException: no", "\tat com.example.A.b(A.java:1)")
    told = replaced(found, log=tuple(LogLine(START, "core/core/0a1b", line) for line in trace))
    judged = cause(Attempt(START, told))
    assert judged and judged.reason.startswith(f"container {last} exited")


def weight(container: ContainerState) -> tuple[int, str]:
    return container.weight


def test_levels_are_those_of_loggers() -> None:
    for text, has, bad in (
        (SHUTDOWN[0], True, False),
        (UNREACHABLE, True, False),
        (MEMORY, True, True),
        ("2026-11-28T10:00:00.779Z  WARN 1 --- [main] x : ERROR in y", True, False),
        ("NOTICE:  role exists", True, False),
        ("psql: FATAL: no", False, True),
        (PASSWORD, False, True),
        ("java.lang.NoClassDefFoundError: x/INFORMATION", False, True),
        ("", False, True),
    ):
        assert (leveled(text), severe(text)) == (has, bad), text
    for each in ("WARN", "ERROR"):
        line = LogLine(START, "core", event(each, "said"))
        assert replace_text(line).text.rstrip() == f"{each} said"


def logged(lines: Sequence[str]) -> tuple[LogLine, ...]:
    found = tuple(replace_text(LogLine(START, "core/core/0a1b", line)) for line in lines)
    return found[-READ:]


def evidence(lines: Sequence[str]) -> Evidence:
    return Evidence(
        task="0a1b",
        task_definition="core:2",
        stopped_reason="Essential container in task exited",
        containers=(ContainerState("core", "camunda/camunda", "STOPPED", 1),),
        log=telling(logged(lines)),
    )

"""What cannot succeed is not waited for; what passes by itself is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from camformation.cli import operation_view
from camformation.cli.fail_fast import FailFast
from camformation.cli.main import main
from camformation.cli.operation_view import OperationView
from camformation.cli.target import Connection
from camformation.deploy.cloud.errors import AccessDenied, Refused
from camformation.deploy.cloud.services import (
    ContainerState,
    LogLine,
    ServiceDeployment,
    ServiceState,
    TargetState,
    TaskState,
)
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.operation.attempts import Attempts
from camformation.deploy.operation.events import (
    Detached,
    Event,
    Evidence,
    Failure,
    Finished,
    Notice,
    Rollout,
)
from camformation.deploy.operation.evidence import EvidenceReader
from camformation.deploy.operation.interrupt import Choice, InterruptibleClock
from camformation.deploy.operation.record import Header, OperationRecord
from camformation.deploy.operation.signatures import recognised, said_of
from camformation.deploy.operation.verdict import Attempt, last_trace, passing, unplaced, verdict
from camformation.frozen import replaced
from camformation.report.deployment.diagnosis_text import diagnosis_text
from camformation.report.deployment.lines import DeployLines
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START, Step
from deploy.following import SERVICE_ARN, end, followed, of

REVISION = "arn:aws:ecs:eu-west-2:111122223333:task-definition/core:2"
DEPLOYMENT = "arn:aws:ecs:eu-west-2:111122223333:service-deployment/camunda-cluster/core/1"
EXITED = "Essential container in task exited"
NO_IMAGE = "CannotPullContainerError: failed to resolve ref camunda/camunda:9.9.9: not found"
NO_SECRET = (
    "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve "
    "secret from asm: ResourceNotFoundException: Secrets Manager can't find the specified secret."
)
NO_MOUNT = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: "
    "stderr: b'mount.nfs4: access denied by server while mounting fs-1:/'"
)
NO_CAPACITY = "Capacity is unavailable at this time. Please try again later"
UNRESOLVED = 'EFS utils: Failed to resolve "fs-0a1b.efs.eu-west-2.amazonaws.com"'
TRACE = """\
2026-11-28 12:00:{0} ERROR Application run failed for request {0}
java.lang.IllegalStateException: broker {0} has no name
\tat io.camunda.zeebe.broker.Broker.start(Broker.java:1{0})
\tat io.camunda.application.Main.main(Main.java:80)
Caused by: java.lang.NullPointerException: Cannot invoke "x{0}"
\tat io.camunda.zeebe.util.Names.of(Names.java:12)
\tat io.camunda.zeebe.broker.Broker.start(Broker.java:99)
\t... 5 more"""
PASSING = (
    "java.io.EOFException",
    "java.io.IOException: Connection reset by peer",
    "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
    "java.nio.channels.ClosedChannelException",
    "org.springframework.web.client.HttpServerErrorException$ServiceUnavailable: 503",
    "software.amazon.awssdk.services.s3.model.S3Exception: Please reduce your request rate.",
    "software.amazon.jdbc.plugin.failover.FailoverFailedSQLException: no writer",
    "org.postgresql.util.PSQLException: ERROR: deadlock detected",
    "org.springframework.dao.DataAccessResourceFailureException: x",
)
OTHER = TRACE.replace("Names.of", "Other.of")
NETWORK = TRACE.replace("java.lang.NullPointerException", "java.net.ConnectException")
LEASE = "Attempt to acquire the lease failed for all nodeIds, sleeping PT2S and retrying again"


def evidence(reason: str, log: str = "", code: int | None = None) -> Evidence:
    return Evidence(
        task="0a1b",
        task_definition=REVISION,
        stopped_reason=reason,
        containers=(ContainerState("core", "camunda/camunda", "STOPPED", code),),
        log=tuple(LogLine(START, "core", line) for line in log.splitlines()),
    )


def attempts(*found: Evidence, seconds: float = 40) -> list[Attempt]:
    return [
        Attempt(START + timedelta(seconds=number * seconds), each)
        for number, each in enumerate(found)
    ]


def crash(number: int, trace: str = TRACE, code: int = 1) -> Evidence:
    return evidence(EXITED, trace.format(number), code)


@pytest.mark.parametrize(
    "found",
    [
        [evidence(NO_IMAGE)] * 3,
        [evidence(NO_SECRET)] * 3,
        [evidence(NO_MOUNT)] * 3,
        [evidence(EXITED, "Failed to bind properties under 'camunda.x' to int", 1)] * 3,
        [crash(number) for number in (1, 2, 3)],
        [evidence(NO_CAPACITY), *[evidence(NO_IMAGE)] * 3],
        [crash(1), crash(1, OTHER), *[crash(1)] * 3],
    ],
)
def test_the_same_permanent_failure_three_times_is_a_verdict(found: list[Evidence]) -> None:
    assert verdict(attempts(*found))


@pytest.mark.parametrize(
    "found",
    [
        [],
        [evidence(NO_IMAGE)] * 2,
        [evidence(NO_IMAGE), evidence(NO_SECRET), evidence(NO_IMAGE)],
        [evidence(NO_IMAGE), evidence(NO_IMAGE), evidence(NO_CAPACITY)],
        [evidence(NO_CAPACITY)] * 9,
        [evidence(UNRESOLVED)] * 9,
        [evidence(EXITED, LEASE, 1)] * 9,
        [evidence(EXITED, "goodbye", 1)] * 9,  # nothing says that it is the same
        [evidence("Task failed ELB health checks in (target-group arn:x)")] * 9,
        [crash(number, NETWORK) for number in range(9)],
        [crash(1), crash(2, OTHER), crash(3)],
        [crash(1, code=1), crash(2, code=137), crash(3, code=1)],
        [crash(1, "FATAL: PAM authentication failed for user \"camunda\"")] * 9,
        [evidence(EXITED, TRACE.format(1), 0)] * 9,
        [crash(1, code=137)] * 9,  # killed, wherever it was
    ],
)  # fmt: skip
def test_whatever_else_may_pass(found: list[Evidence]) -> None:
    assert verdict(attempts(*found)) is None


@pytest.mark.parametrize("said", PASSING)
def test_traces_of_what_is_out_of_reach_may_pass(said: str) -> None:
    trace = TRACE.replace("java.lang.NullPointerException", said)
    assert verdict(attempts(*[crash(number, trace) for number in range(5)])) is None


def test_tasks_that_fail_together_count_no_more_than_one() -> None:
    assert verdict(attempts(*[evidence(NO_SECRET)] * 5, seconds=1)) is None


def test_what_ecs_says_of_tasks_that_it_cannot_start_counts_too() -> None:
    said = (
        "(service core) was unable to place a task. Reason: You've reached the limit on the "
        "number of vCPUs you can run concurrently."
    )
    found = [Attempt(START, said=said)]
    assert unplaced(found, START + timedelta(minutes=4)) is None  # it may be over soon
    assert unplaced(found, START + timedelta(minutes=5))  # ECS does not repeat itself
    passes = [Attempt(START, said=f"(service core) was unable to place a task: {NO_CAPACITY}")]
    assert unplaced(passes, START + timedelta(hours=1)) is None
    assert unplaced([], START) is None
    waits = passing([], [f"(service core) was unable to place a task. Reason: {NO_CAPACITY}."], [])
    assert waits and waits.key == "capacity"


@pytest.mark.parametrize(
    ("log", "name", "where"),
    [
        (TRACE.format(7), "NullPointerException", "io.camunda.zeebe.util.Names.of"),
        ("no trace", "exception", None),
        ("\tat a.b.C.d(C.java:1)\n\tat a.b.C.e(C.java)", "exception", "a.b.C.d"),
        (
            'Traceback (most recent call last):\n  File "/seed.py", line 3, in main\n    x()\n'
            "psycopg.OperationalError: server is gone",
            "psycopg.OperationalError",
            '/seed.py", line 3, in main',
        ),
    ],
)
def test_a_trace_is_told_by_its_root_cause(log: str, name: str, where: str | None) -> None:
    found, frames = last_trace(log.splitlines())
    assert (found, frames[0] if frames else None) == (name, where)


def test_ecs_is_stuck_only_until_it_starts_a_task() -> None:
    reader = EvidenceReader(FakeCloud().cloud)
    stuck = "(service core) was unable to place a task. Reason: The subnet 'subnet-1' has "
    stuck += "insufficient free IP addresses."
    later = START + timedelta(minutes=1)

    def judged(*events: tuple[datetime, str], wanted: int = 3) -> bool:
        own = ServiceDeployment("d", "PRIMARY", REVISION, wanted, 1, 0, 0, START, START)
        attempts = Attempts(reader, "c", "core", START)
        state = ServiceState(SERVICE_ARN, "core", "ACTIVE", wanted, 1, 0, (own,), events)
        attempts.read(state, later)
        return attempts.verdict(START + timedelta(minutes=9)) is not None

    assert judged((START, stuck))
    assert not judged((later, "(service core) has started 1 tasks: (task x)."), (START, stuck))
    assert not judged((START, stuck), wanted=1)
    assert not judged((START - timedelta(hours=1), stuck))  # of an earlier rollout


def test_the_health_check_says_more_than_that_the_task_failed_it() -> None:
    found = replaced(
        evidence("Task failed ELB health checks in (target-group arn:x)", code=143),
        targets=(
            TargetState(
                "10.0.0.1",
                8080,
                "unhealthy",
                "Target.ResponseCodeMismatch",
                "Health checks failed with these codes: [404]",
            ),
        ),
    )
    known = recognised(said_of(None, found, ()))
    assert known and known.key == "target-not-found"
    assert verdict(attempts(*[found] * 3))
    exited = replaced(found, stopped_reason=EXITED)
    known = recognised(said_of(None, exited, ()))
    assert known and known.key == "container-exited"


class Failing:
    """A service whose tasks fail, one every `every` seconds; `log` is what each one writes."""

    def __init__(
        self,
        fake: FakeCloud,
        reason: str,
        *,
        log: str = "",
        every: float = 30,
        running: Sequence[str] = (),
    ) -> None:
        self.fake, self.reason, self.every = fake, reason, every
        self.began = fake.clock.now()
        self.log = log
        fake.services.services = self.services  # type: ignore[method-assign]
        fake.services.tasks = self.tasks  # type: ignore[method-assign]
        self.running = tuple(LogLine(START, "core", each) for each in running)
        fake.services.logs["core/core/up"] = self.running
        self.denied: AccessDenied | None = None

    @property
    def count(self) -> int:
        return int((self.fake.clock.now() - self.began).total_seconds() / self.every)

    def services(self, cluster: str, names: Any) -> tuple[ServiceState, ...]:
        deployment = ServiceDeployment(
            "ecs-svc/2", "PRIMARY", REVISION, 3, 0, 3, self.count, self.began, self.began
        )
        return (
            ServiceState(
                SERVICE_ARN, "core", "ACTIVE", 3, 0, 3, (deployment,), (), DEPLOYMENT
            ),
        )  # fmt: skip

    def tasks(self, cluster: str, service: str, *, stopped: bool) -> tuple[TaskState, ...]:
        if self.denied:
            raise self.denied
        if not stopped:
            return (self.task("up", None),) if self.running else ()
        return tuple(self.task(f"t{each}", each) for each in range(self.count, 0, -1))

    def task(self, name: str, number: int | None) -> TaskState:
        if number is not None and self.log:
            lines = self.log.format(number).splitlines()
            stream = f"core/core/{name}"
            self.fake.services.logs[stream] = tuple(LogLine(START, stream, each) for each in lines)
        return TaskState(
            f"arn:aws:ecs:eu-west-2:111122223333:task/camunda-cluster/{name}",
            "STOPPED" if number is not None else "RUNNING",
            REVISION,
            (ContainerState("core", "camunda/camunda", "STOPPED", 1 if self.log else None),),
            stopped=self.began + timedelta(seconds=(number or 0) * self.every),
            stopped_reason=self.reason,
        )


def run(fake: FakeCloud, kind: str, choice: Choice | None, hours: float = 3) -> list[Event]:
    """An operation whose service CloudFormation waits for until ECS gives it up."""
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS" if kind == "CREATE" else "UPDATE_DONE")
    late = hours * 3600
    steps = [
        Step(0, f"{kind}_IN_PROGRESS"),
        Step(1, "CREATE_COMPLETE", "Log", "AWS::Logs::LogGroup", physical_id="/camunda"),
        service(2, f"{kind}_IN_PROGRESS"),
        service(late, f"{kind}_COMPLETE"),
        Step(late + 1, f"{kind}_COMPLETE"),
    ]
    asked: list[Failure] = []

    def give_up(kind: str, failure: Failure) -> Choice | None:
        asked.append(failure)
        return choice

    events = followed(fake, root, steps, kind, give_up=give_up)
    assert len(asked) <= 1  # the same question is not asked again
    return events


def service(at: float, status: str, reason: str | None = None) -> Step:
    return Step(at, status, "OrchestrationService", "AWS::ECS::Service", reason, "", SERVICE_ARN)


def cancelled(fake: FakeCloud) -> None:
    fake.stacks.operations.append(
        [
            Step(0, "UPDATE_ROLLBACK_IN_PROGRESS", reason="User Initiated"),
            service(1, "UPDATE_FAILED", "Resource update cancelled"),
            Step(30, "UPDATE_ROLLBACK_COMPLETE"),
        ]
    )


def minutes(fake: FakeCloud) -> float:
    return (fake.clock.now() - START).total_seconds() / 60


def test_an_update_is_cancelled_and_says_why() -> None:
    fake = FakeCloud()
    Failing(fake, NO_IMAGE)
    cancelled(fake)
    events = run(fake, "UPDATE", Choice.CANCEL)
    assert fake.services.called("stop_deployment") == [DEPLOYMENT]
    assert fake.stacks.called("cancel_update") == ["camunda"]
    assert minutes(fake) < 5
    last = end(events)
    assert (last.status, last.succeeded) == ("UPDATE_ROLLBACK_COMPLETE", False)
    (cause,) = last.failures
    assert cause.repeated >= 3 and cause.logical_id == "OrchestrationService"
    assert cause.evidence and cause.evidence.stopped_reason == NO_IMAGE
    codes = [each.code for each in of(Notice, events)]
    assert codes[:3] == ["CAM783", "CAM784", "CAM635"]
    assert len(of(Failure, events)) == 1


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_a_wait_that_is_left_deletes_nothing_and_says_why(kind: str) -> None:
    fake = FakeCloud()
    Failing(fake, EXITED, log=TRACE)
    events = run(fake, kind, Choice.DETACH)
    assert isinstance(events[-1], Detached) and events[-1].reason
    assert minutes(fake) < 5
    for never in ("cancel_update", "delete_stack"):
        assert not fake.stacks.called(never)
    assert not fake.services.called("stop_deployment")
    shown = diagnosis_text(diagnose(record(events, kind)))
    assert "is still running, but cannot succeed" in shown
    assert "NullPointerException at io.camunda.zeebe.util.Names.of" in shown


def test_a_creation_is_deleted_only_by_choice() -> None:
    fake = FakeCloud()
    Failing(fake, NO_SECRET)
    events = run(fake, "CREATE", Choice.DELETE)
    assert fake.stacks.called("delete_stack") == ["camunda"]
    assert end(events).failures[0].repeated
    assert not fake.services.called("stop_deployment")  # there is nothing to go back to


def test_failures_from_before_are_not_held_against_the_update_that_mends_them() -> None:
    fake = FakeCloud()
    fake.clock.sleep(3600)
    failing = Failing(fake, NO_IMAGE, every=60)
    fake.clock.sleep(600)
    stopped = failing.tasks("c", "core", stopped=True)
    fake.services.tasks = lambda *_, **__: stopped  # type: ignore[method-assign]
    events = run(fake, "UPDATE", Choice.CANCEL, hours=0.5)
    assert len(stopped) == 10 and end(events).succeeded and not of(Notice, events)


@pytest.mark.parametrize("choice", [None, Choice.CONTINUE])
def test_whoever_wants_to_wait_on_is_told_once(choice: Choice | None) -> None:
    fake = FakeCloud()
    Failing(fake, NO_IMAGE)
    events = run(fake, "UPDATE", choice, hours=0.5)
    assert end(events).succeeded
    assert [each.code for each in of(Notice, events)].count("CAM783") == 1
    assert not of(Failure, events)


def test_an_order_that_is_refused_ends_the_wait_all_the_same() -> None:
    fake = FakeCloud()
    Failing(fake, NO_IMAGE)
    fake.stacks.fail(
        "cancel_update", Refused("CAM602", "it is not being updated", None, "ValidationError")
    )
    fake.services.fail("stop_deployment", AccessDenied("CAM603", "not allowed", "allow it"))
    events = run(fake, "UPDATE", Choice.CANCEL)
    assert isinstance(events[-1], Detached)
    said = [each.message for each in of(Notice, events)]
    assert any("cannot stop the deployment of core: not allowed" in each for each in said)
    assert any("not possible now" in each for each in said)


def test_a_failure_that_passes_is_waited_for_and_the_reason_shown() -> None:
    fake = FakeCloud()
    Failing(fake, NO_CAPACITY)
    events = run(fake, "UPDATE", Choice.CANCEL, hours=0.5)
    assert end(events).succeeded and not of(Notice, events)
    assert of(Rollout, events)[-1].waits_for
    written: list[str] = []
    view = DeployLines(written.append)
    for each in events:
        view.show(each)
    lines = [line for line in written if "passes by itself" in line]
    assert len(lines) == 1 and "no capacity left in that zone" in lines[0]


def test_the_logs_of_tasks_that_run_say_what_they_wait_for() -> None:
    fake = FakeCloud()
    Failing(fake, NO_IMAGE, every=1e9, running=[LEASE])
    events = run(fake, "UPDATE", Choice.CANCEL, hours=0.1)
    waits = {each.waits_for for each in of(Rollout, events)}
    assert "a broker waits for a free lease in the node-id bucket" in waits


def test_stopped_tasks_that_may_not_be_read_are_told_once_and_nothing_is_decided() -> None:
    fake = FakeCloud()
    failing = Failing(fake, NO_IMAGE)
    failing.denied = AccessDenied("CAM603", "not allowed", "the role needs ecs:ListTasks")
    events = run(fake, "UPDATE", Choice.CANCEL, hours=0.5)
    assert end(events).succeeded
    (notice,) = of(Notice, events)
    assert notice.code == "CAM631" and "ecs:ListTasks" in str(notice.hint)


def test_a_later_diagnosis_knows_why_the_update_was_cancelled() -> None:
    """CloudFormation says only that somebody cancelled it."""
    fake = FakeCloud()
    Failing(fake, NO_IMAGE)
    cancelled(fake)
    seen = record(run(fake, "UPDATE", Choice.CANCEL), "UPDATE")
    root = seen.header.stack_id
    theirs = Failure(
        time=START,
        component="root",
        logical_id="camunda",
        type="AWS::CloudFormation::Stack",
        status="UPDATE_ROLLBACK_IN_PROGRESS",
        reason="User Initiated",
        physical_id=root,
    )
    ended = Finished(
        time=START,
        stack="camunda",
        stack_id=root,
        status="UPDATE_ROLLBACK_COMPLETE",
        succeeded=False,
        elapsed=1.0,
        failures=(theirs,),
    )
    (cause,) = diagnose(OperationRecord(seen.header, (ended,)).completed(seen)).causes
    assert cause.failure.repeated and cause.known and cause.known.key == "image-not-found"


@pytest.mark.parametrize(
    ("fail_fast", "terminal", "kind", "answer"),
    [
        (FailFast(None), False, "UPDATE", Choice.CANCEL),
        (FailFast(None), False, "CREATE", Choice.DETACH),
        (FailFast(None), True, "UPDATE", Choice.CONTINUE),  # as somebody answers
        (FailFast(None, asks=False), True, "UPDATE", Choice.CANCEL),  # deploy --yes
        (FailFast(None, cancels=False), False, "UPDATE", Choice.DETACH),  # watch
        (FailFast(True, cancels=False), False, "UPDATE", Choice.CANCEL),
        (FailFast(True), True, "UPDATE", Choice.CANCEL),
        (FailFast(True), True, "CREATE", Choice.DETACH),
        (FailFast(False), True, "UPDATE", None),
        (FailFast(False), False, "CREATE", None),
    ],
)
def test_somebody_is_asked_on_a_terminal_and_the_option_decides_elsewhere(
    fail_fast: FailFast,
    terminal: bool,
    kind: str,
    answer: Choice | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operation_view, "interactive", lambda: terminal)
    monkeypatch.setattr(operation_view, "_asked", lambda kind, what: Choice.CONTINUE)
    view = OperationView(as_json=False, quiet=True)
    failure = Failure(
        time=START, component="a", logical_id="B", type="C", status="D", reason="E", repeated=3
    )
    assert view.giving_up(fail_fast)(kind, failure) is answer


@pytest.mark.parametrize("options", [[], ["--fail-fast"]])
def test_watching_without_a_terminal_cancels_only_if_told_to(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "CREATE_COMPLETE")
    fake.stacks.play(root, [Step(0, "UPDATE_IN_PROGRESS"), service(2, "UPDATE_IN_PROGRESS")])
    Failing(fake, NO_IMAGE)
    cancelled(fake)

    class Clock(InterruptibleClock):
        now = staticmethod(fake.clock.now)
        sleep = staticmethod(fake.clock.sleep)

    @contextmanager
    def connected(*_: Any) -> Iterator[Connection]:
        yield Connection(fake.cloud, Caller("111122223333", "arn:aws:iam::111122223333:user/anna"))

    monkeypatch.setattr("camformation.cli.target.connected", connected)
    monkeypatch.setattr("camformation.cli.operation_view.InterruptibleClock", Clock)
    assert main(["watch", "camunda", *options]) == 1
    out = capsys.readouterr().out
    assert bool(fake.stacks.called("cancel_update")) is bool(options)
    assert "OrchestrationService cannot succeed: its tasks failed 3 times in a row" in out
    assert "meaning: the image or its tag does not exist in the registry" in out


def record(events: list[Event], kind: str) -> OperationRecord:
    stack_id = next(each.stack_id for each in events if isinstance(each, Finished | Detached))
    header = Header(
        id="1",
        kind=kind,
        began=START,
        stack="camunda",
        stack_id=stack_id,
        account="111122223333",
        region="eu-west-2",
    )
    return OperationRecord(header, tuple(events))

"""The record of an operation: written while it runs, bounded, without secrets."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from camformation.cli.operation_folders import (
    KEPT,
    OperationFolder,
    headers,
    read_folder,
    records_folder,
    stack_folder,
)
from camformation.cli.options import Where
from camformation.deploy.cloud.errors import AccessDenied, Refused
from camformation.deploy.cloud.services import ContainerState, DeniedCall, LogLine, TargetState
from camformation.deploy.diagnosis.bundle import bundled, unbundled
from camformation.deploy.operation.events import (
    Denied,
    Event,
    Failure,
    Finished,
    Notice,
    Progress,
    ResourceEvent,
    Started,
)
from camformation.deploy.operation.record import Header, OperationRecord, operation_id
from camformation.deploy.operation.recorder import ROOM, ROOM_AT_END, Recorder
from camformation.deploy.operation.watch import watch
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START, Step
from deploy.test_diagnosis import GROUP, failed_creation
from deploy.test_record import failure, finished, header, notice

STACK_ID = "arn:aws:cloudformation:eu-west-2:1:stack/camunda/1"


class Kept:
    """A journal in memory."""

    def __init__(self) -> None:
        self.header: Header | None = None
        self.lines: list[str] = []

    def begin(self, header: Header) -> None:
        self.header = header

    def write(self, line: str) -> None:
        self.lines.append(line)


class Full(Kept):
    """A journal on a full disk."""

    def write(self, line: str) -> None:
        raise OSError(28, "No space left on device", "/state/events.jsonl")


def of_stack(status: str = "CREATE_IN_PROGRESS", reason: str | None = None) -> ResourceEvent:
    return ResourceEvent(
        time=START,
        component="root",
        logical_id="camunda",
        type="AWS::CloudFormation::Stack",
        status=status,
        reason=reason,
        physical_id=STACK_ID,
        of_stack=True,
    )


def started() -> Started:
    return Started(time=START, stack="camunda", stack_id=STACK_ID, kind="CREATE")


def events() -> list[Event]:
    return [
        started(),
        of_stack(),
        notice(3),
        failure(5, "Cluster"),
        finished(failure(5, "Cluster")),
    ]


def about() -> Header:
    return header(id="", kind="UPDATE", stack_id="", version="8.10")


def test_events_pass_and_are_written() -> None:
    journal = Kept()
    assert list(Recorder(journal, about()).recorded(events())) == events()
    assert journal.header
    assert (journal.header.id, journal.header.kind) == ("20260105T120000.000Z-create", "CREATE")
    assert (journal.header.stack_id, journal.header.version) == (STACK_ID, "8.10")
    kinds = [json.loads(line)["event"] for line in journal.lines]
    assert kinds == ["started", "resource", "notice", "failure", "finished"]


def test_what_passes_at_once_is_not_written() -> None:
    journal = Kept()
    progress = Progress(time=START, began=START, stacks=(), waiting=())
    given: list[Event] = [*events()[:2], progress, *events()[2:]]
    assert list(Recorder(journal, about()).recorded(given)) == given
    assert len(journal.lines) == 5


def test_a_deployment_without_changes_leaves_no_record() -> None:
    journal = Kept()
    list(Recorder(journal, about()).recorded([replace(finished(), changed=False)]))
    assert journal.header is None


def test_an_operation_that_is_never_begun_is_recorded_at_its_end() -> None:
    journal = Kept()
    list(Recorder(journal, about()).recorded([started(), finished()]))
    assert journal.header and len(journal.lines) == 2


def test_a_full_disk_is_told_once_and_disturbs_nothing() -> None:
    found = list(Recorder(Full(), about()).recorded(events()))
    told = [each for each in found if isinstance(each, Notice) and each.code == "CAM776"]
    assert len(told) == 1
    assert "No space left on device /state/events.jsonl" in told[0].message
    assert [each for each in found if each not in told] == events()


def test_secrets_are_not_written() -> None:
    journal = Kept()
    secret = replace(failure(5, "Seed"), reason="psql: PGPASSWORD=hunter2 failed")
    list(Recorder(journal, about()).recorded([started(), of_stack(), secret]))
    assert "hunter2" not in "".join(journal.lines)


def test_a_record_is_bounded_and_keeps_the_end() -> None:
    journal = Kept()
    many = [of_stack(reason="x" * 10_000) for _ in range(600)]
    list(Recorder(journal, about()).recorded([started(), *many, *events()[2:]]))
    size = sum(map(len, journal.lines))
    assert size + 20_000 > ROOM and size < ROOM_AT_END
    assert [json.loads(line)["event"] for line in journal.lines[-3:]] == [
        "notice",
        "failure",
        "finished",
    ]


def test_the_folder_is_the_users_own_and_survives_a_kill(tmp_path: Path) -> None:
    base = tmp_path / "state" / "operations"
    folder = OperationFolder(base)
    recorder = Recorder(folder, about())
    running = recorder.recorded(events())
    for _ in range(4):  # then the process is killed: nothing is closed
        next(running)
    place = stack_folder(base, "eu-west-2", "1", "camunda") / "20260105T120000.000Z-create"
    assert read_folder(place).events == tuple(events()[:4])
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "events.jsonl").stat().st_mode) == 0o600
    folder.close()


def test_two_followers_write_beside_each_other(tmp_path: Path) -> None:
    for part in (events()[:3], events()):
        folder = OperationFolder(tmp_path)
        list(Recorder(folder, about()).recorded(part))
        folder.close()
    (found,) = headers(tmp_path)
    place = stack_folder(tmp_path, "eu-west-2", "1", "camunda") / found.id
    assert sorted(each.name for each in place.iterdir()) == [
        "events-2.jsonl",
        "events.jsonl",
        "operation.json",
    ]
    assert read_folder(place).events == tuple(events())


def test_old_records_are_removed(tmp_path: Path) -> None:
    for day in range(1, KEPT + 6):
        folder = OperationFolder(tmp_path)
        began = START.replace(day=day)
        list(Recorder(folder, about()).recorded([replace(of_stack(), time=began)]))
        if day == 1:  # not of a root stack that is known: nothing was begun
            assert headers(tmp_path) == ()
        list(
            Recorder(folder, about()).recorded(
                [started(), replace(of_stack(), time=began), replace(finished(), time=began)]
            )
        )
        folder.close()
    left = headers(tmp_path)
    assert len(left) == KEPT
    assert left[0].began.day == KEPT + 5


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    assert stack_folder(tmp_path, "..", "../..", "a/../../b").parent.parent.parent == tmp_path


def test_what_is_no_record_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "operation.json").write_text("[" * 100_000, "utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "operation.json").write_text("{}", "utf-8")
    assert headers(tmp_path) == ()
    with pytest.raises(ValueError, match="has no"):
        read_folder(tmp_path / "b")


def test_the_folder_follows_the_users_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    where = Where(None, None, None, local=False, local_state=None)
    assert records_folder(where) == tmp_path / "camformation" / "operations"
    local = Where(None, None, None, local=True, local_state=tmp_path / "here")
    assert records_folder(local) == tmp_path / "here" / "operations"


def followed_failure(fake: FakeCloud) -> list[Event]:
    """Follow a creation whose brokers do not start, with everything there is to see."""
    failed_creation(fake)
    return list(watch(fake.cloud, fake.clock, "camunda"))


def test_denied_calls_and_targets_are_evidence() -> None:
    fake = FakeCloud()
    call = DeniedCall(START, "ecr:GetAuthorizationToken", "arn:aws:sts::1:x", "AccessDenied", "no")
    fake.trail.events.append(call)
    found = followed_failure(fake)
    assert [each.calls for each in found if isinstance(each, Denied)] == [(call,)]


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("CAM603", "cloudtrail:LookupEvents is denied", "allow it"),
        Refused("CAM607", "there is no CloudTrail here", None, "UnknownOperation"),
    ],
)
def test_cloudtrail_that_cannot_be_read_changes_nothing(error: Exception) -> None:
    fake = FakeCloud()
    fake.trail.fail("denied", error)
    found = followed_failure(fake)
    assert isinstance(found[-1], Finished)
    told = [each for each in found if isinstance(each, Notice) and "CloudTrail" in each.message]
    assert bool(told) is isinstance(error, AccessDenied)


def running_failure(fake: FakeCloud, arn: str = "") -> Iterator[Event]:
    """Follow a creation while the service is still there."""
    from deploy.following import SERVICE_ARN, followed
    from deploy.test_rollout import event, rollout, service, stopped

    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.services.states["core"] = service(rollout(failed=1))
    task = stopped("Essential container in task exited")
    containers = (
        ContainerState("init", "busybox", "STOPPED", 0),
        ContainerState("sidecar", "x", "STOPPED", 2),
        ContainerState("core", "camunda/camunda", "STOPPED", 1),
    )
    fake.services.stopped["core"] = (replace(task, containers=containers),)
    for name in ("init", "sidecar", "core"):
        stream = f"{name}/{name}/abc"
        fake.services.logs[stream] = (LogLine(START, stream, f"{name} password=hunter2"),)
    group = "arn:aws:elasticloadbalancing:eu-west-2:1:targetgroup/rest/1"
    bad = TargetState("10.0.0.1", 8080, "unhealthy", "Target.Timeout", "Request timed out")
    fake.targets.groups[group] = (bad, bad, TargetState("10.0.0.2", 8080, "healthy"))
    seed = ("DatabaseSeed", "Custom::DatabaseSeed")
    yield from followed(
        fake,
        root,
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(1, "CREATE_COMPLETE", "Logs", "AWS::Logs::LogGroup", physical_id=GROUP),
            Step(1, "CREATE_COMPLETE", "SeedLogGroup", "AWS::Logs::LogGroup", physical_id="/seed"),
            Step(
                1,
                "CREATE_COMPLETE",
                "RestTargetGroup",
                "AWS::ElasticLoadBalancingV2::TargetGroup",
                physical_id=group,
            ),
            event(2, "CREATE_IN_PROGRESS"),
            Step(9, "CREATE_FAILED", *seed, "the seed failed"),
            event(20, "CREATE_FAILED", "ECS Deployment Circuit Breaker was triggered"),
            Step(21, "ROLLBACK_IN_PROGRESS"),
            Step(30, "ROLLBACK_COMPLETE"),
        ],
    )
    assert SERVICE_ARN


def test_each_failed_container_the_targets_and_the_seed_leave_evidence() -> None:
    fake = FakeCloud()
    found = [each for each in running_failure(fake) if isinstance(each, Failure)]
    seed = next(each for each in found if each.logical_id == "DatabaseSeed")
    service = next(each for each in found if each.logical_id == "OrchestrationService")
    assert service.evidence
    assert [line.stream for line in service.evidence.log] == [
        "core/core/abc",
        "sidecar/sidecar/abc",
    ]
    assert [each.reason for each in service.evidence.targets] == ["Target.Timeout"]
    assert seed.output and seed.output.group == "/seed"
    assert "hunter2" not in str(found)


def test_what_may_not_be_read_is_named_once() -> None:
    fake = FakeCloud()
    denied = AccessDenied("CAM603", "elasticloadbalancing:DescribeTargetHealth is denied", None)
    fake.targets.fail("health", *[denied] * 9)
    fake.services.fail("log_streams", *[AccessDenied("CAM603", "logs is denied", None)] * 9)
    found = list(running_failure(fake))
    told = [each.message for each in found if isinstance(each, Notice)]
    assert sorted(told) == [
        "cannot read the seed's log: logs is denied",
        "cannot read the targets' health: elasticloadbalancing:DescribeTargetHealth is denied",
    ]


def test_a_bundle_comes_back_the_same_bytes_the_same_record() -> None:
    record = OperationRecord(header(), tuple(events()))
    data = bundled(record, "the report")
    assert data == bundled(record, "the report")
    assert unbundled(data) == record


def test_a_bundle_holds_no_secrets() -> None:
    secret = replace(failure(5, "Seed"), reason="psql: PGPASSWORD=hunter2 failed")
    data = bundled(OperationRecord(header(), (secret,)), f"the report: {secret.reason}")
    (found,) = unbundled(data).failures
    assert found.reason == "psql: PGPASSWORD=(hidden) failed"
    with ZipFile(BytesIO(data)) as archive:
        texts = [archive.read(name) for name in archive.namelist()]
    assert not [text for text in texts if b"hunter2" in text]


def test_a_damaged_bundle_is_refused_or_read() -> None:
    data = bundled(OperationRecord(header(), tuple(events())), "the report")
    refused = 0
    for place in range(0, len(data), 3):
        damaged = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        try:
            unbundled(damaged)
        except ValueError:
            refused += 1
    assert refused > len(data) / 12


def test_a_bundle_whose_header_nests_too_deep_is_refused() -> None:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("1/operation.json", "[" * 100_000)
    with pytest.raises(ValueError, match="not a bundle"):
        unbundled(file.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no", os.urandom(500)])
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a bundle"):
        unbundled(data)


def test_a_record_completes_what_aws_forgot() -> None:
    fake = FakeCloud()
    seen = OperationRecord(header(), tuple(running_failure(fake)))
    known = [replace(each, evidence=None, output=None, service_events=()) for each in seen.failures]
    afterwards = OperationRecord(header(stack_id="arn"), (finished(*known),))
    found = {each.logical_id: each for each in afterwards.completed(seen).failures}
    assert found["OrchestrationService"].evidence == seen.rollouts[-1].evidence
    assert found["DatabaseSeed"].output


def test_operations_of_one_second_have_records_of_their_own() -> None:
    """The protection of a first deployment ends at once, and the next update may begin then."""
    began = datetime(2026, 1, 5, 12, 0, 0, 7_000, UTC)
    first, second = (operation_id(began + timedelta(milliseconds=n), "UPDATE") for n in (0, 1))
    assert (first, second) == ("20260105T120000.007Z-update", "20260105T120000.008Z-update")
    assert first < second < operation_id(began + timedelta(seconds=1), "CREATE")

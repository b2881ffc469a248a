"""A fleet's deployment is recorded with what failed stacks say, and explained afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from camformation.cli import fleet_history
from camformation.cli.fleet_records import (
    FleetFolder,
    fleet_record,
    fleet_recording,
    fleet_records,
    read_fleet_folder,
)
from camformation.cli.fleets import FleetSubject
from camformation.cli.main import main
from camformation.cli.options import Where
from camformation.cli.target import Connection
from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.diagnosis.reading import read_record
from camformation.deploy.fleet.bundle import bundled_fleet, unbundled_fleet
from camformation.deploy.fleet.deployment import deploy
from camformation.deploy.fleet.event_data import fleet_event_data, fleet_event_of
from camformation.deploy.fleet.events import FleetEvent, InstanceFailed, Stopped, WaveProgress
from camformation.deploy.fleet.record import FLEET
from camformation.deploy.fleet.recorder import EACH, STACKS, FleetRecorder
from camformation.deploy.operation.events import Notice
from camformation.deploy.operation.record import Header, OperationRecord
from camformation.report.fleet.diagnosis_text import fleet_diagnosis_json, fleet_diagnosis_text
from deploy.fake_cloud import FakeCloud
from deploy.test_diagnosis import CALLER, failed_creation
from fleet.simulated import LONDON, NAME, NEWER, Fleet, account, target

QUOTA = "ResourceLogicalId:NatEip1, ResourceType:AWS::EC2::EIP, ResourceStatusReason:The maximum "
QUOTA += "number of addresses has been reached. (Service: Ec2, Status Code: 400)"
WHERE = Where(profile=None, region=None, role_arn=None, local=False, local_state=None)
ABOUT = FleetSubject(NAME, LONDON, None, "SELF")


def failing(number: int = 3, reason: str = QUOTA) -> Fleet:
    """Return a fleet all of whose stacks will fail."""
    fleet = Fleet([target(each) for each in range(1, number + 1)])
    fleet.sets.failing = {account(each): reason for each in range(1, number + 1)}
    return fleet


def failing_update() -> Fleet:
    """Return a fleet whose stacks exist, and whose update will fail."""
    fleet = Fleet([target(1), target(2)])
    fleet.deploy()
    fleet.sets.failing = {account(1): QUOTA, account(2): QUOTA}
    return fleet.wants(NEWER)


def member_record() -> OperationRecord:
    """Return the record of a stack in a member account."""
    fake = FakeCloud()
    failed_creation(fake)
    return read_record(fake.cloud, CALLER, "camunda", fake.clock.now())


def header(fleet: Fleet) -> Header:
    return Header(
        id="",
        kind=FLEET,
        began=fleet.clock.now(),
        stack=NAME,
        stack_id="",
        account=CALLER.account,
        region=LONDON,
    )


def recorded(fleet: Fleet, base: Path, look: Any) -> tuple[list[FleetEvent], FleetFolder]:
    """Deploy a fleet, recorded below a folder; return its events, and the folder."""
    folder = FleetFolder(base)
    recorder = FleetRecorder(folder, header(fleet), look, fleet.clock)
    events = list(recorder.recorded(deploy(fleet.sets, fleet.clock, fleet.plan())))
    folder.close()
    return events, folder


def test_a_deployment_is_written_with_the_records_of_a_few_failed_stacks(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    told = member_record()

    def look(number: str, region: str) -> OperationRecord:
        asked.append((number, region))
        return told

    events, folder = recorded(failing(5), tmp_path, look)
    assert isinstance(events[-1], Stopped)
    assert folder.folder is not None
    found = read_fleet_folder(folder.folder)
    assert found.events == tuple(each for each in events if not isinstance(each, WaveProgress))
    assert found.succeeded is False and len(found.failures) == 5
    assert [(each.cause.key, len(each.places)) for each in found.causes] == [("eip-quota", 5)]
    assert len(asked) == EACH, "stacks that fail alike say the same"
    assert set(found.stacks) == set(asked)
    causes = [diagnose(each).causes[0].known for each in found.stacks.values()]
    assert [each and each.key for each in causes] == ["database-iam"] * EACH
    assert folder.folder.stat().st_mode & 0o077 == 0
    text = fleet_diagnosis_text(found)
    assert "eip" in text.lower() and "PAM authentication failed" in text
    data = json.loads(fleet_diagnosis_json(found))
    assert data["succeeded"] is False and len(data["stacks"]) == EACH


def test_no_more_stacks_are_read_than_say_anything_new(tmp_path: Path) -> None:
    fleet = failing(STACKS + 4)
    fleet.sets.failing = {
        account(each): f"Something new happened in part {each * 7919:x}" for each in range(1, 11)
    }
    asked: list[str] = []

    def look(number: str, region: str) -> OperationRecord:
        asked.append(number)
        return member_record()

    recorded(fleet, tmp_path, look)
    assert 0 < len(asked) <= STACKS


def test_a_permission_that_is_missing_in_an_account_is_named_once(tmp_path: Path) -> None:
    def look(number: str, region: str) -> OperationRecord:
        message = "no permission: sts:AssumeRole on arn:aws:iam::1:role/Reader"
        raise AccessDenied("CAM601", message, "ask for it")

    events, folder = recorded(failing(3), tmp_path, look)
    notices = [each for each in events if isinstance(each, Notice)]
    assert [each.code for each in notices] == ["CAM631"]
    assert "sts:AssumeRole" in notices[0].message
    assert folder.folder is not None
    found = read_fleet_folder(folder.folder)
    assert found.notices == tuple(notices) and not found.stacks
    assert "not read: cannot read the stack in" in fleet_diagnosis_text(found)


def test_a_record_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", "utf-8")
    events, _ = recorded(failing(1), file, lambda *_: member_record())
    assert [each.code for each in events if isinstance(each, Notice)] == ["CAM776"]
    assert isinstance(events[-1], Stopped)


def test_a_killed_recorder_leaves_what_it_has_seen(tmp_path: Path) -> None:
    fleet = failing(2)
    folder = FleetFolder(tmp_path)
    recorder = FleetRecorder(folder, header(fleet), lambda *_: member_record(), fleet.clock)
    for event in recorder.recorded(deploy(fleet.sets, fleet.clock, fleet.plan())):
        if isinstance(event, InstanceFailed):
            break
    folder.close()
    assert folder.folder is not None
    file = folder.folder / "events.jsonl"
    file.write_text(file.read_text("utf-8") + '{"event": "insta', "utf-8")
    found = read_fleet_folder(folder.folder)
    assert found.end is None and found.succeeded is None and len(found.failures) == 1


def test_every_event_survives_its_way_through_json() -> None:
    for fleet in (failing(2), Fleet([target(1), target(2)])):
        for event in deploy(fleet.sets, fleet.clock, fleet.plan()):
            data = json.loads(json.dumps(fleet_event_data(event)))
            assert fleet_event_of(data) == event
    assert fleet_event_of({"event": "of a later version"}) is None


def at(fleet: Fleet) -> Connection:
    return Connection(fleet.fake.cloud, CALLER)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_history_and_diagnosis_find_the_record_of_this_machine(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = failing_update()
    with fleet_recording(WHERE, at(fleet), ABOUT, fleet.clock, None) as recorder:
        list(recorder.recorded(deploy(fleet.sets, fleet.clock, fleet.plan())))
    (record,) = fleet_records(WHERE, at(fleet), NAME)
    assert record.header.kind == FLEET and recorder.failures == 2
    assert "--read-role" in str(record.notices[0].hint), "there is no role to assume"

    found = fleet_record(WHERE, at(fleet), ABOUT, None, None)
    assert found == record
    (operation,) = record.operations
    assert fleet_record(WHERE, at(fleet), ABOUT, operation, None) == record

    @contextmanager
    def connected(where: Where, about: FleetSubject) -> Iterator[Connection]:
        yield at(fleet)

    monkeypatch.setattr(fleet_history, "connected", connected)
    assert main(["fleet", "history", NAME]) == 0
    assert record.header.id in capsys.readouterr().out
    assert main(["fleet", "history", NAME, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    deployments = [each["deployment"] for each in data["operations"]]
    assert deployments[0] == record.header.id and deployments[-1] is None
    assert main(["fleet", "diagnose", NAME]) == 1
    assert "Elastic IP" in capsys.readouterr().out
    assert main(["fleet", "diagnose", NAME, "--operation", "nothing"]) == 1
    assert "fleet history" in capsys.readouterr().err


def test_a_bundle_is_read_without_aws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, folder = recorded(failing(3), tmp_path / "records", lambda *_: member_record())
    assert folder.folder is not None
    file = tmp_path / "fleet.zip"
    assert main(["diagnose", "--from", str(folder.folder), "--bundle", str(file)]) == 1
    first = capsys.readouterr().out
    assert "PAM authentication failed" in first
    assert main(["diagnose", "--from", str(file)]) == 1
    assert capsys.readouterr().out == first
    found = unbundled_fleet(file.read_bytes())
    assert found == read_fleet_folder(folder.folder)
    assert bundled_fleet(found, "x") == bundled_fleet(found, "x")
    assert main(["diagnose", "--from", str(folder.folder / "stacks" / f"{account(1)}_{LONDON}")])
    assert "OrchestrationService" in capsys.readouterr().out
    for broken in (b"", b"PK", file.read_bytes()[:300]):
        with pytest.raises(ValueError, match="bundle"):
            unbundled_fleet(broken)


def test_without_a_record_the_last_operation_is_read_from_aws(state: Path) -> None:
    fleet = failing(2)
    list(deploy(fleet.sets, fleet.clock, fleet.plan()))
    found = fleet_record(WHERE, at(fleet), ABOUT, None, None)
    assert found.succeeded is False and len(found.failures) == 2
    assert found.causes[0].cause.key == "eip-quota"
    assert [each.code for each in found.notices] == ["CAM631"]

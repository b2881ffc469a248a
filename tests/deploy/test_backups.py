"""Backups and exporting, against a simulated cluster over HTTP: both ports, slow, failing, cut."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from camformation.deploy.cloud.cluster import Backup, BackupRange
from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.services import DatabaseSnapshot
from camformation.deploy.live_stack.backups import Restorable, faults, newest, read_restorable
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.management import Management
from camformation.deploy.local.camunda_server import SimulatedCamunda
from camformation.deploy.operation.backup import Backups
from camformation.deploy.operation.exporting import change_exporting
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.service_moves import Move, MoveEnded
from camformation.report.deployment.backups_text import backups_json, backups_text, verdict_text
from deploy.fake_cloud import FakeCloud, FakeDatabases
from deploy.live import live
from deploy.simulated_camunda import camunda as camunda
from deploy.simulated_camunda import managed

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def fake() -> FakeCloud:
    fake = FakeCloud()
    live(fake)
    return fake


@pytest.fixture(params=[True, False], ids=["8080", "9600"])
def management(request: pytest.FixtureRequest, camunda: SimulatedCamunda) -> Management:
    return managed(camunda, rest=request.param)


def taken(
    fake: FakeCloud,
    management: Management,
    control: Callable[[str], Choice | None] = lambda _: None,
    **more: Any,
) -> list[Move]:
    backups = Backups(fake.cloud, management, fake.clock, control)
    wish = {"numbered": False, "cluster": None, "snapshot": None, **more}
    return list(backups.take(**wish))


def end(events: list[Move]) -> MoveEnded:
    assert isinstance(events[-1], MoveEnded)
    return events[-1]


def test_a_backup_is_waited_for(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda
) -> None:
    camunda.backups.slow = 3
    done = end(taken(fake, management))
    assert done.succeeded and "of 3 partitions" in done.message
    assert len(camunda.backups.taken) == 1 and len(fake.clock.slept) >= 3


def test_brokers_without_a_schedule_are_given_a_number(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda
) -> None:
    camunda.backups.generated = False
    with pytest.raises(DeployError):
        taken(fake, management)
    taken(fake, management, numbered=True)
    [number] = camunda.backups.taken
    assert number == int(AT.timestamp() * 1000)


def test_a_backup_that_fails_is_told(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda
) -> None:
    camunda.backups.failing = 1
    with pytest.raises(DeployError, match="FAILED: The store could not be written") as error:
        taken(fake, management)
    assert error.value.code == "CAM773"


def test_a_broker_that_is_away_for_a_while_is_asked_again(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda
) -> None:
    def control(_: str) -> Choice | None:
        if not camunda.failing and len(fake.clock.slept) == 1:
            camunda.failing = [503, 504]
        return None

    camunda.backups.slow = 2
    assert end(taken(fake, management, control)).succeeded


def test_the_database_first(fake: FakeCloud, management: Management) -> None:
    order: list[str] = []

    class Slow(FakeDatabases):
        def create_snapshot(self, cluster: str, snapshot: str) -> None:
            super().create_snapshot(cluster, snapshot)
            order.append("snapshot")
            self.taken[-1] = replace(self.taken[-1], status="creating")

        def snapshots(self, cluster: str) -> tuple[DatabaseSnapshot, ...]:
            if len(fake.clock.slept) >= 2:
                self.taken[-1] = replace(self.taken[-1], status="available")
            return super().snapshots(cluster)

    fake.databases = Slow(fake.clock)
    fake.cloud = replace(fake.cloud, databases=fake.databases)
    done = end(taken(fake, management, cluster="a", snapshot="a-backup"))
    assert "snapshot a-backup" in done.message
    leave = iter([Choice.DETACH])
    fake.clock.slept.clear()
    done = end(taken(fake, management, lambda _: next(leave), cluster="a", snapshot="a-2"))
    assert done.left and "brokers have not started a backup" in str(done.hint)


def test_whoever_leaves_leaves_the_backup_to_brokers(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda
) -> None:
    camunda.backups.slow = 100
    leave = iter([None, Choice.DETACH])
    done = end(taken(fake, management, lambda _: next(leave)))
    assert done.left and "backup list" in str(done.hint)
    assert len(camunda.backups.taken) == 1


def test_a_backup_is_deleted(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda
) -> None:
    taken(fake, management)
    [number] = camunda.backups.taken
    assert end(list(Backups(fake.cloud, management, fake.clock).delete(number))).succeeded
    assert not camunda.backups.taken


def test_what_can_be_restored_is_what_brokers_and_database_share(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda
) -> None:
    camunda.cluster.now = lambda: AT
    taken(fake, management)
    camunda.cluster.now = lambda: AT + 2 * HOUR
    taken(fake, management)
    [(name, cluster)] = fake.databases.clusters.items()
    fake.databases.clusters[name] = replace(cluster, earliest=AT + HOUR, latest=AT + 5 * HOUR)
    fake.databases.create_snapshot(name, "kept")
    found = read_restorable(fake.cloud, management, require_deployed(fake.stacks, "camunda"))
    assert found.window == (AT + HOUR, AT + 2 * HOUR)
    assert found.partitions == 3 and len(found.backups) == 2 and not found.unknown
    text = backups_text(found, colour=False)
    assert (
        "a restore can return to any time from 2026-01-05T13:00:00Z to 2026-01-05T14:00:00Z" in text
    )
    assert "snapshot kept" in text
    data = json.loads(backups_json(found))
    assert data["restorable"]["from"] == "2026-01-05T13:00:00+00:00"
    assert not list(faults(found, None, AT + 3 * HOUR, 7200))
    best = newest(found)
    assert best and f"could use backup {best.id}" in verdict_text(best.id, found, ())
    fake.databases.fail("cluster", AccessDenied("CAM603", "not allowed: rds:DescribeDBClusters"))
    found = read_restorable(fake.cloud, management, require_deployed(fake.stacks, "camunda"))
    assert "not allowed" in found.unknown[0] and found.window is None


def backup(number: int, hours: float, state: str = "COMPLETED", partitions: int = 3) -> Backup:
    parts = dict.fromkeys(range(1, partitions + 1), state)
    return Backup(number, state, parts, "", AT + hours * HOUR, "8.10.6")


def span(partition: int, start: float, end: float) -> BackupRange:
    return BackupRange(partition, AT + start * HOUR, AT + end * HOUR)


WELL = Restorable(
    backups=(backup(2, 2), backup(1, 0)),
    ranges=tuple(span(each, 0, 2) for each in (1, 2, 3)),
    partitions=3,
    cluster="a",
    earliest=AT - HOUR,
    latest=AT + 3 * HOUR,
)


@pytest.mark.parametrize(
    ("changes", "number", "said"),
    [
        ({}, None, ""),
        ({}, 1, ""),
        ({}, 7, "there is no backup 7"),
        ({"backups": ()}, None, "there is no completed backup"),
        ({"backups": (backup(3, 2, "FAILED"), backup(1, 0))}, None, "3 hours old"),
        ({"backups": (backup(3, 2, "FAILED"),)}, 3, "backup 3 is FAILED"),
        ({"backups": (backup(2, 2, partitions=2),)}, None, "lacks partitions 3"),
        ({"partitions": 4}, None, "lacks partitions 4"),
        ({"ranges": (*WELL.ranges, span(2, -5, -3))}, None, "1 partition with a gap"),
        ({"ranges": WELL.ranges[:2]}, None, "no span of time can be restored in partitions 3"),
        ({"earliest": AT + 3 * HOUR}, 2, "before every time that the database can be restored"),
        ({"cluster": None, "earliest": None}, 2, ""),
    ],
)
def test_what_is_wrong_with_a_backup(
    changes: dict[str, Any], number: int | None, said: str
) -> None:
    wrong = list(faults(replace(WELL, **changes), number, AT + 3 * HOUR, 7200))
    assert bool(wrong) == bool(said)
    assert any(said in each for each in wrong) or not said


def test_a_snapshot_from_before_is_as_good_as_the_window() -> None:
    late = replace(WELL, earliest=AT + 3 * HOUR)
    kept = DatabaseSnapshot("kept", "a", "available", AT + HOUR)
    assert not list(faults(replace(late, snapshots=(kept,)), 2, AT + 3 * HOUR, 7200))
    after = replace(kept, created=AT + 2.5 * HOUR)
    assert list(faults(replace(late, snapshots=(after,)), 2, AT + 3 * HOUR, 7200))


def test_the_window_is_that_around_the_newest_backup() -> None:
    gap = replace(WELL, ranges=(*WELL.ranges, span(2, -5, -3)))
    assert gap.window == (AT, AT + 2 * HOUR)
    assert replace(WELL, ranges=WELL.ranges[1:]).window is None
    assert replace(WELL, earliest=AT + 3 * HOUR).window is None
    assert replace(WELL, cluster=None).window == (AT, AT + 2 * HOUR)


@pytest.mark.parametrize("wish", ["PAUSED", "SOFT_PAUSED", "EXPORTING"])
def test_exporting(
    fake: FakeCloud, management: Management, camunda: SimulatedCamunda, wish: str
) -> None:
    camunda.cluster.exporting = "EXPORTING" if wish != "EXPORTING" else "PAUSED"
    done = end(list(change_exporting(management, fake.clock, wish)))
    assert done.succeeded and wish in done.message
    assert camunda.cluster.exporting == wish


def test_exporting_is_told_again_until_all_have_heard(
    fake: FakeCloud, camunda: SimulatedCamunda
) -> None:
    management = managed(camunda, rest=True)
    camunda.failing = [503, 504, 502]
    assert end(list(change_exporting(management, fake.clock, "PAUSED"))).succeeded
    assert camunda.cluster.exporting == "PAUSED" and len(fake.clock.slept) == 3
    camunda.failing = [503] * 1000
    with pytest.raises(DeployError, match="not every partition is EXPORTING") as error:
        list(change_exporting(management, fake.clock, "EXPORTING"))
    assert error.value.code == "CAM726"
    camunda.failing = [503] * 1000
    leave = iter([Choice.DETACH])
    done = end(list(change_exporting(management, fake.clock, "EXPORTING", lambda _: next(leave))))
    assert done.left and "run it again" in str(done.hint)

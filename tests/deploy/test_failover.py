"""The failover of the database: what is refused, what is waited for, who is told what."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from camformation.deploy.cloud.errors import DeployError, Throttled
from camformation.deploy.cloud.services import DatabaseCluster, DatabaseInstance
from camformation.deploy.operation.failover import fail_over, successor
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.service_moves import MoveEnded
from deploy.fake_cloud import FakeCloud, FakeDatabases

ONE = DatabaseInstance("one", "available", True)
TWO = DatabaseInstance("two", "available", False)
THREE = DatabaseInstance("three", "available", False)
REBOOTING = replace(TWO, status="rebooting")


class SlowDatabases(FakeDatabases):
    """RDS that takes a minute to fail over, and another until the old writer is back."""

    def fail_over(self, cluster: str, instance: str | None) -> None:
        self._call("fail_over", (cluster, instance))
        self._became(cluster, "failing-over")
        self.done = self.clock.now() + timedelta(minutes=1)

    def cluster(self, cluster: str) -> DatabaseCluster | None:
        if self.clusters[cluster].status == "failing-over" and self.clock.now() >= self.done:
            self._became(cluster, "available")
            self.members = (
                replace(TWO, writer=True),
                replace(ONE, writer=False, status="starting"),
            )
        elif self.clock.now() >= getattr(self, "done", self.clock.now()) + timedelta(minutes=1):
            self.members = tuple(replace(each, status="available") for each in self.members)
        return super().cluster(cluster)

    def _became(self, cluster: str, status: str) -> None:
        self.clusters[cluster] = replace(self.clusters[cluster], status=status)


@pytest.fixture
def fake() -> FakeCloud:
    fake = FakeCloud()
    databases = SlowDatabases(fake.clock)
    databases.clusters["a"] = DatabaseCluster("a", "available", False)
    databases.members = (ONE, TWO)
    databases.done = fake.clock.now() + timedelta(days=1)
    fake.databases = databases
    fake.cloud = replace(fake.cloud, databases=databases)
    return fake


@pytest.mark.parametrize(
    ("instances", "wanted", "found"),
    [
        ((ONE, TWO), None, TWO),
        ((ONE, TWO, THREE), None, None),  # Aurora knows the tiers
        ((ONE, REBOOTING, THREE), None, THREE),
        ((ONE, TWO, THREE), "three", THREE),
    ],
)
def test_who_takes_over(
    instances: Sequence[DatabaseInstance], wanted: str | None, found: DatabaseInstance | None
) -> None:
    assert successor("a", instances, wanted) == found


@pytest.mark.parametrize(
    ("instances", "wanted", "why"),
    [
        ((ONE,), None, "one instance: no other instance can take over"),
        ((), None, "no instances"),
        ((ONE, REBOOTING), None, "no replica of a is available: two is rebooting"),
        ((ONE, TWO), "one", "writes already"),
        ((ONE, REBOOTING, THREE), "two", "is rebooting"),
        ((ONE, TWO), "four", "not one of its instances"),
    ],
)
def test_who_cannot(instances: Sequence[DatabaseInstance], wanted: str | None, why: str) -> None:
    with pytest.raises(DeployError, match=why) as error:
        successor("a", instances, wanted)
    assert error.value.code == "CAM767" and error.value.hint


def test_it_ends_when_every_instance_is_back(fake: FakeCloud) -> None:
    fake.databases.fail("instances", None, Throttled("CAM604", "slow down"))
    began = fake.clock.now()
    *_, last, end = fail_over(fake.cloud, fake.clock, "a", "one", "two")
    assert isinstance(end, MoveEnded) and end.succeeded and end.message == "two writes; one reads"
    assert "two writes" in last.message and "one is available" in last.message
    assert end.time - began >= timedelta(minutes=2)
    assert fake.databases.called("fail_over") == [("a", "two")]


def test_whoever_left_follows_the_same_failover(fake: FakeCloud) -> None:
    leave = iter([None, Choice.DETACH])
    *_, end = fail_over(fake.cloud, fake.clock, "a", "one", None, lambda _: next(leave))
    assert isinstance(end, MoveEnded) and end.left
    *_, end = fail_over(fake.cloud, fake.clock, "a", None, None)
    assert isinstance(end, MoveEnded) and end.message == "two writes"
    assert len(fake.databases.called("fail_over")) == 1


def test_a_failover_that_never_ends_is_told(fake: FakeCloud) -> None:
    events = fail_over(fake.cloud, fake.clock, "a", "one", None)
    next(events)
    next(events)
    assert isinstance(fake.databases, SlowDatabases)
    fake.databases.done = fake.clock.now() + timedelta(days=1)
    with pytest.raises(DeployError, match="not failed over after 30 minutes") as error:
        list(events)
    assert error.value.code == "CAM726"

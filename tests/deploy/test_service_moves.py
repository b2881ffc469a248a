"""Restarts, stops and starts: the order, what is waited for, and what happens on the way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from camformation.deploy.cloud.errors import AccessDenied, DeployError, Throttled
from camformation.deploy.cloud.services import (
    ContainerState,
    ServiceDeployment,
    ServiceState,
    TaskState,
)
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.own_services import OwnService, chosen_services, own_services
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.service_moves import Move, Moved, MoveEnded, Mover
from camformation.layout import Layout
from deploy.fake_cloud import FakeCloud, FakeServices
from deploy.fake_stacks import START
from deploy.live import live

DATABASE = "auroracluster"


class Slow(FakeServices):
    """ECS that takes a minute for whatever it is asked."""

    outcome = "COMPLETED"
    number = 0
    healthy_at = START

    def __post_init__(self) -> None:
        self.ready: dict[str, tuple[Any, ServiceState]] = {}

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        for name, (when, state) in list(getattr(self, "ready", {}).items()):
            if self.clock.now() >= when:
                self.states[name] = state
                del self.ready[name]
        return super().services(cluster, names)

    def tasks(self, cluster: str, service: str, *, stopped: bool) -> tuple[TaskState, ...]:
        super().tasks(cluster, service, stopped=stopped)
        health = "HEALTHY" if self.clock.now() >= self.healthy_at else "UNKNOWN"
        container = ContainerState("orchestration-cluster", "camunda", "RUNNING", health=health)
        return (TaskState("arn:task/1", "RUNNING", "arn:task:1", (container,)),)

    def force_deployment(self, cluster: str, service: str) -> None:
        super().force_deployment(cluster, service)
        self.number += 1
        now, old = self.clock.now(), self.states[service]
        new = ServiceDeployment(
            str(self.number), "PRIMARY", "arn:task:2", 3, 0, 1, 0, now, now, "IN_PROGRESS"
        )
        before = tuple(replace(each, status="ACTIVE") for each in old.deployments)
        self.states[service] = replace(old, deployments=(new, *before), running=2, pending=1)
        done = replace(new, rollout_state=self.outcome, running=3, pending=0)
        if self.outcome != "COMPLETED":
            done = replace(done, failed=10, rollout_reason="circuit breaker")
        self._later(service, replace(old, deployments=(done,)))

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        self._call("set_desired_count", (service, count))
        old = self.states[service]
        self.states[service] = replace(old, desired=count, pending=count)
        self._later(service, replace(old, desired=count, running=count, pending=0))

    def _later(self, service: str, state: ServiceState) -> None:
        self.ready = {**getattr(self, "ready", {})}
        self.ready[service] = (self.clock.now() + timedelta(minutes=1), state)


@pytest.fixture
def fake() -> FakeCloud:
    fake = FakeCloud()
    fake.services = Slow(fake.clock)
    fake.cloud = replace(fake.cloud, services=fake.services)
    live(fake)
    now = fake.clock.now()
    first = ServiceDeployment("0", "PRIMARY", "arn:task:1", 3, 3, 0, 0, now, now, "COMPLETED")
    for name, state in fake.services.states.items():
        fake.services.states[name] = replace(state, deployments=(first,))
    return fake


def services(fake: FakeCloud) -> tuple[OwnService, ...]:
    return own_services(fake.cloud, require_deployed(fake.stacks, "camunda"))


def mover(fake: FakeCloud, control: Callable[[str], Choice | None] = lambda _: None) -> Mover:
    return Mover(fake.cloud, fake.clock, control)


def said(events: Iterator[Move]) -> tuple[list[str], MoveEnded]:
    found = list(events)
    assert isinstance(found[-1], MoveEnded)
    moved = [f"{each.subject}: {each.message}" for each in found if isinstance(each, Moved)]
    return moved, found[-1]


@pytest.mark.parametrize("layout", list(Layout))
def test_services_are_found_with_their_logs(layout: Layout) -> None:
    fake = FakeCloud()
    live(fake, layout)
    brokers, connectors = services(fake)
    assert (brokers.name, brokers.cluster, brokers.service) == (
        *("orchestration", "camunda", "orchestrationservice"),
    )
    assert (brokers.wanted, connectors.name) == (3, "connectors")
    assert brokers.container == "orchestration-cluster"
    assert brokers.streams["orchestration-cluster"].endswith("/orchestration-cluster/")
    assert not brokers.execute_command


def test_a_service_by_its_name(fake: FakeCloud) -> None:
    both = services(fake)
    assert chosen_services(both, ["connectors", "orchestration"], "camunda") == both
    assert chosen_services(both, [], "camunda") == both
    assert chosen_services(both, ["connectors"], "camunda") == both[1:]
    with pytest.raises(DeployError, match="no service broker"):
        chosen_services(both, ["broker"], "camunda")


def test_a_restart_waits_for_brokers_before_connectors(fake: FakeCloud) -> None:
    moved, end = said(mover(fake).restart(services(fake)))
    assert fake.services.called("force_deployment") == ["orchestrationservice", "connectorsservice"]
    assert moved == [
        "orchestration: replacing its tasks, within the limits that the template sets",
        "orchestration: 2 of 3 tasks running, 1 pending, 3 to be replaced",
        "orchestration: 3 of 3 tasks running",
        "connectors: replacing its tasks, within the limits that the template sets",
        "connectors: 2 of 3 tasks running, 1 pending, 3 to be replaced",
        "connectors: 3 of 3 tasks running",
    ]
    assert end.succeeded and end.message == "restarted orchestration and connectors"


def test_a_restart_that_fails_ends_before_the_next_service(fake: FakeCloud) -> None:
    Slow.outcome = "FAILED"
    try:
        with pytest.raises(DeployError, match="circuit breaker") as error:
            list(mover(fake).restart(services(fake)))
    finally:
        Slow.outcome = "COMPLETED"
    assert error.value.code == "CAM726"
    assert fake.services.called("force_deployment") == ["orchestrationservice"]


def test_whoever_leaves_is_told_how_to_go_on(fake: FakeCloud) -> None:
    asked: list[str] = []

    def control(kind: str) -> Choice | None:
        asked.append(kind)
        return Choice.DETACH if len(asked) == 3 else None

    _, end = said(mover(fake, control).restart(services(fake)))
    assert end.left and end.hint and "connectors not started" in end.hint
    assert fake.services.called("force_deployment") == ["orchestrationservice"]
    assert set(asked) == {"SERVICES"}


def test_everything_stops_in_the_order_of_who_needs_whom(fake: FakeCloud) -> None:
    moved, end = said(mover(fake).stop(services(fake), DATABASE))
    calls = [
        (name, what)
        for name, what in (*fake.services.calls, *fake.databases.calls)
        if name in ("set_desired_count", "stop")
    ]
    assert calls == [
        ("set_desired_count", ("connectorsservice", 0)),
        ("set_desired_count", ("orchestrationservice", 0)),
        ("stop", DATABASE),
    ]
    assert moved[-1] == "database: stopped" and end.message.endswith("and the database")
    assert said(mover(fake).stop(services(fake), DATABASE))[1].succeeded  # again
    assert len(fake.databases.called("stop")) == 1


def test_everything_starts_in_the_other_order(fake: FakeCloud) -> None:
    list(mover(fake).stop(services(fake), DATABASE))
    fake.services.calls.clear()
    counts = [(each, each.wanted or 1) for each in services(fake)]
    moved, end = said(mover(fake).start(counts, DATABASE))
    assert [each.partition(":")[0] for each in moved] == sorted(
        (each.partition(":")[0] for each in moved),
        key=["database", "orchestration", "connectors"].index,
    )
    assert fake.services.called("set_desired_count") == [
        ("orchestrationservice", 3),
        ("connectorsservice", counts[1][1]),
    ]
    assert end.message == "started orchestration and connectors"


def test_connectors_start_when_brokers_are_healthy(fake: FakeCloud) -> None:
    list(mover(fake).stop(services(fake), None))
    assert isinstance(fake.services, Slow)
    fake.services.healthy_at = fake.clock.now() + timedelta(minutes=8)
    events = list(mover(fake).start([(each, 3) for each in services(fake)], None))
    (began,) = (
        each.time
        for each in events
        if isinstance(each, Moved) and each.subject == "connectors" and "starting" in each.message
    )
    assert began >= fake.services.healthy_at
    denied = AccessDenied("CAM603", "not allowed: ecs:ListTasks")
    list(mover(fake).stop(services(fake), None))
    fake.services.healthy_at += timedelta(days=1)
    fake.services.fail("tasks", denied, denied)
    assert said(mover(fake).start([(services(fake)[0], 3)], None))[1].succeeded


def test_a_call_that_fails_for_a_while_is_repeated(fake: FakeCloud) -> None:
    moves = mover(fake).restart(services(fake)[:1])
    next(moves)
    fake.services.fail("services", None, Throttled("CAM604", "slow down"))
    assert said(moves)[1].succeeded


def test_a_wait_has_a_limit(fake: FakeCloud) -> None:
    moves = mover(fake).stop(services(fake)[:1], None)
    next(moves)
    fake.clock.sleep(0)
    assert isinstance(fake.services, Slow)
    next(moves)
    fake.services.ready.clear()
    with pytest.raises(DeployError, match="not steady after 90 minutes"):
        list(moves)

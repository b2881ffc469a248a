"""Scaling: steps from states, and a model with cuts, faults and other operators at any place.

The simulated cluster notes what a real one would not have survived; nothing of it may ever happen.
"""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from camformation.deploy.cloud.channel import Answer, Call, NoWay
from camformation.deploy.cloud.cluster import Change, Cluster, Member, Planned, Scaling, Step
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.services import ServiceState, TaskState
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.own_services import OwnService
from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.deploy.local.camunda_server import SimulatedCamunda
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.scaling import Scaler
from camformation.deploy.operation.scaling_steps import (
    Done,
    Follow,
    Goal,
    Request,
    SetTasks,
    check_plan,
    moved,
    next_step,
)
from camformation.deploy.operation.service_moves import Move, MoveEnded
from camformation.deploy.plan.symbols import Address
from deploy.fake_cloud import FakeServices
from deploy.fake_stacks import FakeClock

BROKERS = OwnService("orchestration", Address("root", "S"), "c", "brokers", 3, False, {"c": ""})


class Cut(Exception):
    """The process has ended."""


class World(FakeServices):
    """ECS and a simulated cluster; `cut` ends the process before or after a call."""

    def __init__(self, cluster: SimulatedCluster, seed: int = 0) -> None:
        super().__init__(FakeClock())
        self.cluster = cluster
        self.camunda = SimulatedCamunda(cluster)
        self.random = random.Random(seed)
        self.cut: tuple[int, bool] | None = None
        self.made = 0
        self.between: Callable[[], None] = lambda: None

    # ECS

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        tasks = len(self.cluster.tasks)
        found = ServiceState("arn", "brokers", "ACTIVE", tasks, tasks, 0)
        self.does(lambda: None)
        return (found,)

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        self._call("set_desired_count", count)
        self.does(lambda: self.cluster.set_tasks(count, self.random.choice))

    def tasks(self, cluster: str, service: str, *, stopped: bool) -> tuple[TaskState, ...]:
        self.does(lambda: None)
        return tuple(
            TaskState(
                f"task/{node}",
                "RUNNING",
                "",
                (),
                address=f"10.0.1.{place}" if node is None else f"10.0.0.{node}",
            )
            for place, node in enumerate(self.cluster.tasks)
        )

    def protect_tasks(self, cluster: str, tasks: Sequence[str], minutes: int) -> None:
        nodes = {int(each.partition("/")[2]) for each in tasks}
        self.does(lambda: None)
        kept = self.cluster.protected
        self.cluster.protected = kept | nodes if minutes else kept - nodes

    # Camunda, as a Channel

    name = "the model"
    patience = 0

    def ask(self, calls: Sequence[Call]) -> tuple[tuple[Answer, ...], ...]:
        answers: list[tuple[Answer, ...]] = []
        for call in calls:
            up = sorted(self.cluster.up)
            if not up:
                raise NoWay("CAM745", "no broker runs")
            asked = up if call.everywhere else [self.random.choice(up)]
            found = tuple(self.does(lambda b=b, c=call: self.answer(b, c)) for b in asked)  # type: ignore[misc]
            answers.append(found)
            if found[0].status >= 400:
                break
        return tuple(answers)

    def answer(self, broker: int, call: Call) -> Answer:
        reply = self.camunda.answer(broker, call.method, call.path, None, call.body)
        if reply is None:
            return Answer(0, "broken off")
        return Answer(reply[0], reply[1], host=f"10.0.0.{broker}")

    def does(self, act: Callable[[], Any]) -> Any:
        """Do something, or let the process end before or after it."""
        self.made += 1
        self.between()
        if self.cut and self.cut[0] == self.made and not self.cut[1]:
            raise Cut
        done = act()
        if self.cut and self.cut[0] == self.made:
            raise Cut
        return done

    def scale(self, goal: Goal, control: Any = lambda _: None) -> list[Move]:
        scaler = Scaler(self, BROKERS, Management(self), self.clock, control)
        return list(scaler.run(goal))


def test_up_tasks_come_before_the_change() -> None:
    world = World(SimulatedCluster())
    *_, last = world.scale(Goal(brokers=5))
    assert isinstance(last, MoveEnded) and last.succeeded
    assert last.message == "the cluster has 5 brokers, and is healthy"
    assert world.called("set_desired_count") == [5]
    patches = [target for _, method, target in world.camunda.asked if method == "PATCH"]
    assert patches == ["/actuator/cluster?dryRun=true", "/actuator/cluster?dryRun=false"]
    assert sorted(world.cluster.members) == [0, 1, 2, 3, 4] and not world.cluster.harm


def test_down_the_change_comes_before_fewer_tasks_one_by_one() -> None:
    world = World(SimulatedCluster(5, 5, 3))
    world.scale(Goal(brokers=3))
    assert world.called("set_desired_count") == [4, 3]
    assert sorted(world.cluster.up) == [0, 1, 2] and not world.cluster.harm
    assert not world.cluster.protected  # deployments may replace tasks again


def test_partitions_become_more() -> None:
    world = World(SimulatedCluster())
    world.scale(Goal(partitions=6))
    assert world.cluster.partitions == 6 and not world.called("set_desired_count")
    with pytest.raises(DeployError, match="none can ever be removed"):
        world.scale(Goal(partitions=5))


def test_replicas_become_more_and_fewer() -> None:
    world = World(SimulatedCluster(4, 5, 2))
    for factor in (3, 1, 4):
        [*_, last] = world.scale(Goal(factor=factor))
        assert isinstance(last, MoveEnded) and f"has {factor} replica" in last.message
        numbers = [p for parts in world.cluster.members.values() for p in parts]
        assert {numbers.count(each) for each in range(1, 6)} == {factor}
        assert not world.cluster.harm and len(world.cluster.tasks) == 4
    with pytest.raises(DeployError, match="4 brokers cannot hold 5 replicas"):
        world.scale(Goal(factor=5))


def test_replicas_that_a_change_left_uneven_are_put_right() -> None:
    world = World(SimulatedCluster(3, 3, 1))
    world.cluster.fails_after = 2
    with pytest.raises(DeployError, match="is FAILED"):
        world.scale(Goal(factor=2))
    assert isinstance(next_step(Management(world).cluster(), 3, Goal(factor=1)), Request)
    world.scale(Goal(factor=1))
    assert sum(len(each) for each in world.cluster.members.values()) == 3


def test_nothing_is_done_where_all_is_as_wished() -> None:
    world = World(SimulatedCluster())
    (last,) = world.scale(Goal(brokers=3))
    assert isinstance(last, MoveEnded)
    assert all(method == "GET" for _, method, _ in world.camunda.asked)


@pytest.mark.parametrize(("brokers", "words"), [(2, "cannot hold 3 replicas"), (0, "0 brokers")])
def test_too_few_brokers_are_refused(brokers: int, words: str) -> None:
    world = World(SimulatedCluster())
    with pytest.raises(DeployError, match=words):
        world.scale(Goal(brokers=brokers))
    assert not world.called("set_desired_count")


def test_a_change_of_somebody_else_is_not_joined() -> None:
    world = World(SimulatedCluster())
    world.cluster.set_tasks(4)
    world.cluster.request({"brokers": {"add": [3]}}, dry_run=False)
    with pytest.raises(DeployError, match="ends with 4 brokers"):
        world.scale(Goal(brokers=6))
    world.scale(Goal(brokers=4))
    assert len(world.cluster.members) == 4 and not world.cluster.harm


def test_a_change_that_fails_is_said_and_can_be_repeated() -> None:
    world = World(SimulatedCluster(5, 5, 3))
    world.cluster.fails_after = 7
    with pytest.raises(DeployError, match="is FAILED"):
        world.scale(Goal(brokers=3))
    assert len(world.cluster.tasks) == 5  # brokers that may hold partitions keep their tasks
    world.scale(Goal(brokers=3))
    assert sorted(world.cluster.members) == [0, 1, 2] and not world.cluster.harm


def test_tasks_stay_where_the_last_change_has_failed() -> None:
    world = World(SimulatedCluster())
    world.cluster.set_tasks(5)
    world.cluster.last = {"id": 7, "status": "FAILED"}
    with pytest.raises(DeployError, match="it is unknown which node ids"):
        world.scale(Goal(brokers=3))
    assert len(world.cluster.tasks) == 5


def test_a_change_that_stands_still_is_given_up() -> None:
    world = World(SimulatedCluster())
    world.cluster.pace = 0
    with pytest.raises(DeployError, match="nothing has changed for an hour"):
        world.scale(Goal(brokers=4))


def test_an_unhealthy_cluster_is_waited_for() -> None:
    world = World(SimulatedCluster(4, 4, 3))
    world.cluster.tasks[2] = None  # it waits for its lease to expire
    settle, looks = world.cluster.settle, []
    world.cluster.settle = lambda: None  # type: ignore[method-assign]

    def mend() -> None:
        looks.append(1)
        if len(looks) == 40:
            world.cluster.settle = settle  # type: ignore[method-assign]
            settle()

    world.between = mend
    events = world.scale(Goal(brokers=5))
    assert any("waiting before the change" in getattr(each, "message", "") for each in events)
    assert not world.cluster.harm


def test_a_cluster_that_never_gets_healthy_is_left_alone() -> None:
    world = World(SimulatedCluster(4, 4, 3))
    world.cluster.tasks[2] = None
    world.cluster.settle = lambda: None  # type: ignore[method-assign]
    with pytest.raises(DeployError, match=r"not healthy: .*1 broker of 4 missing"):
        world.scale(Goal(brokers=5))


def test_whoever_leaves_can_go_on() -> None:
    world = World(SimulatedCluster())
    *_, last = world.scale(Goal(brokers=5), lambda _: Choice.DETACH)
    assert isinstance(last, MoveEnded) and last.left and "same command" in str(last.hint)
    world.scale(Goal(brokers=5))
    assert len(world.cluster.members) == 5 and not world.cluster.harm


def test_a_cluster_that_is_restored_is_not_scaled() -> None:
    world = World(SimulatedCluster())
    world.cluster.mode = "RECOVERING"
    with pytest.raises(DeployError, match="a restore has not finished"):
        world.scale(Goal(brokers=5))
    assert len(world.cluster.tasks) == 3


def test_stopped_brokers_are_not_scaled() -> None:
    cluster = Cluster((Member(0, "ACTIVE", {1: "ACTIVE"}, {}),), None, None, 1)
    with pytest.raises(DeployError, match="brokers are stopped"):
        next_step(cluster, 0, Goal(brokers=2))


def test_each_state_has_its_step() -> None:
    three = tuple(Member(n, "ACTIVE", {1: "ACTIVE"}, {}) for n in range(3))
    still = Cluster(three, None, None, 1)
    going = replace(still, pending=Change(4, "IN_PROGRESS", (), (Step("BROKER_ADD", 3),)))
    assert next_step(still, 3, Goal(brokers=4)) == SetTasks(4)
    assert next_step(still, 4, Goal(brokers=4)) == Request(Scaling(add=(3,)))
    assert next_step(going, 4, Goal(brokers=4)) == Follow(4)
    assert next_step(going, 3, Goal(brokers=4)) == SetTasks(4)
    assert next_step(going, 3, Goal(partitions=1)) == SetTasks(4)
    assert next_step(still, 2, Goal(brokers=3)) == SetTasks(3)
    assert next_step(still, 4, Goal(brokers=3)) == SetTasks(3, fewer=True)
    assert next_step(still, 4, Goal(partitions=1)) == Done()
    assert next_step(still, 3, Goal(partitions=2)) == Request(Scaling(partitions=2))


def test_a_plan_that_would_lose_something_is_not_begun() -> None:
    members = tuple(Member(n, "ACTIVE", {1: "ACTIVE"}, {}) for n in range(3))
    cluster = Cluster(members, None, None, 1)
    wish = Scaling(remove=(2,))
    with pytest.raises(DeployError, match="would end with brokers 0 instead of 0, 1"):
        check_plan(Planned(1, (), members[:1]), cluster, wish)
    emptied = (members[0], Member(1, "ACTIVE", {}, {}))
    with pytest.raises(DeployError, match="partitions 1 would have fewer than 2 replicas"):
        check_plan(Planned(1, (), emptied), cluster, wish)
    check_plan(Planned(1, (), members[:2]), cluster, wish)
    steps = (Step("PRE_SCALING"), Step("BROKER_ADD", 3), Step("PARTITION_JOIN", 3, 1))
    assert moved(steps) == "add 1 broker, copy 1 replica"


@pytest.mark.parametrize("seed", range(100))
def test_no_cut_and_no_order_of_commands_loses_anything(seed: int) -> None:
    """From any topology: commands that are cut anywhere, faults, other operators; then the rest."""
    chance = random.Random(seed)
    brokers = chance.randint(1, 7)
    factor = chance.randint(1, min(3, brokers))
    cluster = SimulatedCluster(brokers, chance.randint(1, 6), factor)
    cluster.pace = chance.choice([1, 2, 5, 50])
    world = World(cluster, seed)

    def disturb() -> None:
        if chance.random() < 0.03:
            world.camunda.failing.append(chance.choice([0, 500, 502, 504, 503]))
        if chance.random() < 0.01 and not cluster.pending:
            cluster.fails_after = chance.randint(0, 9)
        if chance.random() < 0.01:  # somebody takes the number of tasks up
            cluster.set_tasks(len(cluster.tasks) + 1)

    world.between = disturb
    goals = [
        chance.choice(
            [
                Goal(brokers=chance.randint(1, 7)),
                Goal(brokers=chance.randint(1, 7)),
                Goal(partitions=chance.randint(1, 8)),
                Goal(factor=chance.randint(1, 4)),
            ]
        )
        for _ in range(chance.randint(1, 4))
    ]
    for goal in goals:
        for _ in range(chance.randint(0, 3)):
            world.made, world.cut = 0, (chance.randint(1, 60), chance.random() < 0.5)
            with suppress(Cut, DeployError):
                world.scale(goal)
            assert not cluster.harm, goals
    world.cut, world.between, cluster.fails_after = None, lambda: None, None
    world.camunda.failing.clear()
    cluster.protected = set()  # of a cut, it expires
    final = Goal(brokers=chance.randint(max(cluster.factor, factor, 4), 8))
    for _ in range(3):  # a change that failed before is begun anew
        try:
            world.scale(final)
            break
        except DeployError as error:
            if "in progress" in error.message:
                cluster.pace = 1000
                cluster.advance()
            elif "nobody knows" in error.message:
                world.scale(Goal(brokers=(final.brokers or 0) + 1))
            else:
                raise
    assert not cluster.harm, goals
    assert sorted(cluster.members) == list(range(final.brokers or 0))
    assert cluster.up == set(cluster.members) and len(cluster.tasks) == final.brokers
    assert not cluster.protected


def test_the_model_notices_what_a_cluster_does_not_survive() -> None:
    early = SimulatedCluster(5, 5, 3)
    early.set_tasks(3)  # before the change
    assert early.harm
    unprotected = SimulatedCluster(3, 3, 1)
    unprotected.set_tasks(4)
    unprotected.set_tasks(3)  # the first task is that of broker 0
    assert unprotected.harm == ["partition 1 has lost its quorum"]
    unprotected = SimulatedCluster(3, 3, 1)
    unprotected.set_tasks(4)
    unprotected.protected = {0, 1, 2}
    unprotected.set_tasks(3)
    assert not unprotected.harm


def test_tasks_that_cannot_be_protected_stay() -> None:
    world = World(SimulatedCluster(5, 5, 2))
    world.tasks = lambda *_, **__: ()  # type: ignore[method-assign]
    with pytest.raises(DeployError, match="only 0 of 3 brokers' tasks are known"):
        world.scale(Goal(brokers=3))
    assert len(world.cluster.tasks) == 5 and not world.cluster.harm
    world = World(SimulatedCluster(5, 5, 3), seed=3)
    world.tasks = lambda *_, **__: ()  # type: ignore[method-assign]
    world.scale(Goal(brokers=3))
    assert not world.cluster.harm

"""Restores in place: steps from states, and a model with cuts, faults and mistakes at any place.

The simulated cluster notes what a real one would not have survived; nothing of it may ever happen.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from camformation.deploy.cloud.channel import Answer, Call
from camformation.deploy.cloud.cluster import Change, Cluster, Member, Step
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.management import Management
from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.deploy.operation.backup import Backups
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.restoring import Kept, Restorer
from camformation.deploy.operation.restoring_steps import (
    Begin,
    Enter,
    FollowChange,
    LoadDatabase,
    Over,
    Prepare,
    Restored,
    RestoreGoal,
    next_step,
    step_back,
    untouched,
)
from camformation.deploy.operation.service_moves import Move, MoveEnded
from deploy.fake_cloud import FakeCloud
from deploy.test_scaling import Cut, World

NEWEST = RestoreGoal({})


class Restores(World):
    """A cluster whose both ports are reached, and its database; `cut` ends the process."""

    def __init__(self, cluster: SimulatedCluster, seed: int = 0) -> None:
        super().__init__(cluster, seed)
        self.fake = FakeCloud()
        cluster.now = self.clock.now
        self.camunda.backups.slow = 0

    def answer(self, broker: int, call: Call) -> Answer:
        if not call.path.startswith("/cluster/"):
            return super().answer(broker, call)
        login = self.camunda.basic
        reply = self.camunda.answer(None, call.method, call.path, login, call.body)
        return Answer(0, "broken off") if reply is None else Answer(*reply)

    def restorer(self, control: Any = lambda _: None) -> Restorer:
        management = Management(self, self)
        backups = Backups(self.fake.cloud, management, self.clock, control)

        def backup() -> Iterator[Move]:
            return backups.take(numbered=False, cluster=None, snapshot=None)

        return Restorer(management, self.clock, Kept(backup, "load it"), control)

    def restore(self, goal: RestoreGoal, control: Any = lambda _: None) -> list[Move]:
        return list(self.restorer(control).run(goal))

    def processed(self, times: int = 20) -> int:
        """Let brokers process, and return how far they are."""
        for _ in range(times):
            self.cluster.process()
        return self.cluster.position

    def loaded(self, position: int) -> None:
        """Somebody loads the database of an earlier time, while nothing is exported."""
        assert self.cluster.mode == "RECOVERING" and not self.cluster.pending
        self.cluster.exported = position


def end(events: list[Move]) -> MoveEnded:
    assert isinstance(events[-1], MoveEnded)
    return events[-1]


def told(world: Restores) -> list[str]:
    """What brokers were told, in its order."""
    return [
        f"{method} {path.removeprefix('/cluster/v2')}"
        for _, method, path in world.camunda.asked
        if (method != "GET" and "exporting" not in path) or "exporting/" in path
    ]


def test_nothing_is_dropped_before_what_there_is_is_kept_and_a_dry_run_has_succeeded() -> None:
    world = Restores(SimulatedCluster())
    before = world.processed()
    last = end(world.restore(NEWEST))
    assert last.succeeded and "brokers are restored" in last.message
    assert told(world) == [
        "POST /exporting/pause",
        "POST /backups/runtime",
        "PATCH /mode?mode=RECOVERING&dryRun=false",
        "POST /restore?dryRun=true",
        "POST /restore?dryRun=false",
        "POST /exporting/resume",
    ]
    assert world.cluster.position >= before and world.cluster.mode == "PROCESSING"
    assert world.cluster.exporting == "EXPORTING" and not world.cluster.harm


def test_the_database_is_loaded_while_nothing_is_exported() -> None:
    world = Restores(SimulatedCluster())
    early = world.processed()
    number = world.camunda.backups.take(None, world.cluster.known(), world.cluster.version)
    world.processed()
    goal = RestoreGoal({"backupIds": [number]}, "load")
    last = end(world.restore(goal))
    assert last.succeeded and "RECOVERING" in last.message and last.hint == "load it"
    assert len(world.camunda.backups.taken) == 2  # what there was is kept
    assert "POST /restore?dryRun=true" not in told(world)
    world.loaded(early - 3)
    goal = RestoreGoal({"backupIds": [number]}, "loaded")
    assert end(world.restore(goal)).succeeded
    assert early <= world.cluster.position < early + 10 and not world.cluster.harm
    again = len(told(world))
    with pytest.raises(DeployError, match="loaded in the meantime"):  # exporting goes on since
        world.restore(goal)
    assert len(told(world)) == again


def test_a_restore_that_ended_unseen_is_not_repeated() -> None:
    world = Restores(SimulatedCluster())
    world.processed()
    world.restore(RestoreGoal({}, "load"))
    world.loaded(0)
    world.cluster.pace = 1
    with pytest.raises(Cut):
        world.between = lambda: cut_once(world)
        world.restore(RestoreGoal({}, "loaded"))
    world.between = lambda: None
    while world.cluster.pending:
        world.cluster.advance()
    assert world.cluster.exporting == "PAUSED"
    asked = told(world)
    assert end(world.restore(RestoreGoal({}, "loaded"))).succeeded
    assert told(world)[len(asked) :] == ["POST /exporting/resume"]


def cut_once(world: Restores) -> None:
    if world.cluster.pending and any(
        each["operation"] == "PARTITION_RESTORE" for each in world.cluster.pending["steps"]
    ):
        raise Cut


def test_brokers_process_again_where_no_backup_reaches_the_database() -> None:
    world = Restores(SimulatedCluster())
    world.processed()
    world.camunda.backups.take(None, world.cluster.known(), world.cluster.version)
    world.processed()
    with pytest.raises(DeployError, match="nothing was restored, and brokers process again"):
        world.restore(RestoreGoal({}, prepare=False))
    assert world.cluster.mode == "PROCESSING" and world.cluster.exporting == "EXPORTING"
    assert "POST /restore?dryRun=false" not in told(world)


def test_a_backup_that_fails_begins_no_restore() -> None:
    world = Restores(SimulatedCluster())
    world.camunda.backups.failing = 1
    with pytest.raises(DeployError, match="FAILED"):
        world.restore(NEWEST)
    assert world.cluster.exporting == "EXPORTING" and world.cluster.mode == "PROCESSING"


def test_a_restore_that_fails_has_to_be_finished() -> None:
    world = Restores(SimulatedCluster())
    world.processed()
    world.restore(RestoreGoal({}, "load"))
    world.loaded(1)
    world.cluster.fails_after = 4
    loaded = RestoreGoal({}, "loaded")
    with pytest.raises(DeployError, match="is FAILED; brokers are RECOVERING"):
        world.restore(loaded)
    with pytest.raises(DeployError, match="only a part of their data"):
        list(world.restorer().give_up())
    assert world.cluster.mode == "RECOVERING"
    assert end(world.restore(loaded)).succeeded and not world.cluster.harm


def test_what_is_not_begun_is_given_up() -> None:
    world = Restores(SimulatedCluster())
    before = world.processed()
    world.restore(RestoreGoal({}, "load"))
    assert world.cluster.mode == "RECOVERING"
    last = end(list(world.restorer().give_up()))
    assert "with the data that they had" in last.message
    assert world.cluster.mode == "PROCESSING" and world.cluster.position >= before
    assert world.cluster.exporting == "EXPORTING"


def test_whoever_leaves_is_told_how_to_go_on() -> None:
    world = Restores(SimulatedCluster())
    last = end(world.restore(NEWEST, lambda _: Choice.DETACH if world.cluster.pending else None))
    assert last.left and "the same command" in str(last.hint) and "--give-up" in str(last.hint)
    assert end(world.restore(NEWEST)).succeeded and not world.cluster.harm


def cluster(state: str = "ACTIVE", last: str = "COMPLETED", pending: str = "") -> Cluster:
    """A cluster of one broker, after a change, and during another of one operation."""
    member = Member(0, "ACTIVE", {1: state}, {})
    change = Change(8, "IN_PROGRESS", (), (Step(pending, 0),)) if pending else None
    return Cluster((member,), Change(7, last), change, 1)


@pytest.mark.parametrize(
    ("seen", "goal", "prepared", "restored", "step"),
    [
        (cluster(), NEWEST, False, False, Prepare()),
        (cluster(), NEWEST, True, False, Enter("RECOVERING")),
        (cluster(), RestoreGoal({}, prepare=False), False, False, Enter("RECOVERING")),
        (cluster(), NEWEST, False, True, Restored()),
        (cluster(), RestoreGoal({}, "loaded"), False, False, Over()),
        (cluster("MIXED"), NEWEST, True, False, Enter("RECOVERING")),
        (cluster("RECOVERING"), NEWEST, False, False, Begin()),
        (cluster("RECOVERING"), RestoreGoal({}, "load"), False, False, LoadDatabase()),
        (cluster("RECOVERING"), RestoreGoal({}, "loaded"), False, False, Begin()),
        (cluster(pending="ENTER_RECOVERY"), NEWEST, False, False, FollowChange(8, False)),
        (cluster(pending="PARTITION_RESTORE"), NEWEST, False, False, FollowChange(8, True)),
    ],
)
def test_each_state_has_its_step(
    seen: Cluster, goal: RestoreGoal, prepared: bool, restored: bool, step: object
) -> None:
    if seen.members[0].partitions == {1: "MIXED"}:
        seen = Cluster(
            (Member(0, "ACTIVE", {1: "ACTIVE"}, {}), Member(1, "ACTIVE", {1: "RECOVERING"}, {})),
            seen.last,
            None,
            1,
        )
    assert next_step(seen, goal, prepared=prepared, restored=restored) == step


def test_changes_of_others_are_left_alone() -> None:
    with pytest.raises(DeployError, match="is not a restore"):
        next_step(cluster(pending="BROKER_ADD"), NEWEST, prepared=True, restored=False)
    with pytest.raises(DeployError, match="part of their data is gone"):
        step_back(cluster("RECOVERING", pending="PARTITION_RESTORE"))
    assert step_back(cluster("RECOVERING")) == Enter("PROCESSING")
    assert step_back(cluster()) == Restored()
    assert untouched(cluster("RECOVERING")) and not untouched(cluster("RECOVERING", "CANCELLED"))


@pytest.mark.parametrize("seed", range(80))
def test_no_cut_and_no_order_of_commands_loses_anything(seed: int) -> None:
    """Commands that are cut anywhere, faults, changes that fail, restores that are given up; then
    one that is left alone."""
    chance = random.Random(seed)
    brokers = chance.randint(1, 5)
    simulated = SimulatedCluster(brokers, chance.randint(1, 5), chance.randint(1, min(3, brokers)))
    simulated.pace = chance.choice([1, 2, 5, 50])
    world = Restores(simulated, seed)
    world.processed(chance.randint(1, 40))

    def disturb() -> None:
        if chance.random() < 0.03:
            world.camunda.failing.append(chance.choice([0, 500, 502, 503, 504]))
        if chance.random() < 0.01:
            simulated.fails_after = chance.randint(0, 9)
        if chance.random() < 0.02:
            world.camunda.backups.failing += 1
        if chance.random() < 0.02 and simulated.pending:
            simulated.cancel(simulated.pending["id"])

    def one(goal: RestoreGoal) -> bool:
        """Run a command that may be cut; whether it came to its end."""
        known = set(world.camunda.backups.taken)
        world.made, world.cut = 0, (chance.randint(1, 60), chance.random() < 0.5)
        done = False
        with suppress(Cut, DeployError):
            if chance.random() < 0.1:
                list(world.restorer().give_up())
            else:
                done = bool(world.restore(goal))
        assert known <= set(world.camunda.backups.taken)
        assert not simulated.harm
        return done

    world.between = disturb
    kept = 0
    for _ in range(chance.randint(1, 3)):
        kept = simulated.position
        if chance.random() < 0.5:
            for _ in range(chance.randint(1, 3)):
                one(NEWEST)
        elif one(RestoreGoal({}, "load")) and simulated.mode == "RECOVERING":
            if not simulated.pending:
                world.loaded(chance.randint(0, simulated.exported))
            for _ in range(chance.randint(1, 3)):
                one(RestoreGoal({}, "loaded"))
    world.cut, world.between, simulated.fails_after = None, lambda: None, None
    world.camunda.failing.clear()
    world.camunda.backups.failing = 0
    assert end(world.restore(NEWEST)).succeeded
    assert not simulated.harm and simulated.mode == "PROCESSING" and not simulated.pending
    assert simulated.exporting == "EXPORTING" and simulated.position >= kept
    assert simulated.exported <= simulated.position
    assert len({(b, p) for b, parts in simulated.members.items() for p in parts}) == (
        simulated.partitions * simulated.factor
    )


def test_the_model_notices_what_a_restore_must_not_do() -> None:
    world = Restores(SimulatedCluster(1, 2, 1))
    world.processed()
    number = world.camunda.backups.take(None, [1, 2], world.cluster.version)
    world.processed()
    management = Management(world, world)
    management.change_mode("RECOVERING")
    world.cluster.pace = 1
    while management.cluster().pending:
        pass
    change = management.restore({"backupIds": [number]})
    for _ in range(3):
        management.cluster()
    world.cluster.cancel(change)
    management.change_mode("PROCESSING")
    while management.cluster().pending:
        pass
    assert world.cluster.harm == [
        "brokers process data of which only a part is restored",
        "brokers are behind their database",
    ]

"""Rebalancing: followed until leaders are even, and no longer than there is hope."""

import pytest

from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.topology import Broker, Replica, Topology
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.rebalancing import LIMIT_S, rebalance
from camformation.deploy.operation.service_moves import Moved, MoveEnded
from deploy.fake_stacks import FakeClock


def led(*counts: int, dead: int = 0) -> Topology:
    """Return a topology of brokers that lead so many partitions each, and follow the others."""
    leader_of = [broker for broker, count in enumerate(counts) for _ in range(count)]
    brokers = tuple(
        Broker(
            broker,
            f"b{broker}",
            "8.10.6",
            tuple(
                Replica(
                    number,
                    "leader" if leader == broker else "follower",
                    "dead" if number == dead else "healthy",
                )
                for number, leader in enumerate(leader_of, 1)
            ),
        )
        for broker in range(len(counts))
    )
    return Topology(brokers, len(counts), len(leader_of), len(counts), "8.10.6")


class Answers(Management):
    """Brokers that answer with one topology after the other, and the last one from then on."""

    def __init__(self, *answers: Topology | DeployError) -> None:
        super().__init__(None)
        self.answers = list(answers)
        self.asked = 0

    def rebalance(self) -> None:
        self.asked += 1

    def topology(self) -> Topology:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, DeployError):
            raise found
        return found


def test_it_is_followed_until_leaders_are_even_and_healthy() -> None:
    away = Unreachable("CAM745", "no answer", None)
    brokers = Answers(led(3, 0, 0), led(3, 0, 0), away, led(1, 1, 1, dead=2), led(1, 1, 1))
    *moves, end = rebalance(brokers, FakeClock())
    assert [each.message for each in moves] == [
        "asking brokers to elect leaders by priority",
        "broker 0 leads 3 partitions, broker 1 leads 0 partitions, broker 2 leads 0 partitions",
        "no answer",
        "partition 2 dead",
    ]
    assert brokers.asked == 1
    assert isinstance(end, MoveEnded) and end.succeeded and not end.left


def test_it_ends_where_brokers_do_not_follow() -> None:
    clock, began = FakeClock(), FakeClock().now()
    with pytest.raises(DeployError, match="broker 1 leads 2") as error:
        list(rebalance(Answers(led(0, 2)), clock))
    assert error.value.code == "CAM726" and "no guarantee" in str(error.value.hint)
    assert (clock.now() - began).total_seconds() >= LIMIT_S


def test_it_can_be_left() -> None:
    moves = list(rebalance(Answers(led(0, 2)), FakeClock(), lambda _: Choice.DETACH))
    assert isinstance(moves[0], Moved) and isinstance(moves[-1], MoveEnded) and moves[-1].left

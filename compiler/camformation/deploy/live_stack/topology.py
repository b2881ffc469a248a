"""The topology of a Camunda cluster, and its problems. Pure.

Orchestration Cluster REST API, Get cluster topology: `GET /v2/topology`.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from camformation.counting import counted
from camformation.frozen import frozen


@frozen
class Replica:
    """A partition on one broker."""

    partition: int
    role: str  # leader | follower | inactive
    health: str  # healthy | unhealthy | dead


@frozen
class Broker:
    """A broker that the gateway knows."""

    id: int
    host: str
    version: str
    replicas: tuple[Replica, ...]


@frozen
class Topology:
    """The cluster from a gateway's view."""

    brokers: tuple[Broker, ...]
    size: int
    partitions: int
    replication_factor: int
    gateway_version: str

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of the brokers, each once."""
        return tuple(sorted({each.version for each in self.brokers if each.version}))


def topology_of(data: Any) -> Topology | None:
    """Return the topology in an answer; None if the answer has none."""
    try:
        brokers = [
            Broker(
                int(broker["nodeId"]),
                str(broker.get("host") or ""),
                str(broker.get("version") or ""),
                tuple(
                    Replica(
                        int(each["partitionId"]),
                        str(each.get("role") or "").lower(),
                        str(each.get("health") or "").lower(),
                    )
                    for each in broker.get("partitions") or ()
                ),
            )
            for broker in data.get("brokers") or ()
        ]
        return Topology(
            tuple(sorted(brokers, key=lambda each: each.id)),
            int(data["clusterSize"]),
            int(data["partitionsCount"]),
            int(data["replicationFactor"]),
            str(data.get("gatewayVersion") or ""),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def faults(topology: Topology) -> Iterator[str]:
    """Yield the problems of the whole cluster, the worst first.

    A rolling change continues with the next broker when there are none: a broker's readiness says
    nothing about the replicas of the others (camunda/camunda-docs#10014).
    """
    replicas = [(broker, each) for broker in topology.brokers for each in broker.replicas]
    leaders = Counter(each.partition for _, each in replicas if each.role == "leader")
    copies = Counter(each.partition for _, each in replicas if each.role != "inactive")
    expected = range(1, topology.partitions + 1)
    if without := [number for number in expected if not leaders[number]]:
        yield f"{_partitions(without)} without a leader"
    if split := [number for number in expected if leaders[number] > 1]:
        yield f"{_partitions(split)} with more than one leader"
    for state in ("dead", "unhealthy"):
        if sick := sorted({each.partition for _, each in replicas if each.health == state}):
            yield f"{_partitions(sick)} {state}"
    missing = topology.size - len(topology.brokers)
    if missing > 0:
        yield f"{counted(missing, 'broker')} of {topology.size} missing"
    few = [number for number in expected if copies[number] < topology.replication_factor]
    if few:
        yield f"{_partitions(few)} with fewer than {topology.replication_factor} replicas"
    if len(topology.versions) > 1:
        yield f"brokers of several versions: {', '.join(topology.versions)}"


def uneven(topology: Topology) -> str | None:
    """Return how many partitions each broker leads, in words; None if all lead about as many.

    A broker that was replaced does not lead again by itself (Camunda docs, Rebalancing).
    """
    led = [
        (each.id, sum(replica.role == "leader" for replica in each.replicas))
        for each in topology.brokers
        if each.replicas
    ]
    numbers = [number for _, number in led]
    if max(numbers, default=0) - min(numbers, default=0) < 2:
        return None
    return ", ".join(
        f"broker {broker} leads {counted(number, 'partition')}" for broker, number in led
    )


def _partitions(numbers: list[int]) -> str:
    word = "partition" if len(numbers) == 1 else "partitions"
    return f"{word} {', '.join(map(str, numbers))}"

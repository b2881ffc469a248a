"""Changes of a simulated Camunda cluster: the operations from one distribution to another. Pure.

Names and order are those of Camunda docs, Cluster scaling; replicas join before others leave.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Operation = dict[str, Any]
Replicas = Mapping[int, Mapping[int, int]]  # broker -> partition -> priority


def distribution(brokers: Sequence[int], partitions: int, factor: int) -> dict[int, dict[int, int]]:
    """Return the priority of each replica, by broker and partition: round robin over brokers."""
    found: dict[int, dict[int, int]] = {each: {} for each in brokers}
    for partition in range(1, partitions + 1):
        for replica in range(min(factor, len(brokers))):
            broker = brokers[(partition - 1 + replica) % len(brokers)]
            found[broker][partition] = factor - replica
    return found


def operations(
    before: Replicas, after: Replicas, more_partitions: bool, partitions: int
) -> Iterator[Operation]:
    """Yield the operations of a change."""
    present, wanted = set(before), set(after)
    if wanted != present:
        yield {"operation": "PRE_SCALING", "brokers": sorted(wanted)}
    for broker in sorted(wanted - present):
        yield {"operation": "BROKER_ADD", "brokerId": broker}
    if more_partitions:
        yield {"operation": "START_PARTITION_SCALE_UP"}
    for partition in range(1, partitions + 1):
        yield from _moves(partition, before, after)
    if more_partitions:
        yield {"operation": "AWAIT_REDISTRIBUTION", "count": partitions}
        yield {"operation": "AWAIT_RELOCATION"}
    for broker in sorted(present - wanted):
        yield {"operation": "BROKER_REMOVE", "brokerId": broker}
    if wanted != present:
        yield {"operation": "POST_SCALING", "brokers": sorted(wanted)}


def mode_steps(members: Replicas, mode: str) -> Iterator[Operation]:
    """Yield a change of mode: every broker, then all wait for each other."""
    name = "ENTER_RECOVERY" if mode == "RECOVERING" else "EXIT_RECOVERY"
    for operation in (name, "AWAIT_MODE_CHANGE"):
        for broker in sorted(members):
            yield {"operation": operation, "brokerId": broker}


def restore_steps(members: Replicas, backup: int, position: int) -> Iterator[Operation]:
    """Yield a restore: every replica is dropped and restored, then brokers process again (Camunda
    docs, Restore a backup with the Restore API (RDBMS))."""
    for broker, parts in sorted(members.items()):
        for partition in sorted(parts):
            at = {"brokerId": broker, "partitionId": partition}
            yield {"operation": "PARTITION_PRE_RESTORE", **at}
            restored = {"backupIds": [backup], "position": position}
            yield {"operation": "PARTITION_RESTORE", **at, **restored}
    yield from mode_steps(members, "PROCESSING")
    yield {"operation": "UPDATE_INCARNATION_NUMBER"}


def _moves(partition: int, before: Replicas, after: Replicas) -> Iterator[Operation]:
    old = {each: p[partition] for each, p in before.items() if partition in p}
    new = {each: p[partition] for each, p in after.items() if partition in p}
    first = "PARTITION_JOIN" if old else "PARTITION_BOOTSTRAP"
    for broker in sorted(new.keys() - old.keys(), key=lambda each: -new[each]):
        yield _step(first, broker, partition, new[broker])
        first = "PARTITION_JOIN"
    for broker in sorted(old.keys() - new.keys()):
        yield {"operation": "PARTITION_LEAVE", "brokerId": broker, "partitionId": partition}
    for broker in sorted(old.keys() & new.keys()):
        if old[broker] != new[broker]:
            yield _step("PARTITION_RECONFIGURE_PRIORITY", broker, partition, new[broker])


def _step(operation: str, broker: int, partition: int, priority: int) -> Operation:
    return {
        "operation": operation,
        "brokerId": broker,
        "partitionId": partition,
        "priority": priority,
    }

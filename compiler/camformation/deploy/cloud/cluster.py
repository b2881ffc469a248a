"""A Camunda cluster as its management API describes it. Times carry their zone."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from camformation.frozen import frozen


@frozen
class Member:
    """A broker of the cluster's configuration, whether or not it is running.

    `partitions`: the states of its replicas by number, ACTIVE, JOINING, LEAVING, …
    """

    id: int
    state: str  # ACTIVE | JOINING | LEAVING | LEFT | RECOVERING | UNKNOWN
    partitions: Mapping[int, str]
    exporters: Mapping[str, str]  # name -> ENABLED | DISABLED | CONFIG_NOT_FOUND | MIXED
    mode: str = ""  # PROCESSING | RECOVERING; empty if not known


@frozen
class Step:
    """An operation of a change: BROKER_ADD, PARTITION_JOIN, PARTITION_LEAVE, …"""

    operation: str
    broker: int | None = None
    partition: int | None = None


@frozen
class Change:
    """A change of the configuration."""

    id: int
    status: str  # IN_PROGRESS | COMPLETED | FAILED | CANCELLED
    completed: tuple[Step, ...] = ()
    pending: tuple[Step, ...] = ()
    started: datetime | None = None


@frozen
class Cluster:
    """The configuration: brokers, replicas, and the running change."""

    members: tuple[Member, ...]
    last: Change | None
    pending: Change | None
    partitions: int  # that take work; new ones count once they are in use

    @property
    def size(self) -> int:
        """The number of brokers that are members, or joining."""
        return sum(each.state not in ("LEFT", "LEAVING") for each in self.members)

    @property
    def replicas(self) -> Mapping[int, int]:
        """The number of replicas of each partition."""
        return Counter(p for each in self.members for p in each.partitions)

    @property
    def replication_factor(self) -> int:
        """The smallest number of replicas of a partition."""
        return min(self.replicas.values(), default=0)

    @property
    def mode(self) -> str:
        """PROCESSING or RECOVERING, or MIXED if brokers differ."""
        found = {each.mode or _mode(each) for each in self.members if each.mode or each.partitions}
        return found.pop() if len(found) == 1 else "MIXED"

    @property
    def exporters(self) -> Mapping[str, str]:
        """The state of each exporter; MIXED if brokers differ."""
        found: dict[str, set[str]] = {}
        for each in self.members:
            for name, state in each.exporters.items():
                found.setdefault(name, set()).add(state)
        return {name: next(iter(s)) if len(s) == 1 else "MIXED" for name, s in found.items()}


def _mode(member: Member) -> str:
    """Return the mode of a broker's replicas; RECOVERING if all of them are."""
    states = set(member.partitions.values())
    if "RECOVERING" not in states:
        return "PROCESSING"
    return "RECOVERING" if states == {"RECOVERING"} else "MIXED"


@frozen
class Planned:
    """The operations of a requested change, and the resulting brokers."""

    id: int
    steps: tuple[Step, ...]
    expected: tuple[Member, ...]


@frozen
class Scaling:
    """A requested change: brokers to add or to remove, a number of partitions or of replicas."""

    add: tuple[int, ...] = ()
    remove: tuple[int, ...] = ()
    partitions: int | None = None
    replication_factor: int | None = None


@frozen
class Backup:
    """A backup of the brokers' data."""

    id: int
    state: str  # IN_PROGRESS | COMPLETED | FAILED | INCOMPLETE | INCOMPATIBLE | DOES_NOT_EXIST
    partitions: Mapping[int, str]  # the states of their parts
    reason: str = ""
    taken: datetime | None = None
    version: str = ""  # of the brokers that took it


@frozen
class BackupRange:
    """A time range to which a partition can be restored; two for one partition mean a gap."""

    partition: int
    start: datetime | None
    end: datetime | None


@frozen
class BackupState:
    """The newest backup of each partition, and the restorable ranges."""

    newest: Mapping[int, datetime]
    ranges: tuple[BackupRange, ...]

    @property
    def gaps(self) -> tuple[int, ...]:
        """The partitions with more than one range."""
        numbers = [each.partition for each in self.ranges]
        return tuple(sorted({each for each in numbers if numbers.count(each) > 1}))

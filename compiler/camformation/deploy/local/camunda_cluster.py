"""A simulated Camunda cluster: brokers, node ids, partitions, and changes that take time.

It is not Camunda: nothing is processed, and no broker is running. It follows Camunda's docs on
scaling (Cluster scaling, Management API), so that commands can be rehearsed and tested, and records
actions that a real cluster would not have survived (`harm`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from camformation.deploy.local.camunda_answers import brokers_of, text_of
from camformation.deploy.local.camunda_changes import (
    Operation,
    Replicas,
    distribution,
    mode_steps,
    operations,
)

EXPORTER = "rdbms"


class Rejected(Exception):
    """A request that the cluster does not accept, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class SimulatedCluster:
    """A cluster and its brokers' tasks.

    `tasks` has the node id of each task, None for a waiting one. A change progresses by `pace`
    operations at each read.
    """

    def __init__(
        self, brokers: int = 3, partitions: int = 3, factor: int = 3, version: str = "8.10.6"
    ) -> None:
        self.version = version
        self.partitions = partitions
        self.factor = factor
        self.members = distribution(range(brokers), partitions, factor)
        self.leases = brokers
        self.tasks: list[int | None] = list(range(brokers))
        self.protected: set[int] = set()
        self.pace = 3
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.number = 1
        self.changed = 1
        self.last: dict[str, Any] | None = None
        self.pending: dict[str, Any] | None = None
        self.fails_after: int | None = None  # operations, after which the next change fails
        self.exporters = {EXPORTER: "ENABLED"}
        self.exporting = "EXPORTING"
        self.mode = "PROCESSING"
        self.position = self.exported = 0  # of the log, and of the database
        self.data: dict[str, int | None] = {}  # replicas that are being restored: their positions
        self.leaders: dict[int, int] = {}  # of partitions, as they were last seen
        self.harm: list[str] = []

    @property
    def up(self) -> set[int]:
        """The brokers whose tasks run."""
        return {each for each in self.tasks if each is not None}

    # Tasks, as ECS starts and stops them.

    def set_tasks(self, count: int, choose: Callable[[Sequence[int]], int] = lambda _: 0) -> None:
        """Start or stop tasks; `choose` picks the next to stop among those not protected."""
        while len(self.tasks) > count:
            open_ones = [
                place for place, node in enumerate(self.tasks) if node not in self.protected
            ]
            if not open_ones:
                break
            self.tasks.pop(open_ones[choose(open_ones) % len(open_ones)])
            self._judge()
        self.tasks += [None] * (count - len(self.tasks))
        self.settle()
        if len(self.tasks) < len(self.members):
            self.harm.append(f"{len(self.members)} brokers, but only {len(self.tasks)} tasks")

    def settle(self) -> None:
        """Give free node ids to waiting tasks, and take those of stopped ones."""
        self.tasks = [None if e is not None and e >= self.leases else e for e in self.tasks]
        free = iter(sorted(set(range(self.leases)) - self.up))
        self.tasks = [next(free, None) if each is None else each for each in self.tasks]

    def _judge(self) -> None:
        for partition in range(1, self.partitions + 1):
            replicas = [each for each, parts in self.members.items() if partition in parts]
            running = [each for each in replicas if each in self.up]
            if replicas and len(running) <= len(replicas) // 2:
                self.harm.append(f"partition {partition} has lost its quorum")

    # Changes, as port 9600 takes them.

    def request(self, wish: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """Plan a change of brokers, partitions or replicas, and start it unless it is a dry run."""
        if self.pending or self.mode != "PROCESSING":
            raise Rejected(409, "Another configuration change is in progress.")
        brokers, parts = wish.get("brokers") or {}, wish.get("partitions") or {}
        present = set(self.members)
        if brokers.get("count") is not None:
            wanted = set(range(int(brokers["count"])))
        else:
            added, removed = set(brokers.get("add") or ()), set(brokers.get("remove") or ())
            wanted = (present | added) - removed
        partitions = int(parts.get("count") or self.partitions)
        factor = int(parts.get("replicationFactor") or self.factor)
        if partitions < self.partitions:
            raise Rejected(400, "The number of partitions can only be increased.")
        partitions = max(partitions, *self.known(), 0)  # those of a failed change remain
        if not wanted or factor > len(wanted):
            raise Rejected(400, f"{factor} replicas need as many brokers.")
        if wanted != set(range(len(wanted))):
            raise Rejected(400, "Node ids must have no gap.")
        if missing := present - self.up:
            raise Rejected(400, f"Brokers {sorted(missing)} are not available.")
        after = distribution(sorted(wanted), partitions, factor)
        steps = list(operations(self.members, after, partitions > self.partitions, partitions))
        answer = {
            "changeId": self.number + 1,
            "currentTopology": self.topology(),
            "plannedChanges": steps,
            "expectedTopology": self.topology(after),
        }
        if not dry_run:
            if steps:
                self.begin(steps)
            else:
                self.number += 1
                self.last = self._ended(self.number, "COMPLETED", self.now())
        return answer

    def advance(self) -> None:
        """Carry out the next operations of the change, as far as their brokers run; process."""
        self.process()
        for _ in range(self.pace):
            if not self.pending:
                return
            steps, done = self.pending["steps"], self.pending["done"]
            if done < len(steps) and self.fails_after == done:
                self.fails_after = None
                self._end("FAILED")
                return
            if done < len(steps):
                if not self._apply(steps[done]):
                    return
                self.pending["done"] = done = done + 1
            if done == len(steps):
                self._end("COMPLETED")

    def process(self) -> None:
        """Process a little, and export it, if the mode allows it."""
        if self.mode != "PROCESSING":
            return
        self.position += 1
        if self.exporting == "EXPORTING":
            self.exported = self.position

    def change_mode(self, mode: str, *, dry_run: bool) -> int:
        """Start entering another mode, and return the change's number."""
        if self.pending:
            raise Rejected(409, "Another configuration change is in progress.")
        return self.number + 1 if dry_run else self.begin(mode_steps(self.members, mode))

    def begin(self, steps: Iterable[Operation]) -> int:
        """Start a change, and return its number."""
        self.number += 1
        self.pending = {"id": self.number, "steps": list(steps), "done": 0, "began": self.now()}
        return self.number

    def cancel(self, number: int) -> None:
        """Cancel the running change: finished operations remain."""
        if not self.pending or self.pending["id"] != number:
            raise Rejected(404, f"Change {number} is not in progress.")
        self._end("CANCELLED")

    def _enter(self, mode: str) -> None:
        self.mode = mode
        if mode != "PROCESSING" or not self.data:
            return
        positions = set(self.data.values())
        if len(positions) > 1 or None in positions or len(self.data) < self._replicas():
            self.harm.append("brokers process data of which only a part is restored")
        self.position = max(each or 0 for each in positions)
        if self.position < self.exported:
            self.harm.append("brokers are behind their database")
        self.data = {}

    def _replicas(self) -> int:
        return sum(len(each) for each in self.members.values())

    def _apply(self, step: Operation) -> bool:
        """Carry out an operation; return whether it was possible."""
        broker: Any = step.get("brokerId")
        partition: Any = step.get("partitionId")
        match step["operation"]:
            case "PRE_SCALING":
                self.leases = max(self.leases, len(step["brokers"]))
                self.settle()
            case "POST_SCALING":
                self.leases = len(step["brokers"])
                self.settle()
            case "AWAIT_REDISTRIBUTION":
                self.partitions = step["count"]
            case "START_PARTITION_SCALE_UP" | "AWAIT_RELOCATION":
                pass
            case "AWAIT_MODE_CHANGE" | "UPDATE_INCARNATION_NUMBER":
                pass
            case _ if broker not in self.up:
                return False
            case "ENTER_RECOVERY" | "EXIT_RECOVERY" as name:
                self._enter("RECOVERING" if name == "ENTER_RECOVERY" else "PROCESSING")
            case "PARTITION_PRE_RESTORE":
                self.data[f"{broker}/{partition}"] = None
            case "PARTITION_RESTORE":
                self.data[f"{broker}/{partition}"] = step["position"]
            case "BROKER_ADD":
                self.members.setdefault(broker, {})
            case "BROKER_REMOVE":
                if self.members.pop(broker, None):
                    self.harm.append(f"broker {broker} left with its partitions")
            case "PARTITION_LEAVE":
                self.members[broker].pop(partition, None)
                if partition not in self.known():
                    self.harm.append(f"partition {partition} has no replica left")
            case _:
                self.members[broker][partition] = step["priority"]
        return True

    def _end(self, status: str) -> None:
        pending, self.pending = self.pending, None
        if pending:
            self.last = self._ended(pending["id"], status, pending["began"])
            self.changed += 1
            counts = [sum(p in each for each in self.members.values()) for p in self.known()]
            self.factor = min(counts, default=self.factor)

    def _ended(self, number: int, status: str, began: datetime) -> dict[str, Any]:
        return {
            "id": number,
            "status": status,
            "startedAt": text_of(began),
            "completedAt": text_of(self.now()),
        }

    def known(self) -> list[int]:
        """Return the partitions that any broker has."""
        return sorted({p for parts in self.members.values() for p in parts})

    # Answers.

    def topology(self, members: Replicas | None = None) -> list[dict[str, Any]]:
        """Return the current brokers, or those with other replicas."""
        whose = self.members if members is None else members
        return brokers_of(whose, self.mode, self.exporters, self.changed, self.now())

    def change(self) -> dict[str, Any] | None:
        """Return the running change."""
        if not self.pending:
            return None
        steps, done = self.pending["steps"], self.pending["done"]
        return {
            "id": self.pending["id"],
            "status": "IN_PROGRESS",
            "startedAt": text_of(self.pending["began"]),
            "completed": steps[:done],
            "pending": steps[done:],
        }

    def leader(self, partition: int) -> int | None:
        """Return the leader if there is a quorum: the last one seen while it runs, else the running
        replica with the highest priority."""
        replicas = {e: p[partition] for e, p in self.members.items() if partition in p}
        running = [each for each in replicas if each in self.up]
        if len(running) <= len(replicas) // 2:
            return None
        if self.leaders.get(partition) not in running:
            self.leaders[partition] = max(running, key=lambda each: (replicas[each], -each))
        return self.leaders[partition]

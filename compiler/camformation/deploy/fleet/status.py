"""The status of a fleet: instances by state and cause, running operations, drift."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import (
    InstanceDrift,
    Operation,
    StackInstance,
    StackSet,
    StackSets,
)
from camformation.deploy.fleet.calls import Call, Kind
from camformation.deploy.fleet.causes import CauseGroup, grouped
from camformation.deploy.fleet.events import FleetEvent, RunningOperation
from camformation.deploy.fleet.live_fleet import (
    instances_of,
    read_each,
    read_instances,
    running_operations,
)
from camformation.deploy.fleet.waves import Waves
from camformation.deploy.fleet.work import new_id
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.retries import retried_silently
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place
from camformation.frozen import frozen

LOOK = OperationSpec(None, 100, None, 25, "SOFT_FAILURE_TOLERANCE", "PARALLEL", ())
"""Preferences of drift detection: it changes nothing, so failures do not stop it."""

AGAIN = "run `camformation fleet status --drift` again"


@frozen
class FleetStatus:
    """The current status of a fleet."""

    stack_set: StackSet
    instances: Mapping[Place, StackInstance]
    running: tuple[RunningOperation, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of instances in each state."""
        return Counter(map(state_of, self.instances.values()))

    @property
    def causes(self) -> tuple[CauseGroup, ...]:
        """The causes of instances' problems, the most frequent one first."""
        return grouped(
            (place, each.reason or each.detailed_status)
            for place, each in self.instances.items()
            if state_of(each) in ("FAILED", "INOPERABLE", "SUSPENDED")
        )

    @property
    def healthy(self) -> bool:
        """Whether every instance matches the StackSet."""
        return set(self.counts) <= {"CURRENT"}


@frozen
class DriftedInstance:
    """A drifted instance, and its drifted resources."""

    account: str
    region: str
    stack_id: str | None
    resources: tuple[InstanceDrift, ...]


@frozen
class FleetDrift:
    """The result of drift detection: the last event. `counts` is by DriftStatus."""

    time: datetime
    name: str
    operation: str
    counts: Mapping[str, int]
    drifted: tuple[DriftedInstance, ...]


def state_of(instance: StackInstance) -> str:
    """Return the state of an instance in one word: its running operation, or otherwise its
    status."""
    match instance.detailed_status:
        case "PENDING" | "RUNNING" as busy:
            return busy
        case "SKIPPED_SUSPENDED_ACCOUNT":
            return "SUSPENDED"
    if instance.status == "INOPERABLE":
        return "INOPERABLE"
    if instance.detailed_status in ("FAILED", "FAILED_IMPORT"):
        return "FAILED"
    return instance.status


def read_status(stack_sets: StackSets, clock: Clock, name: str) -> FleetStatus:
    """Return the status of a fleet. Raises DeployError if there is no such StackSet."""
    stack_set = require(stack_sets, clock, name)
    found = retried_silently(clock, lambda: running_operations(stack_sets, name))
    running = tuple(_running(stack_sets, clock, name, operation) for operation in found)
    return FleetStatus(stack_set, read_instances(stack_sets, clock, name), running)


def _running(
    stack_sets: StackSets, clock: Clock, name: str, operation: Operation
) -> RunningOperation:
    def count() -> Counter[str]:
        return Counter(result.status for result in stack_sets.results(name, operation.id))

    return RunningOperation(
        id=operation.id,
        action=operation.action,
        status=operation.status,
        since=operation.created,
        counts=retried_silently(clock, count),
    )


def require(stack_sets: StackSets, clock: Clock, name: str) -> StackSet:
    """Return the StackSet of that name; raises DeployError if there is none."""
    found = retried_silently(clock, lambda: stack_sets.describe(name))
    if found is None:
        raise DeployError(
            "CAM679",
            f"there is no StackSet {name} in this account and region",
            "`camformation fleet deploy` creates it; otherwise check `region`, `account` and "
            "`call_as` in the fleet file",
        )
    return found


def detect_drift(
    stack_sets: StackSets,
    clock: Clock,
    name: str,
    *,
    control: Control = nobody,
    ids: Callable[[], str] = new_id,
) -> Iterator[FleetEvent | FleetDrift]:
    """Detect the drift of every instance; the last event is FleetDrift, Stopped or FleetDetached.

    Resources are read only for drifted instances.
    """
    managed = require(stack_sets, clock, name).managed_execution
    operation = ids()
    waves = Waves(stack_sets, clock, name, AGAIN, control, lambda: operation, managed=managed)
    if not (yield from waves.settle()):
        return
    places = tuple((yield from waves.ask(lambda: instances_of(stack_sets, name))))
    detection = ((Call(Kind.DRIFT, None, places),),)
    if places and not (yield from waves.run("", LOOK, detection)):
        return
    instances = yield from waves.ask(lambda: instances_of(stack_sets, name))
    drifted = [place for place, each in instances.items() if each.drift_status == "DRIFTED"]
    resources = read_each(clock, drifted, lambda place: stack_sets.drifts(name, *place, operation))
    yield FleetDrift(
        clock.now(),
        name,
        operation,
        Counter(each.drift_status for each in instances.values()),
        tuple(
            DriftedInstance(*place, instances[place].stack_id, resources[place])
            for place in drifted
        ),
    )

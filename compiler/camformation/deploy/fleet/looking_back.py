"""The record of a fleet's operation, read from AWS afterwards, as far as it still exists."""

from collections.abc import Iterator

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import Operation, StackSets
from camformation.deploy.fleet.causes import cause_of
from camformation.deploy.fleet.events import (
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    OperationStarted,
    Stopped,
)
from camformation.deploy.fleet.record import FLEET, FleetRecord
from camformation.deploy.fleet.recorder import FleetRecorder, Look
from camformation.deploy.operation.record import Header, OperationRecord
from camformation.fleet.targets import Place
from camformation.frozen import replaced

NOT_WORK = "DETECT_DRIFT"


class Kept:
    """A journal that keeps the records of stacks, and writes nothing."""

    def __init__(self) -> None:
        self.stacks: dict[Place, OperationRecord] = {}

    def begin(self, header: Header) -> None:
        """See `Journal`."""

    def write(self, line: str) -> None:
        """See `Journal`."""

    def add(self, place: Place, record: OperationRecord) -> None:
        """See `FleetJournal`."""
        self.stacks[place] = record


def last_operation(stack_sets: StackSets, name: str, wanted: str | None = None) -> Operation:
    """Return an operation of a StackSet, by default the last one that changed stacks.

    Raises DeployError if there is none.
    """
    if wanted:
        found = stack_sets.operation(name, wanted)
    else:
        work = (each for each in stack_sets.operations(name) if each.action != NOT_WORK)
        found = next(work, None)
    if found is None:
        raise DeployError(
            "CAM778" if wanted else "CAM632",
            f"the StackSet {name} has no operation {wanted}"
            if wanted
            else f"the StackSet {name} has no operation yet",
            f"`camformation fleet history {name}` lists the operations"
            if wanted
            else "`camformation fleet deploy` begins one",
        )
    return found


def read_fleet_record(
    stack_sets: StackSets, clock: Clock, about: Header, operation: Operation, look: Look
) -> FleetRecord:
    """Return the record of an operation, with evidence from a few of the failed stacks.

    Raises DeployError if AWS cannot be reached.
    """
    header = replaced(about, id=operation.id, kind=FLEET, began=operation.created)
    kept = Kept()
    recorder = FleetRecorder(kept, header, look, clock)
    events = tuple(recorder.recorded(_events(stack_sets, about.stack, operation)))
    return FleetRecord(header, events, kept.stacks)


def _events(stack_sets: StackSets, name: str, operation: Operation) -> Iterator[FleetEvent]:
    ended = operation.ended or operation.created
    yield OperationStarted(
        time=operation.created, wave="", id=operation.id, action=operation.action, resumed=True
    )
    counts: dict[str, int] = {}
    for result in stack_sets.results(name, operation.id):
        counts[result.status] = counts.get(result.status, 0) + 1
        if result.status == "FAILED":
            yield InstanceFailed(
                time=ended,
                wave="",
                account=result.account,
                region=result.region,
                reason=result.reason,
                cause=cause_of(result.reason),
                operation=operation.id,
            )
    if operation.in_progress:
        return
    elapsed = (ended - operation.created).total_seconds()
    if operation.status == "SUCCEEDED":
        yield FleetFinished(time=ended, name=name, counts=counts, elapsed=elapsed)
        return
    yield Stopped(
        time=ended,
        wave="",
        why=operation.reason or f"operation {operation.id} {operation.status}",
        remaining=(),
        hint="fix what failed, then run `camformation fleet deploy` again",
        causes=(),
        counts=counts,
        elapsed=elapsed,
    )

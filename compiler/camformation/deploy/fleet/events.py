"""Events of work on a fleet: yielded by the deployer, shown by the reports.

`wave` is the wave's name; it is empty for operations that were already running at the start, and
for those about the StackSet itself. `Notice` and `Delayed` are those of a single deployment.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from camformation.deploy.fleet.causes import Cause, CauseGroup
from camformation.deploy.operation.events import Delayed, Notice
from camformation.frozen import named

Counts = Mapping[str, int]
"""The number of instances in each state: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED."""


@named
class StackSetChanged:
    """The StackSet itself was created, deleted, or is updated with the first operation."""

    time: datetime
    name: str
    id: str
    action: str  # CREATE | DELETE


@named
class WaveStarted:
    """A wave starts. `number` of `waves` counts those with changes."""

    time: datetime
    wave: str
    number: int
    waves: int
    instances: int
    operations: int


@named
class OperationStarted:
    """An operation has been started, or was found running (`resumed`)."""

    time: datetime
    wave: str
    id: str
    action: str  # CREATE | UPDATE | DELETE | IMPORT | DETECT_DRIFT
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    organizational_units: tuple[str, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    resumed: bool = False


@named
class RunningOperation:
    """A running operation, and its progress."""

    id: str
    action: str
    status: str  # QUEUED | RUNNING | STOPPING
    since: datetime
    counts: Counts


@named
class WaveProgress:
    """The state of a wave after each poll. `waiting`: operations yet to be started."""

    time: datetime
    wave: str
    began: datetime
    counts: Counts
    running: tuple[RunningOperation, ...]
    waiting: int = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the wave started."""
        return max(0.0, (self.time - self.began).total_seconds())


@named
class InstanceFailed:
    """An operation failed for one instance; yielded once for each operation."""

    time: datetime
    wave: str
    account: str
    region: str
    reason: str
    cause: Cause
    operation: str


@named
class OperationEnded:
    """An operation has ended."""

    time: datetime
    wave: str
    id: str
    action: str
    status: str  # SUCCEEDED | FAILED | STOPPED
    counts: Counts
    reason: str = ""
    elapsed: float = 0.0


@named
class WaveEnded:
    """A wave has ended: successfully, unless Stopped follows."""

    time: datetime
    wave: str
    counts: Counts
    elapsed: float


@named
class Stopped:
    """An early end. `hint` says how to continue."""

    time: datetime
    wave: str
    why: str
    remaining: tuple[str, ...]  # waves that were not started
    hint: str
    causes: tuple[CauseGroup, ...]
    counts: Counts  # of this and all earlier waves
    elapsed: float


@named
class FleetFinished:
    """The end: everything was done. `causes` has the failures that were tolerated."""

    time: datetime
    name: str
    counts: Counts
    elapsed: float
    changed: bool = True
    causes: tuple[CauseGroup, ...] = ()


@named
class FleetDetached:
    """We stop watching; running operations go on, and no further wave is started."""

    time: datetime
    wave: str
    operations: tuple[str, ...]
    remaining: tuple[str, ...]
    hint: str


FleetEvent = (
    StackSetChanged
    | WaveStarted
    | OperationStarted
    | WaveProgress
    | InstanceFailed
    | OperationEnded
    | WaveEnded
    | Stopped
    | FleetFinished
    | FleetDetached
    | Notice
    | Delayed
)

"""Events of a deployment: yielded by the deployer, shown by the reports.

`component` is the template's name: `root`, `database` …; in a flat deployment always `root`.
Times carry their zone.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from camformation.deploy.cloud.services import (
    ContainerState,
    DeniedCall,
    LogLine,
    ServiceState,
    TargetState,
)
from camformation.diagnostics import Location
from camformation.frozen import named


@named
class Started:
    """An operation has been started, or was found running (`resumed`)."""

    time: datetime
    stack: str
    stack_id: str
    kind: str  # CREATE | UPDATE | DELETE | ROLLBACK
    express: bool = False
    resumed: bool = False
    by: str | None = None  # its author, if known


@named
class ResourceEvent:
    """A resource, or a stack itself, has a new status."""

    time: datetime
    component: str
    logical_id: str
    type: str
    status: str
    reason: str | None = None
    physical_id: str | None = None
    location: Location | None = None
    of_stack: bool = False


@named
class StackProgress:
    """The progress of one stack of the tree; only resources count, not nested stacks."""

    component: str
    status: str
    done: int
    running: int
    failed: int
    began: datetime
    ended: datetime | None = None
    expected: int | None = None  # the number of resources that the plan changes, if there is a plan


@named
class Waiting:
    """A resource in progress, and its usual duration."""

    component: str
    logical_id: str
    type: str
    status: str
    since: datetime
    usual: tuple[int, int] | None = None  # low and high, in seconds


@named
class Progress:
    """The state of the operation after each poll, the longest waits first."""

    time: datetime
    began: datetime
    stacks: tuple[StackProgress, ...]
    waiting: tuple[Waiting, ...]

    @property
    def elapsed(self) -> float:
        """Seconds since the operation started."""
        return max(0.0, (self.time - self.began).total_seconds())


@named
class Evidence:
    """The evidence of the last failed task, kept before a rollback deletes its service."""

    task: str
    task_definition: str
    stopped_reason: str
    containers: tuple[ContainerState, ...] = ()
    log: tuple[LogLine, ...] = ()
    log_group: str | None = None
    targets: tuple[TargetState, ...] = ()  # as load balancers see the tasks


@named
class Output:
    """The last log lines of a function and its tasks."""

    group: str
    lines: tuple[LogLine, ...]


@named
class Rollout:
    """An ECS service during its rollout, after each change."""

    time: datetime
    component: str
    logical_id: str
    service: ServiceState
    evidence: Evidence | None = None
    waits_for: str | None = None  # the failure that it waits for, if known to be temporary


@named
class Failure:
    """A resource that failed by itself, not because a sibling or a nested stack did."""

    time: datetime
    component: str
    logical_id: str
    type: str
    status: str
    reason: str
    physical_id: str | None = None
    location: Location | None = None
    evidence: Evidence | None = None
    output: Output | None = None  # of the function behind a custom resource
    service_events: tuple[str, ...] = ()  # ECS's last messages, newest first
    rolling_back: bool = False  # it failed in the rollback, so it is not its cause
    hint: str | None = None  # the reason's meaning and the advice, if known
    repeated: int = 0  # the number of equal failures, if they ended the wait


@named
class Notice:
    """A notice that is not CloudFormation's own event."""

    time: datetime
    code: str
    message: str
    hint: str | None = None
    warning: bool = True  # False: only for information


@named
class Denied:
    """Calls that AWS denied during the operation, whoever made them (CloudTrail)."""

    time: datetime
    calls: tuple[DeniedCall, ...]


@named
class Delayed:
    """A call to AWS failed and is repeated after `seconds`."""

    time: datetime
    reason: str
    seconds: float


@named
class Finished:
    """The end. `failures` has the root cause first; `changed` is false if there was nothing to
    do."""

    time: datetime
    stack: str
    stack_id: str
    status: str
    succeeded: bool
    elapsed: float
    outputs: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    changed: bool = True
    reason: str | None = None


@named
class Detached:
    """We stop watching; CloudFormation continues. `reattach` is the command to watch again.

    `certain`: whether CloudFormation has certainly started.
    """

    time: datetime
    stack: str
    stack_id: str
    reattach: str
    reason: str | None = None
    certain: bool = True


Event = (
    Started
    | ResourceEvent
    | Progress
    | Rollout
    | Failure
    | Notice
    | Denied
    | Delayed
    | Finished
    | Detached
)

"""The restore of brokers in place, step by step, until they process again and are healthy.

Camunda docs, Restore a backup with the Restore API (RDBMS). Each step is chosen from the current
state of the cluster (`restoring_steps`). Nothing is dropped before Camunda has found, in a dry run,
what to restore; the earlier state is kept in a backup and a snapshot of the database.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress

from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.management import Conflict, Management
from camformation.deploy.live_stack.ops_task import Left
from camformation.deploy.operation.cluster_waits import ClusterWaits, Failure
from camformation.deploy.operation.exporting import change_exporting
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.restoring_steps import (
    Begin,
    Enter,
    FollowChange,
    LoadDatabase,
    Over,
    Prepare,
    Restored,
    RestoreGoal,
    never_stopped,
    next_step,
    step_back,
    untouched,
)
from camformation.deploy.operation.service_moves import Move, MoveEnded
from camformation.frozen import frozen

REFUSALS = 20
ATTEMPTS = 5
AGAIN = "run the same command again: it continues from the cluster's present state"
LEFT = f"{AGAIN}; until the restore itself starts, --give-up lets brokers process as before"

Steps = Generator[Move, None, bool]
"""Yields events, and returns whether it was followed to its end."""


@frozen
class Kept:
    """The protection of the current data during a restore: taking a backup with its snapshot; and
    the message when the database is to be loaded."""

    backup: Callable[[], Iterator[Move]]
    load: str


class Restorer(ClusterWaits):
    """Restores brokers from a backup. Raises DeployError if it does not succeed."""

    def __init__(
        self, management: Management, clock: Clock, kept: Kept, control: Control = nobody
    ) -> None:
        super().__init__(management, clock, control, "brokers")
        self._kept = kept
        self._begun = False
        self._refused = self._entered = 0

    def run(self, goal: RestoreGoal) -> Iterator[Move]:
        """Do one step after the other."""
        yield from self._unless_left(self._steps(goal))

    def give_up(self) -> Iterator[Move]:
        """Let recovering brokers process again, with their current data."""
        yield from self._unless_left(self._back())

    def _unless_left(self, steps: Iterator[Move]) -> Iterator[Move]:
        try:
            yield from steps
        except Left:
            self._left = True
        if self._left:
            yield self._ended("detached; Camunda continues with what was started", LEFT, left=True)

    def _steps(self, goal: RestoreGoal) -> Iterator[Move]:
        prepared = restored = False
        while not self._left:
            cluster = self._cluster()
            if self._begun and not cluster.pending:  # it may have ended between two polls
                restored = restored or cluster.mode == "PROCESSING"
            step = next_step(cluster, goal, prepared=prepared, restored=restored)
            match step:
                case Prepare():
                    prepared = yield from self._prepare()
                case Enter(mode):
                    yield from self._enter(mode)
                case LoadDatabase():
                    said = "brokers are RECOVERING: they neither process nor export"
                    yield self._ended(said, self._kept.load)
                    return
                case Begin():
                    yield from self._begin(goal)
                case FollowChange(change, restores):
                    ended = yield from self._followed(change, _stuck(change))
                    if ended and restores:
                        self._check(change)
                        restored = True
                case Restored() | Over():
                    if step == Over() and self._management.exporting() != "PAUSED":
                        raise never_stopped()
                    yield from self._finish("brokers are restored, processing and healthy")
                    return

    def _back(self) -> Iterator[Move]:
        while not self._left:
            match step_back(self._cluster()):
                case Enter(mode):
                    with suppress(DeployError):  # so that only a restore leaves it paused
                        self._management.resume_exporting()
                    yield from self._enter(mode)
                case FollowChange(change, _):
                    yield from self._followed(change, _stuck(change))
                case Restored():
                    yield from self._finish("brokers process again, with the data that they had")
                    return

    def _prepare(self) -> Steps:
        """Keep the current data: data that is not exported after a backup cannot be ahead of it."""
        if not (yield from self._part(self._exporting("PAUSED"))):
            return False
        try:
            return (yield from self._part(self._kept.backup()))
        except DeployError:
            yield from self._part(self._exporting("EXPORTING"))
            raise

    def _finish(self, message: str) -> Iterator[Move]:
        """Wait until the cluster is healthy, export again, and end."""
        yield from self._until_healthy("until brokers are healthy", _unwell)
        if not self._left and (yield from self._part(self._exporting("EXPORTING"))):
            yield self._ended(message, "take a backup: `camformation backup create --snapshot`")

    def _exporting(self, wish: str) -> Iterator[Move]:
        return change_exporting(self._management, self._clock, wish, self._control)

    def _part(self, events: Iterator[Move]) -> Steps:
        """Pass on the events of a part; return whether it ended."""
        for event in events:
            if not isinstance(event, MoveEnded):
                yield event
            elif event.left:
                self._left = True
            else:
                yield self._moved(event.message)
                return event.succeeded
        return False

    def _enter(self, mode: str) -> Iterator[Move]:
        yield self._moved(f"setting brokers to {mode}")
        self._entered += 1
        if self._entered > ATTEMPTS:
            raise _failed(f"brokers did not enter {mode}")
        self._ask(lambda: self._management.change_mode(mode))

    def _begin(self, goal: RestoreGoal) -> Iterator[Move]:
        """Request the restore, if Camunda finds a backup; else let brokers process again, if only
        the mode was changed."""
        yield self._moved("looking for what can be restored")
        try:
            self._management.restore(goal.selection, dry_run=True)
        except (Unreachable, Conflict):
            self._refuse("Camunda accepts no restore")
            return
        except DeployError as error:
            if goal.database != "keep" or not untouched(self._cluster()):
                raise _failed(
                    f"{error.message}; brokers stay RECOVERING",
                    "restore another backup or time; or, if the database is as it was and no "
                    "broker was restored yet, --give-up lets brokers process again",
                ) from error
            yield from self._part(self._back())
            raise _failed(
                f"{error.message}; nothing was restored, and brokers process again",
                "the database is ahead of every backup: restore both to one time, into a new "
                "deployment, with --from",
            ) from error
        yield self._moved("restoring every partition of every broker")
        self._begun = True
        self._ask(lambda: self._management.restore(goal.selection))

    def _ask(self, call: Callable[[], int]) -> None:
        """Request a change; if it is uncertain whether it arrived, the state decides."""
        try:
            call()
            self._refused = 0
        except (Unreachable, Conflict):
            self._refuse("Camunda accepts no change, and reports none in progress")

    def _refuse(self, why: str) -> None:
        self._refused += 1
        if self._refused > REFUSALS:
            raise _failed(why)
        self._wait()

    def _check(self, change: int) -> None:
        """Raise DeployError if a restore has ended without success."""
        cluster = self._cluster()
        status = cluster.last.status if cluster.last and cluster.last.id == change else "over"
        if status in ("COMPLETED", "over") and cluster.mode == "PROCESSING":
            return
        if cluster.pending is None:
            raise _failed(
                f"the restore, change {change}, is {status}; brokers are {cluster.mode}",
                "their data is partly restored, partly old: run the command again, with a backup "
                "that can be restored, until it succeeds",
            )

    def _ended(self, message: str, hint: str | None, *, left: bool = False) -> MoveEnded:
        now = self._clock.now()
        return MoveEnded(time=now, succeeded=True, message=message, hint=hint, left=left)


def _unwell(wrong: str) -> DeployError:
    return _failed(f"brokers process, but are not healthy: {wrong}")


def _stuck(change: int) -> Failure:
    return lambda seen: _failed(
        seen,
        "Camunda retries failed operations: see `camformation logs --service orchestration`, and "
        "remove the cause; to restore another backup, cancel the change with `camformation task "
        f"run … DELETE /actuator/cluster/changes/{change}`, and restore again",
    )


def _failed(why: str, hint: str | None = None) -> DeployError:
    return DeployError("CAM787", why, hint or f"see `camformation logs`; {AGAIN}")

"""The failed attempts of services to run their tasks, read while ECS still has them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.cloud.services import ServiceDeployment, ServiceState
from camformation.deploy.operation.events import Evidence
from camformation.deploy.operation.evidence import EvidenceReader
from camformation.deploy.operation.verdict import Attempt, Verdict, passing, unplaced, verdict

NEVER = datetime.min.replace(tzinfo=UTC)
SKEW = timedelta(seconds=5)  # between the clocks of CloudFormation and ECS
KEPT = 10  # attempts of each rollout
LOOKS = timedelta(seconds=30)  # between two checks of the logs of running tasks
NO_TASK = (
    "unable to place a task",
    "failed to launch a task",
    "unable to start a task",
    "unable to stop or start tasks",
    "operations are being throttled",
)
"""Parts of ECS's messages on tasks that it could not even start (Amazon ECS Developer Guide,
Service event messages)."""

STARTED = "has started"


class Attempts:
    """The attempts of one service's primary rollout.

    Failures before `since`, when CloudFormation started to update the service, belong to another
    operation, which this one may fix.
    """

    def __init__(
        self, reader: EvidenceReader, cluster: str, name: str, since: datetime = NEVER
    ) -> None:
        self._reader = reader
        self._cluster = cluster
        self._name = name
        self._since = max(NEVER + SKEW, since) - SKEW
        self._rollout = ""
        self._tasks: dict[str, Attempt] = {}  # by task
        self._said: tuple[Attempt, ...] = ()
        self._lines: tuple[str, ...] = ()
        self._looked: datetime | None = None
        self._denied = False

    def read(self, state: ServiceState, now: datetime) -> Evidence | None:
        """Read the tasks that have failed since; return the evidence of the last one, if it is
        new."""
        primary = primary_of(state)
        if self._denied or primary is None:
            return None
        if self._rollout != primary.id:
            self._rollout, self._tasks, self._looked = primary.id, {}, None
        self._said = tuple(_said(state, primary, self._since))
        try:
            failed = self._reader.failed_tasks(self._cluster, self._name)
        except AccessDenied as error:
            self._denied = True
            self._reader.refused("stopped tasks", error)
            return None
        new: Evidence | None = None
        for task in reversed(failed[:KEPT]):
            own = task.task_definition in ("", primary.task_definition)
            known = self._tasks.get(task.id)
            time = known.time if known else task.stopped or now
            if own and time >= max(primary.created, self._since) and _to_read(known):
                found = self._reader.of_task(task)
                self._tasks[task.id] = Attempt(time, found)
                new = found if known is None or found.log else new
        return new

    def look(self, now: datetime) -> None:
        """Check the log of a running task from time to time."""
        self._looked = self._looked or now
        if self._denied or now - self._looked < LOOKS:
            return
        self._looked = now
        try:
            self._lines = self._reader.of_running(self._cluster, self._name)
        except AccessDenied as error:
            self._denied = True
            self._reader.refused("running tasks", error)

    def verdict(self, now: datetime) -> Verdict | None:
        """Return the verdict on the rollout, None if it may still succeed."""
        return verdict(self._tasks.values()) or unplaced(self._said, now)

    @property
    def waits_for(self) -> str | None:
        """The failure, known to pass, for which the rollout waits."""
        said = [each.said for each in self._said]
        found = passing(self._tasks.values(), said, self._lines)
        return found.means if found else None


def primary_of(state: ServiceState) -> ServiceDeployment | None:
    """Return a service's current or last rollout."""
    return next((each for each in state.deployments if each.status == "PRIMARY"), None)


def _to_read(known: Attempt | None) -> bool:
    """Whether a task, or its log, has not been read yet: the log reaches CloudWatch some seconds
    later."""
    found = known.evidence if known else None
    return found is None or (not found.log and any(each.exit_code for each in found.containers))


def _said(state: ServiceState, primary: ServiceDeployment, since: datetime) -> Iterator[Attempt]:
    """Yield ECS's messages on tasks that it could not start in this rollout, newest first.

    They no longer count once it has started others, or all wanted tasks are running.
    """
    if primary.running + primary.pending >= primary.desired:
        return
    for time, text in state.events:
        if time < max(primary.created, since) or STARTED in text:
            return
        if any(part in text for part in NO_TASK):
            yield Attempt(time, said=text)

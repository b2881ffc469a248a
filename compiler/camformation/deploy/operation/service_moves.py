"""Restarts, stops and starts of a deployment's services, followed until ECS is done.

Each service starts only when the previous one is done. Leaving changes nothing: ECS finishes the
current service, and the others stay as they are.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime

from camformation.counting import counted
from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.live_stack.own_services import OwnService, state_of
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.retries import retried_silently
from camformation.frozen import named

POLL_S = 5.0
LIMIT_S = 5400.0  # brokers are replaced one after the other, each within its grace period
DATABASE_LIMIT_S = 3600.0


@named
class Moved:
    """A step has started or progressed."""

    time: datetime
    subject: str  # a service's name, or `database`
    message: str


@named
class MoveEnded:
    """The end: everything is done, or the user left; `hint` says how to continue."""

    time: datetime
    succeeded: bool
    message: str
    hint: str | None = None
    left: bool = False


Move = Moved | MoveEnded
Moves = Generator[Moved, None, bool]
"""Yields events, and returns whether it was followed to its end."""


class Mover:
    """Takes one step after the other. Raises DeployError if ECS or RDS does not succeed."""

    def __init__(self, cloud: Cloud, clock: Clock, control: Control = nobody) -> None:
        self._cloud = cloud
        self._clock = clock
        self._control = control

    def restart(self, services: Sequence[OwnService]) -> Iterator[Move]:
        """Replace the tasks of each service, brokers first: connectors need them."""
        for number, each in enumerate(services):
            before = {one.id for one in state_of(self._cloud.services, each).deployments}
            yield self._moved(
                each.name, "replacing its tasks, within the limits that the template sets"
            )
            self._cloud.services.force_deployment(each.cluster, each.service)
            if not (yield from self._rolled_out(each, before)):
                yield self._left(services[number + 1 :], "restart")
                return
        yield self._ended(f"restarted {_names(services)}")

    def stop(self, services: Sequence[OwnService], database: str | None) -> Iterator[Move]:
        """Stop connectors, then brokers, then the database that both write to."""
        last_first = list(reversed(services))
        for number, each in enumerate(last_first):
            yield self._moved(each.name, "stopping its tasks")
            self._cloud.services.set_desired_count(each.cluster, each.service, 0)
            if not (yield from self._counted(each, 0)):
                yield self._left(last_first[number + 1 :], "stop")
                return
        if database and self._status(database) not in ("stopped", "stopping"):
            yield self._moved("database", f"stopping {database}")
            self._cloud.databases.stop(database)
            if not (yield from self._becomes(database, "stopped")):
                yield self._left((), "stop")
                return
        yield self._ended(f"stopped {_names(services)}{' and the database' if database else ''}")

    def start(
        self, services: Sequence[tuple[OwnService, int]], database: str | None
    ) -> Iterator[Move]:
        """Start the database, then brokers, then connectors, each when the one before is ready."""
        names = [each for each, _ in services]
        if database and self._status(database) != "available":
            if self._status(database) == "stopped":
                yield self._moved("database", f"starting {database}")
                self._cloud.databases.start(database)
            if not (yield from self._becomes(database, "available")):
                yield self._left(names, "start")
                return
        for number, (each, count) in enumerate(services):
            yield self._moved(each.name, f"starting {count} tasks" if count > 1 else "starting it")
            self._cloud.services.set_desired_count(each.cluster, each.service, count)
            if not (yield from self._counted(each, count)):
                yield self._left(names[number + 1 :], "start")
                return
        yield self._ended(f"started {_names(names)}")

    def _rolled_out(self, each: OwnService, before: set[str]) -> Moves:
        def done(state: ServiceState) -> bool:
            primary = next((one for one in state.deployments if one.status == "PRIMARY"), None)
            if primary is None or primary.id in before:
                return False
            if primary.rollout_state == "FAILED":
                raise _failed(each, primary.rollout_reason or "the rollout failed")
            complete = primary.rollout_state in ("COMPLETED", "") and len(state.deployments) == 1
            return complete and state.running == state.desired

        return self._followed(each, done)

    def _counted(self, each: OwnService, count: int) -> Moves:
        def done(state: ServiceState) -> bool:
            if any(one.rollout_state == "FAILED" for one in state.deployments) and count:
                raise _failed(each, "ECS gave up starting its tasks")
            if state.running != count or state.pending:
                return False
            settled = all(one.rollout_state != "IN_PROGRESS" for one in state.deployments)
            return not count or (settled and self._healthy(each))

        return self._followed(each, done)

    def _healthy(self, each: OwnService) -> bool:
        """Whether ECS reports the main container of every task as healthy: scaling is not a
        rollout, so nothing else shows when tasks are ready. Without permission, they count as
        healthy."""
        if not each.checked or self._cloud.local:
            return True
        try:
            tasks = retried_silently(
                self._clock,
                lambda: self._cloud.services.tasks(each.cluster, each.service, stopped=False),
            )
        except AccessDenied:
            return True
        return all(
            container.health == "HEALTHY"
            for task in tasks
            for container in task.containers
            if container.name == each.container
        )

    def _followed(self, each: OwnService, done: Callable[[ServiceState], bool]) -> Moves:
        said = ""
        began = self._clock.now()
        while True:
            state = retried_silently(self._clock, lambda: state_of(self._cloud.services, each))
            text = _progress(state)
            if text != said:
                said = text
                yield self._moved(each.name, text)
            if done(state):
                return True
            if (self._clock.now() - began).total_seconds() > LIMIT_S:
                raise _failed(each, f"it is not steady after {LIMIT_S / 60:.0f} minutes")
            if not self._waits():
                return False

    def _becomes(self, cluster: str, status: str) -> Moves:
        said = ""
        began = self._clock.now()
        while True:
            found = retried_silently(self._clock, lambda: self._status(cluster))
            if found != said:
                said = found
                yield self._moved("database", found)
            if found == status:
                return True
            if (self._clock.now() - began).total_seconds() > DATABASE_LIMIT_S:
                raise DeployError(
                    "CAM726",
                    f"the database {cluster} is not {status} after {DATABASE_LIMIT_S / 60:.0f} "
                    f"minutes: it is {found}",
                    "check it in the RDS console, then run the command again",
                )
            if not self._waits():
                return False

    def _status(self, cluster: str) -> str:
        found = self._cloud.databases.cluster(cluster)
        if found is None:
            raise DeployError("CAM726", f"the database {cluster} does not exist", None)
        return found.status

    def _waits(self) -> bool:
        """Pause; return whether to continue."""
        self._clock.sleep(POLL_S)
        return self._control("SERVICES") is not Choice.DETACH

    def _moved(self, subject: str, message: str) -> Moved:
        return Moved(time=self._clock.now(), subject=subject, message=message)

    def _ended(self, message: str) -> MoveEnded:
        return MoveEnded(time=self._clock.now(), succeeded=True, message=message)

    def _left(self, rest: Sequence[OwnService], command: str) -> MoveEnded:
        hint = "follow it with `camformation status --watch`"
        if rest:
            hint = f"{_names(rest)} not started: run `camformation {command}` again; {hint}"
        said = "detached; ECS continues with what was started"
        return MoveEnded(time=self._clock.now(), succeeded=True, message=said, hint=hint, left=True)


def _progress(state: ServiceState) -> str:
    text = f"{state.running} of {counted(state.desired, 'task')} running"
    if state.pending:
        text += f", {state.pending} pending"
    if len(state.deployments) > 1:
        old = sum(each.running for each in state.deployments if each.status != "PRIMARY")
        text += f", {old} to be replaced"
    if failed := sum(each.failed for each in state.deployments):
        text += f", {failed} failed"
    return text


def _failed(each: OwnService, why: str) -> DeployError:
    return DeployError(
        "CAM726",
        f"{each.name} ({each.service}): {why}",
        f"see `camformation logs --service {each.name}`, fix the cause, and run the command again",
    )


def _names(services: Sequence[OwnService]) -> str:
    return " and ".join(each.name for each in services)

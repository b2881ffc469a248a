"""Scaling a cluster from the command line: look-ups, checks, questions and progress."""

from collections.abc import Iterator

import click

from camformation.cli.management import management_of
from camformation.cli.operating import followed
from camformation.cli.operation_view import OperationView
from camformation.cli.options import Where
from camformation.cli.spec_edit import check_writable, write_values
from camformation.cli.specs import SpecFiles
from camformation.cli.steps import Steps, agreed
from camformation.cli.target import Subject, connected
from camformation.counting import counted
from camformation.deploy.cloud.cluster import Cluster, Planned
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.deployed import require_idle
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.own_services import (
    BROKERS,
    chosen_services,
    own_services,
    state_of,
)
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.scaling import Scaler
from camformation.deploy.operation.scaling_steps import (
    Done,
    Goal,
    check_plan,
    moved,
    next_step,
    wish_of,
)
from camformation.deploy.operation.service_moves import Move, MoveEnded
from camformation.diagnostics import Path
from camformation.frozen import frozen, replaced
from camformation.pipeline import load

FIELDS: dict[str, Path] = {
    "orchestration": ("orchestration", "brokers"),
    "partitions": ("orchestration", "partitions"),
    "replicas": ("orchestration", "replication_factor"),
}


@frozen
class ScaleWish:
    """The options of the command line."""

    what: str  # orchestration | partitions | replicas
    number: int
    endpoints: tuple[str, ...]
    write: bool  # the number into the spec, at the end
    dry_run: bool
    yes: bool

    @property
    def goal(self) -> Goal:
        """The target size of the cluster."""
        if self.what == "partitions":
            return Goal(partitions=self.number)
        if self.what == "replicas":
            return Goal(factor=self.number)
        return Goal(brokers=self.number)


def scale(
    about: Subject,
    where: Where,
    wish: ScaleWish,
    view: OperationView,
    files: SpecFiles,
    given: str,
) -> int:
    """Scale a cluster, and return the exit code. Raises DeployError."""
    if wish.write:
        if about.deployment is None:
            raise DeployError(
                "CAM788", f"{given} is not a spec file that can be written", "leave out --write"
            )
        check_writable(given)
    line = _line(about, wish, files, given)
    with connected(where, about.deployment) as at:
        deployed = require_idle(at.cloud.stacks, about.stack)
        services = own_services(at.cloud, deployed)
        (brokers,) = chosen_services(services, [BROKERS], about.stack)
        state = state_of(at.cloud.services, brokers)
        if len(state.deployments) > 1:
            raise DeployError(
                "CAM725",
                "brokers are being replaced",
                "wait until that is done: `camformation status --watch` shows it",
            )

        def leaving() -> bool:
            return view.control("SERVICES") is Choice.DETACH

        management = management_of(at, about, deployed, wish.endpoints, view.clock, leaving)
        cluster = management.cluster()
        step = next_step(cluster, state.desired, wish.goal)
        said: tuple[str, ...] = ("nothing to do: the cluster already has this size",)
        if not isinstance(step, Done):
            said = tuple(_steps(management, cluster, state.desired, wish.goal))
        steps = Steps(said, tuple(_notes(cluster, wish)), dry_run=wish.dry_run, yes=wish.yes)
        if isinstance(step, Done):
            steps = replaced(steps, notes=(), yes=True)
        if not agreed(about.stack, steps, view):
            return 0
        scaler = Scaler(
            at.cloud.services, brokers, management, view.clock, view.control, local=at.cloud.local
        )
        ended: list[MoveEnded] = []
        code = followed(view, _with_line(scaler.run(wish.goal), line, ended))
        if wish.write and ended and not ended[0].left:
            field = ".".join(map(str, FIELDS[wish.what]))
            if not write_values(given, [(field, wish.number)]):
                click.echo(f"wrote `{field}: {wish.number}` into {given}", err=view.as_json)
        return code


def _steps(management: Management, cluster: Cluster, tasks: int, goal: Goal) -> Iterator[str]:
    """Yield the steps in order; the cluster itself plans its change."""
    wish = wish_of(cluster, goal)
    brokers = goal.brokers if goal.brokers is not None else len(cluster.members)
    needed = max(brokers, len(cluster.members))
    if cluster.pending:
        yield f"follow change {cluster.pending.id}, which is in progress"
    if tasks < needed:
        yield f"ECS runs {counted(needed, 'task')} instead of {tasks}; new ones wait for a node id"
    if not cluster.pending and wish is not None:
        planned: Planned = management.scale(wish, dry_run=True)
        check_plan(planned, cluster, wish)
        yield f"change the cluster: {moved(planned.steps)}, and wait until that is COMPLETED"
    yield "wait until every partition has its leader and its replicas"
    if max(tasks, needed) > brokers:
        yield f"ECS runs {counted(brokers, 'task')}, one less at a time"


def _notes(cluster: Cluster, wish: ScaleWish) -> Iterator[str]:
    if wish.what == "partitions" and wish.number > cluster.partitions:
        yield (
            "note: partitions can never be removed; an earlier backup can only be restored to "
            f"{cluster.partitions}"
        )
    if wish.what == "replicas":
        yield from _replica_notes(cluster, wish.number)
    yield "note: take a backup first; no backup can be taken while partitions are added"


def _replica_notes(cluster: Cluster, number: int) -> Iterator[str]:
    if number < 3:
        yield (
            f"note: with {counted(number, 'replica')}, a partition is not available while one of "
            "its brokers is away" + (", and lost with its broker's disk" if number == 1 else "")
        )
    elif number % 2 == 0:
        yield f"note: {number} replicas survive no more failures than {number - 1} replicas"
    if number < cluster.replication_factor:
        yield (
            "note: deploy the spec at once afterwards: with orchestration.cluster_health_check, a "
            "broker that starts before that waits for the previous number of replicas"
        )


def _line(about: Subject, wish: ScaleWish, files: SpecFiles, given: str) -> str:
    """Return the lines to change in the spec afterwards."""
    path = FIELDS[wish.what]
    field = ".".join(map(str, path))
    if about.deployment is None:
        return f"set `{field}: {wish.number}` in the spec, and deploy it"
    if int(getattr(about.deployment.orchestration, str(path[-1]))) == wish.number:
        return f"{given} already has `{field}: {wish.number}`: deploy it, if you have not yet"
    then = "the plan changes no broker"
    if wish.what == "replicas" and wish.number < int(
        about.deployment.orchestration.replication_factor
    ):
        then = "brokers are replaced one by one, as their health check counts replicas"
    if wish.write:
        return f"deploy {given}, with `{field}: {wish.number}`: {then}"
    location = load(given, files.read).resolved.written(path)
    where = f"at {location.file}:{location.line}" if location else f"in {given}"
    return f"set `{field}: {wish.number}` {where}, and deploy it: {then}"


def _with_line(events: Iterator[Move], line: str, ended: list[MoveEnded]) -> Iterator[Move]:
    """Yield the events, show at the end the lines to change in the spec, and keep the last
    event."""
    for event in events:
        if isinstance(event, MoveEnded):
            event = event if event.left else replaced(event, hint=line)
            ended.append(event)
        yield event

"""Restarts, stops and starts from the command line: look-ups, checks, questions and progress."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from camformation.cli.operation_view import Kind, OperationView, Write
from camformation.cli.options import Where
from camformation.cli.specs import SpecFiles
from camformation.cli.steps import Steps, agreed
from camformation.cli.target import Connection, Subject, connected, errors_shown, subject_of
from camformation.counting import counted
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.data_health import CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed, require_idle
from camformation.deploy.live_stack.own_services import (
    BROKERS,
    OwnService,
    chosen_services,
    own_services,
    state_of,
)
from camformation.deploy.operation.service_moves import Move, MoveEnded, Mover
from camformation.frozen import frozen

FIELDS = {"orchestration": "orchestration.restart", "connectors": "connectors.restart"}
COSTS = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancers",
    "AWS::EC2::NatGateway": "NAT gateways",
    "AWS::EC2::VPCEndpoint": "VPC endpoints",
    "AWS::EFS::FileSystem": "the file system's storage",
    "AWS::S3::Bucket": "objects in buckets",
    "AWS::KMS::Key": "keys",
    "AWS::SecretsManager::Secret": "secrets",
    "AWS::Logs::LogGroup": "stored logs",
}


@frozen
class Wish:
    """The options of the command line."""

    services: tuple[str, ...]
    database: bool
    dry_run: bool
    yes: bool


def _as_json(write: Write) -> Any:
    from camformation.report.deployment.moves import MoveJson

    return MoveJson(write)


def _as_lines(write: Write) -> Any:
    from camformation.report.deployment.moves import MoveLines

    return MoveLines(write)


def moves_view(*, as_json: bool) -> OperationView:
    """Return the view for the events of a restart, a stop or a start."""

    def live_lines(*_: Any) -> Any:
        return _as_lines(lambda text: click.echo(text, nl=False))

    return OperationView(as_json=as_json, kind=Kind(_as_json, _as_lines, live_lines, (), None))


def shown(subject: str, style: str, run: Callable[[Subject, OperationView], int]) -> int:
    """Run a change, with its events and errors shown in a style."""
    files = SpecFiles()
    with errors_shown(files):
        return run(subject_of(files, subject), moves_view(as_json=style == "json"))
    return 1


def restart(about: Subject, where: Where, wish: Wish, view: OperationView) -> int:
    """Replace the tasks of services, and return the exit code. Raises DeployError."""
    with connected(where, about.deployment) as at:
        _, services = _services(at, about, wish)
        for each in services:
            state = state_of(at.cloud.services, each)
            if not state.desired:
                raise DeployError(
                    "CAM725", f"{each.name} is stopped", "start it with `camformation start`"
                )
            if any(
                one.rollout_state == "IN_PROGRESS" and not one.failed for one in state.deployments
            ):
                raise DeployError(
                    "CAM725",
                    f"tasks of {each.name} are already being replaced",
                    "wait until that is done: `camformation status --watch` shows it",
                )
        said = [f"replace the tasks of {each.name} ({each.service})" for each in services]
        note = [
            f"note: plans do not show this restart. To restart by a deployment instead, change "
            f"{' or '.join(FIELDS.get(each.name, each.name) for each in services)}"
        ]
        if any(each.name == BROKERS and (each.wanted or 0) < 3 for each in services):
            note.append(
                "note: there are fewer than three brokers, so Camunda is unavailable "
                "during the restart"
            )
        mover = Mover(at.cloud, view.clock, view.control)
        return _done(about, said, note, wish, view, mover.restart(services))


def stop(about: Subject, where: Where, wish: Wish, view: OperationView) -> int:
    """Stop services, and the database if requested; return the exit code."""
    with connected(where, about.deployment) as at:
        deployed, services = _services(at, about, wish)
        if BROKERS in wish.services:
            _check_connectors(at, deployed, wish.services)
        if wish.database and wish.services:
            raise DeployError(
                "CAM725",
                "the database cannot be stopped alone: running services need it",
                "to stop everything, give --database without naming services",
            )
        for each in services:
            _check_count(at, each, "stop")
        stopped = database = _database(deployed) if wish.database else None
        cluster = at.cloud.databases.cluster(database) if database else None
        if cluster and cluster.status == "stopped":
            database = None
        chosen = [each.name for each in services] + ["the database"] * bool(stopped)
        services = tuple(each for each in services if not _is_at(at, each, 0))
        if not services and not database:
            return _nothing(view, chosen, "stopped")
        said = [f"stop {each.name} ({each.service})" for each in reversed(services)]
        said += [f"stop the database {database}"] if database else []
        notes = [f"note: these still cost: {', '.join(_costs(deployed, stopped))}"]
        notes.append(
            "note: until `camformation start`, plans that change a stopped service are blocked "
            "(CAM660)"
        )
        if database:
            notes.append("note: RDS starts the database again after seven days")
        mover = Mover(at.cloud, view.clock, view.control)
        return _done(about, said, notes, wish, view, mover.stop(services, database))


def start(about: Subject, where: Where, wish: Wish, view: OperationView) -> int:
    """Start the database and services that are stopped; return the exit code."""
    with connected(where, about.deployment) as at:
        deployed, services = _services(at, about, wish)
        if all(each.name != BROKERS for each in services):
            _check_brokers(at, deployed)
        counts = [(each, _check_count(at, each, "start")) for each in services]
        database = _database(deployed)
        cluster = at.cloud.databases.cluster(database) if database else None
        if database and (cluster is None or cluster.status == "available"):
            database = None
        counts = [(each, count) for each, count in counts if not _is_at(at, each, count)]
        if not counts and not database:
            return _nothing(view, [each.name for each in services], "running")
        said = [f"start the database {database}"] if database else []
        said += [
            f"start {each.name} ({each.service}): {counted(count, 'task')}"
            for each, count in counts
        ]
        mover = Mover(at.cloud, view.clock, view.control)
        return _done(about, said, [], wish, view, mover.start(counts, database))


def _is_at(at: Connection, each: OwnService, count: int) -> bool:
    """Whether a service has this number of tasks, and no autoscaling that would change it."""
    state = state_of(at.cloud.services, each)
    return (
        each.wanted is not None
        and state.desired == state.running == count
        and not (state.pending or state.deployments[1:])
    )


def _nothing(view: OperationView, names: Sequence[str], state: str) -> int:
    are = "are" if names[1:] else "is"
    said = f"{' and '.join(names)} {are} {state} already: nothing to do"
    return followed(view, iter([MoveEnded(time=view.clock.now(), succeeded=True, message=said)]))


def _services(
    at: Connection, about: Subject, wish: Wish
) -> tuple[Deployed, tuple[OwnService, ...]]:
    deployed = require_idle(at.cloud.stacks, about.stack)
    found = own_services(at.cloud, deployed)
    return deployed, chosen_services(found, wish.services, about.stack)


def _check_count(at: Connection, each: OwnService, command: str) -> int:
    """Return the desired number of a service's tasks. A cluster that was scaled since its
    deployment has more brokers than its template says: fewer would lose data."""
    state = state_of(at.cloud.services, each)
    if each.wanted is None:
        scaled = at.cloud.services.scalable_targets(each.cluster, [each.service])
        least = scaled[each.service].minimum if each.service in scaled else 1
        return max(state.desired, least)
    if state.desired in (0, each.wanted):
        return each.wanted
    if each.name != BROKERS:
        return state.desired
    raise DeployError(
        "CAM725",
        f"{each.name} has {counted(state.desired, 'task')}, but {each.wanted} in its template: "
        f"`{command}` cannot tell how many brokers the cluster has",
        f"if `camformation status --brokers` shows {state.desired} brokers, deploy the spec with "
        f"orchestration.brokers: {state.desired} first",
    )


def _check_connectors(at: Connection, deployed: Deployed, names: Sequence[str]) -> None:
    for each in own_services(at.cloud, deployed):
        if each.name not in names and state_of(at.cloud.services, each).desired:
            raise DeployError(
                "CAM725",
                f"{each.name} would run without brokers, and be restarted repeatedly",
                f"stop {each.name} too, or first",
            )


def _check_brokers(at: Connection, deployed: Deployed) -> None:
    for each in own_services(at.cloud, deployed):
        if each.name == BROKERS and not state_of(at.cloud.services, each).desired:
            raise DeployError(
                "CAM725",
                "brokers are stopped, and the other services need them",
                f"start {BROKERS} first",
            )


def _database(deployed: Deployed) -> str | None:
    return next((identifier for _, identifier in live(deployed, CLUSTER)), None)


def _costs(deployed: Deployed, stopped: str | None) -> Iterator[str]:
    if _database(deployed):
        yield "the database's storage" if stopped else "the database (--database stops it, too)"
    for kind, words in COSTS.items():
        if live(deployed, kind):
            yield words


def _done(
    about: Subject,
    said: Sequence[str],
    notes: Sequence[str],
    wish: Wish,
    view: OperationView,
    events: Iterator[Move],
) -> int:
    """Show the steps, ask, take them, and return the exit code."""
    steps = Steps(tuple(said), tuple(notes), dry_run=wish.dry_run, yes=wish.yes)
    return followed(view, events) if agreed(about.stack, steps, view) else 0


def followed(view: OperationView, events: Iterator[Move]) -> int:
    """Show the events of the confirmed steps, and return the exit code."""
    last = view.run(events)
    if isinstance(last, MoveEnded) and last.left:
        return view.left(None)
    return 0 if isinstance(last, MoveEnded) and last.succeeded else 1

"""A restore into a new deployment, from the command line: one moment of another one's database and
backups, deployed with Camunda's restore application, and then without it.

The deployed state decides the next step, so that the same command continues after any interruption.
It deploys as `camformation deploy` does; the other deployment keeps everything.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from camformation.cli.deployment import deploy_spec
from camformation.cli.fail_fast import FailFast
from camformation.cli.management import management_of
from camformation.cli.managing import numbered
from camformation.cli.operating import followed, moves_view
from camformation.cli.operation_view import OperationView
from camformation.cli.options import Where
from camformation.cli.restore_finding import BesideWish, RestoreFound, find_restore
from camformation.cli.specs import SpecFiles
from camformation.cli.steps import Steps, agreed, say
from camformation.cli.target import Connection, Subject, connected
from camformation.deploy.change.preparation import DeployOptions
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.own_services import own_services, state_of
from camformation.deploy.live_stack.topology import faults
from camformation.deploy.operation.backup import Backups
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.operation.service_moves import Mover
from camformation.pipeline import Compiled, compile_spec

SETTLES_S = 900.0
POLL_S = 10.0
RESTORE = "orchestration.restore"


def restore_beside(
    wish: BesideWish,
    where: Where,
    options: DeployOptions,
    view: OperationView,
    fail_fast: FailFast,
    files: SpecFiles,
) -> int:
    """Restore into a new deployment, and return the exit code. Raises DeployError and SpecError."""
    before = compile_spec(wish.spec, files.read, wish.layout, wish.settings)
    with connected(where, before.deployment, options.service_role_arn) as at:
        found = find_restore(at, before, wish, view)

    def compiled(fields: Sequence[tuple[str, str]], *more: str) -> Compiled:
        settings = (*wish.settings, *(f"{name}={value}" for name, value in fields), *more)
        return compile_spec(wish.spec, files.read, wish.layout, settings)

    kept = tuple(each for each in found.fields if not each[0].startswith(RESTORE))
    restoring, running = compiled(found.fields), compiled(kept, f"{RESTORE}=null")
    steps = Steps(
        tuple(_said(found, wish)), tuple(_notes(found, wish)), dry_run=wish.dry_run, yes=wish.yes
    )
    if not agreed(found.about.stack, steps, view):
        return 0
    if wish.stop_source and found.runs and (code := _stop(before, wish, where, options, view)):
        say(view, _again(found, wish))
        return code
    todo = [restoring] if found.origin is None else []
    todo += [running] if found.origin is None or found.origin.restores else []
    for each in todo:
        if each is running:
            with connected(where, each.deployment, options.service_role_arn) as at:
                _wait(at, found.about, view)
        code = deploy_spec(
            each,
            where,
            options,
            view,
            yes=True,
            plan_file=None,
            fail_fast=fail_fast,
            preflight=wish.preflight,
        )
        if code:
            say(view, _again(found, wish))
            return code
        with connected(where, each.deployment, options.service_role_arn) as at:
            deployed = require_deployed(at.cloud.stacks, found.about.stack)
            if deployed.stack.in_progress:
                say(view, ["detached: CloudFormation continues", *_again(found, wish)])
                return 0
    code = _back_up(running, found.about, where, options, view)
    say(view, _to_write(kept, Path(wish.spec).name))
    return code


def _again(found: RestoreFound, wish: BesideWish) -> Iterator[str]:
    """Yield the command to continue: stopped brokers cannot list their backups, so it contains the
    time."""
    how = "not restored yet: run the same command again to continue"
    if wish.stop_source and found.origin is None:
        given = [f"--set {n}={v}" for n, v in found.fields if n.startswith("database.source.")]
        how += f" with {' '.join(given)}"
    yield how


def _said(found: RestoreFound, wish: BesideWish) -> Iterator[str]:
    values = dict(found.fields)
    stack = found.about.stack
    if wish.stop_source and found.runs:
        yield f"stop {' and '.join(reversed(found.runs))} of {wish.source}"
    if found.origin is None:
        yield (
            f"deploy {stack}: RDS restores {found.source.cluster} to "
            f"{values['database.source.restore_to_time']} into a new cluster, and brokers restore "
            f"themselves from {found.source.bucket}"
            + (f", up to {values[f'{RESTORE}.to']}" if f"{RESTORE}.to" in values else "")
        )
        yield "wait until every partition has its leader and its replicas"
    if found.origin is None or found.origin.restores:
        yield f"deploy {stack} again, without the restore: brokers are replaced one by one"
    yield "take a backup, into the new deployment's own bucket"


def _notes(found: RestoreFound, wish: BesideWish) -> Iterator[str]:
    yield from found.notes
    yield f"note: {wish.source} keeps its data: database, backups and disks stay as they are"
    if found.runs and not wish.stop_source:
        yield (
            f"note: {wish.source} is running: what it does after that time is not in "
            f"{found.about.stack}, and both would act on the same timers and messages. Use "
            "--stop-source to stop it first"
        )
    yield "note: these fields are set; write all but orchestration.restore into the spec at the end"
    yield from (f"  {name}: {value}" for name, value in found.fields)


def _stop(
    before: Compiled, wish: BesideWish, where: Where, options: DeployOptions, view: OperationView
) -> int:
    """Stop connectors, then brokers of the source; return an exit code if it ends here."""
    with connected(where, before.deployment, options.service_role_arn) as at:
        deployed = require_deployed(at.cloud.stacks, wish.source)
        services = own_services(at.cloud, deployed)
        moves = moves_view(as_json=view.as_json)
        events = Mover(at.cloud, moves.clock, moves.control).stop(services, None)
        code = followed(moves, events)
        return code or int(any(state_of(at.cloud.services, each).desired for each in services))


def _wait(at: Connection, about: Subject, view: OperationView) -> None:
    """Wait until every partition is restored and healthy, if brokers can be reached."""
    deployed = require_deployed(at.cloud.stacks, about.stack)
    management = management_of(at, about, deployed, (), view.clock)
    if not (management.scales or management.restores):
        say(view, ["note: brokers cannot be asked; ECS reports them as healthy"])
        return
    began = view.clock.now()
    while wrong := list(faults(retried_silently(view.clock, management.topology))):
        if (view.clock.now() - began).total_seconds() > SETTLES_S:
            raise DeployError(
                "CAM787",
                f"{about.stack} is not healthy after the restore: {'; '.join(wrong)}",
                "see `camformation status` and `camformation logs`; run the same command again to "
                "continue",
            )
        view.clock.sleep(POLL_S)


def _back_up(
    running: Compiled,
    about: Subject,
    where: Where,
    options: DeployOptions,
    view: OperationView,
) -> int:
    """Take a first backup of the new deployment, and return the exit code."""
    with connected(where, running.deployment, options.service_role_arn) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        management = management_of(at, about, deployed, (), view.clock)
        if not (management.scales or management.restores):
            say(view, ["note: take a backup: brokers cannot be asked for one from here"])
            return 0
        if any(each.state == "COMPLETED" for each in management.backups()):
            return 0
        moves = moves_view(as_json=view.as_json)
        backups = Backups(at.cloud, management, moves.clock, moves.control)
        events = backups.take(numbered=numbered(deployed), cluster=None, snapshot=None)
        return followed(moves, events)


def _to_write(fields: Sequence[tuple[str, str]], spec: str) -> Iterator[str]:
    import yaml

    yield f"write this into {spec}, and keep it: deployments without it are blocked (CAM650)"
    sections: dict[str, Any] = {}
    for name, value in fields:
        *path, last = name.split(".")
        section = sections
        for each in path:
            section = section.setdefault(each, {})
        section[last] = value
    yield from (f"  {line}" for line in yaml.safe_dump(sections, sort_keys=False).splitlines())

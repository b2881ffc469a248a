"""The deployment of one spec from the command line: plan, question, estimate, execution."""

from collections.abc import Callable
from pathlib import Path

import click

from camformation.cli.fail_fast import FailFast
from camformation.cli.management import asking_cluster
from camformation.cli.operation_view import OperationView, command_line
from camformation.cli.options import Where
from camformation.cli.own_prices import price_table
from camformation.cli.preflight import quick_checks, refuse
from camformation.cli.recording import recording, show_diagnosis
from camformation.cli.target import Connection, Subject, connected, interactive, show_left
from camformation.deploy.change.change_set import tidied
from camformation.deploy.change.execution import deploy
from camformation.deploy.change.preparation import DeployOptions, Prepared, prepare, stack_name
from camformation.deploy.change.request import deploy_request, refuse_moved
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.status import PAUSED
from camformation.deploy.operation.events import Detached, Finished
from camformation.deploy.operation.schedule import Schedule, schedule
from camformation.deploy.plan.model import Action
from camformation.deploy.plan.origins import lines_of
from camformation.deploy.plan.plan_file import PlanFile, read_plan
from camformation.deploy.plan.running import ClusterSize
from camformation.frozen import replaced
from camformation.pipeline import Compiled
from camformation.reading import read_json
from camformation.report.deployment.outputs_text import outputs_text
from camformation.report.deployment.timeline_rows import clock as spoken
from camformation.report.plan.json import blocked_json
from camformation.report.plan.text import plan_text

BLOCKED = 3
UNPROTECTED = "CAM643 the resources that hold data are not protected yet: deploy again"


def deploy_spec(
    compiled: Compiled,
    where: Where,
    options: DeployOptions,
    view: OperationView,
    *,
    yes: bool,
    plan_file: Path | None,
    fail_fast: FailFast,
    preflight: bool = True,
) -> int:
    """Deploy a compilation and return the exit code. Raises DeployError."""
    planned = _planned(plan_file)
    if planned:
        options = replaced(options, allow=(*options.allow, *planned.allow))
    if not (yes or interactive()):
        raise DeployError(
            "CAM616",
            "cannot ask for confirmation without a terminal",
            "give --yes to deploy without asking",
        )
    clock = view.clock
    with connected(where, compiled.deployment, options.service_role_arn) as at:
        quick = quick_checks(compiled, at, options, clock.now(), wanted=preflight)
        prepared = prepare(
            at.cloud,
            clock,
            at.caller,
            compiled,
            options,
            before_change_set=lambda: refuse(compiled, quick.obstacles() if quick else ()),
            ask_cluster=_asking(at, compiled, clock),
            prices=price_table(),
        )
        executed = False
        try:
            if planned:
                refuse_moved(planned.fingerprint, prepared.fingerprint)
            if not view.as_json:
                click.echo(plan_text(prepared.plan, colour=interactive()), nl=False)
            elif prepared.plan.blocks:
                click.echo(blocked_json(prepared.plan), nl=False)
            if prepared.plan.blocks:
                return BLOCKED
            if not (yes or _nothing(prepared) or _agreed(prepared)):
                click.echo("nothing was deployed", err=True)
                return 1
            executed = True
            once = not prepared.protect_later
            code = _execute(
                at, view, prepared, options, where, compiled, fail_fast, show_outputs=once
            )
            if code is None and not once:
                code = _protect(at, view, options, where, compiled, fail_fast)
            return code or 0
        finally:
            if not executed:
                show_left(tidied(at.cloud.stacks, clock, prepared.change_set))


def _asking(at: Connection, compiled: Compiled, clock: Clock) -> Callable[[Deployed], ClusterSize]:
    about = Subject(stack_name(compiled.deployment), compiled.deployment)
    return asking_cluster(at, about, clock)


def _planned(file: Path | None) -> PlanFile | None:
    if file is None:
        return None
    try:
        return read_plan(read_json(file))
    except (OSError, ValueError) as error:
        raise DeployError(
            "CAM618",
            f"{file} is not a plan: {getattr(error, 'strerror', None) or error}",
            "`camformation plan --out` writes one",
        ) from error


def _nothing(prepared: Prepared) -> bool:
    """Whether nothing has to be confirmed: neither changes nor settings."""
    return prepared.change_set.no_changes and not prepared.plan.has_changes


def _agreed(prepared: Prepared) -> bool:
    target = prepared.plan.target
    return click.confirm(f"Deploy {target.stack} to {target.account} in {target.region}?")


def _execute(
    at: Connection,
    view: OperationView,
    prepared: Prepared,
    options: DeployOptions,
    where: Where,
    compiled: Compiled,
    fail_fast: FailFast,
    *,
    show_outputs: bool = True,
) -> int | None:
    """Deploy, and return the exit code if it ends here, or None if everything has succeeded."""
    expected = _expected(prepared)
    if expected and not view.as_json and not prepared.change_set.no_changes:
        click.echo(f"\nUsually takes about {spoken(expected.total)}; longest: {_longest(expected)}")
    request = deploy_request(
        prepared,
        disable_rollback=options.disable_rollback,
        role_arn=options.service_role_arn,
        reattach=command_line("watch", prepared.change_set.stack, where, at),
    )
    deployment = compiled.deployment
    stack, spec = prepared.change_set.stack, compiled.resolved.file
    with recording(where, at, stack, spec, deployment) as recorder:
        events = deploy(
            at.cloud,
            view.clock,
            request,
            locate=lines_of(prepared.plan, compiled.locate_in_resource),
            control=view.control,
            give_up=view.giving_up(fail_fast),
        )
        last = view.run(recorder.recorded(events))
    if isinstance(last, Detached):
        if recorder.record.failures and not view.as_json:
            show_diagnosis(recorder)
        return view.left(last.reason)
    if not (isinstance(last, Finished) and last.succeeded):
        if not view.as_json:
            show_diagnosis(recorder)
        return 1
    if view.as_json:
        return None
    if last.changed and expected:
        click.echo(f"took {spoken(last.elapsed)}, where the usual time is {spoken(expected.total)}")
    if show_outputs:
        click.echo()
        click.echo(outputs_text(last.outputs), nl=False)
    return None


def _protect(
    at: Connection,
    view: OperationView,
    options: DeployOptions,
    where: Where,
    compiled: Compiled,
    fail_fast: FailFast,
) -> int | None:
    """Deploy a second time to protect what holds data, after the first one has succeeded."""
    name = stack_name(compiled.deployment)
    stack = at.cloud.stacks.describe_stack(name)
    if stack is not None and stack.status in PAUSED:  # nothing was changed about its failure
        raise DeployError(
            "CAM637",
            f"the first deployment of {name} did not succeed: the stack is in {stack.status}",
            "fix what `camformation watch` shows and continue with --disable-rollback, or run "
            "`camformation destroy` and start over",
        )
    if not view.as_json:
        click.echo(
            "\nAll resources are created. Next, the resources that hold data get the "
            "protection set in the spec."
        )
    try:
        ask = _asking(at, compiled, view.clock)
        prepared = prepare(at.cloud, view.clock, at.caller, compiled, options, ask_cluster=ask)
        code = _execute(at, view, prepared, options, where, compiled, fail_fast)
        if code:
            click.echo(UNPROTECTED, err=True)
        return code
    except KeyboardInterrupt:
        click.echo(UNPROTECTED, err=True)
        raise
    except DeployError as error:
        raise DeployError(
            error.code,
            f"deployed, but the resources that hold data are not protected yet: {error.message}",
            "deploy again to protect them" + (f"; {error.hint}" if error.hint else ""),
        ) from error


def _expected(prepared: Prepared) -> Schedule | None:
    """Return the expected duration; None for updates alone, whose usual durations are not known."""
    made = [
        change.address
        for change in prepared.plan.changes()
        if change.action in (Action.ADD, Action.REPLACE)
    ]
    return schedule(prepared.templates, made) if made else None


def _longest(expected: Schedule) -> str:
    steps = sorted(map(expected.step, expected.critical), key=lambda step: -step.seconds)
    return ", ".join(f"{step.address.logical_id} {spoken(step.seconds)}" for step in steps[:3])

"""An upgrade of Camunda from the command line: the checks before, the deployment, and the checks
afterwards. The deployment itself is that of `camformation deploy`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from camformation.cli.deployment import deploy_spec
from camformation.cli.fail_fast import FailFast
from camformation.cli.management import management_of
from camformation.cli.operation_view import OperationView
from camformation.cli.options import Where
from camformation.cli.plans import online_plan, rendered
from camformation.cli.spec_edit import check_writable, write_values
from camformation.cli.specs import SpecFiles
from camformation.cli.steps import say
from camformation.cli.target import Connection, Subject, connected
from camformation.cli.upgrade_checks import (
    check_backup,
    check_health,
    not_upgraded,
    quiet_brokers,
    running_release,
)
from camformation.deploy.change.preparation import DeployOptions, stack_name
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.own_services import OwnService
from camformation.deploy.plan.plan_file import plan_data
from camformation.deployment import Deployment
from camformation.diagnostics import quoted
from camformation.frozen import frozen
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from camformation.rules.images import image
from camformation.rules.releases import Release
from camformation.rules.upgrades import named, of_release, refusals, release_of, remarks

SETTLES_S = 900.0
POLL_S = 10.0


@frozen
class UpgradeWish:
    """The options of the command line."""

    spec: str
    to: str
    layout: Layout
    settings: tuple[str, ...]
    endpoints: tuple[str, ...]
    without_backup: str | None  # the stack's name
    write: bool  # the lines into the spec, at the end
    dry_run: bool
    yes: bool
    preflight: bool


@frozen
class _Line:
    """A line of the spec: the field, and its required value."""

    field: str
    value: str
    before: str  # as the spec has it
    written: str  # where

    def __str__(self) -> str:
        value = f'"{self.value}"' if self.field == "version" else self.value
        return f"{self.field}: {value}    # {self.written or 'the spec does not have it yet'}"


def upgrade(
    wish: UpgradeWish,
    where: Where,
    options: DeployOptions,
    view: OperationView,
    fail_fast: FailFast,
    files: SpecFiles,
) -> int:
    """Upgrade a deployment, and return the exit code. Raises DeployError and SpecError."""
    wanted = release_of(wish.to)
    if wanted is None:
        raise DeployError(
            "CAM771",
            f"{quoted(wish.to)} is not a release of Camunda",
            "give one such as 8.10.6: not an alpha or release candidate, which cannot be upgraded "
            "later",
        )
    if wish.write:
        check_writable(wish.spec)
    before = compile_spec(wish.spec, files.read, wish.layout, wish.settings)
    lines = tuple(_lines(before, wanted))
    about = Subject(stack_name(before.deployment), before.deployment)
    with connected(where, before.deployment, options.service_role_arn) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        brokers = quiet_brokers(at, about, deployed)
        running = running_release(at, brokers)
        for why, instead in refusals(running, wanted):
            raise DeployError("CAM771", why, instead)
        management = management_of(at, about, deployed, wish.endpoints, view.clock)
        if running == wanted:
            code = _verified(at, view, brokers, management, wanted)
            _written(view, wish, [each for each in lines if each.value != each.before])
            return code
        check_health(management)
        backup = check_backup(
            at, view.clock.now(), about, deployed, management, wish.without_backup
        )
    settings = (*wish.settings, *(f"{each.field}={each.value}" for each in lines))
    after = compile_spec(wish.spec, files.read, wish.layout, settings)
    _check_image(after.deployment, wanted)
    say(view, _told(running, wanted, backup, after, lines))
    if wish.dry_run:
        planned = online_plan(after, where, options, None)
        if view.as_json:
            steps = [{"field": each.field, "value": each.value} for each in lines]
            plan = plan_data(planned.plan)
            click.echo(json.dumps({"event": "steps", "fields": steps, "plan": plan}))
        else:
            click.echo(rendered(planned.plan, "text"), nl=False)
            click.echo("nothing was changed")
        return 3 if planned.plan.blocks else 0
    code = deploy_spec(
        after,
        where,
        options,
        view,
        yes=wish.yes,
        plan_file=None,
        fail_fast=fail_fast,
        preflight=wish.preflight,
    )
    if code:
        say(
            view,
            [
                f"not upgraded: run the same command again to continue, once {about.stack} can "
                "be deployed"
            ],
        )
        return code
    with connected(where, after.deployment, options.service_role_arn) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        if deployed.stack.in_progress:
            say(view, ["detached: CloudFormation continues; the same command checks the result"])
            return 0
        brokers = quiet_brokers(at, about, deployed)
        management = management_of(at, about, deployed, wish.endpoints, view.clock)
        code = _verified(at, view, brokers, management, wanted)
    _written(view, wish, lines)
    return code


def _lines(before: Compiled, wanted: Release) -> Iterator[_Line]:
    version = f"{wanted[0]}.{wanted[1]}"
    if before.deployment.version != version:
        yield _line(before, "version", version, str(before.deployment.version))
    image_now = str(before.deployment.orchestration.image)
    yield _line(before, "orchestration.image", of_release(image_now, wanted), image_now)


def _line(before: Compiled, field: str, value: str, now: str) -> _Line:
    path = tuple(field.split("."))
    own = before.resolved.chooses(path)
    location = before.resolved.written(path) if own else None
    return _Line(field, value, now, f"{location.file}:{location.line}" if location else "")


def _check_image(deployment: Deployment, wanted: Release) -> None:
    found = str(deployment.orchestration.image)
    if image(found).release != wanted:
        raise DeployError(
            "CAM771", f"the brokers' image would be {found}", "name it in the spec, and deploy it"
        )


def _told(
    running: Release, wanted: Release, backup: str, after: Compiled, lines: Sequence[_Line]
) -> Iterator[str]:
    yield (
        f"brokers are upgraded from {named(running)} to {named(wanted)}, one by one; then "
        "connectors"
    )
    yield from (f"  {each}" for each in lines)
    yield f"note: {backup}"
    for each in remarks(running, wanted):
        yield f"note: {each}"
    if not after.deployment.orchestration.cluster_health_check:
        yield (
            "note: orchestration.cluster_health_check is off: ECS replaces the next broker as "
            "soon as one is alive, without waiting for a healthy cluster"
        )
    yield "note: do not deploy processes until it is done (camunda-docs#10014)"
    yield "note: the database keeps its engine"


def _verified(
    at: Connection,
    view: OperationView,
    brokers: OwnService,
    management: Management,
    wanted: Release,
) -> int:
    """Wait until every task has the image and the cluster is whole; return the exit code."""
    began = view.clock.now()
    while True:
        wrong = list(not_upgraded(at, view.clock, brokers, management, wanted))
        if not wrong:
            say(view, [f"brokers run {named(wanted)}, and every partition is healthy"])
            return 0
        if (view.clock.now() - began).total_seconds() > SETTLES_S:
            raise DeployError(
                "CAM772",
                f"not healthy after the upgrade: {'; '.join(wrong)}",
                "see `camformation status` and `camformation logs`; run the same command to check "
                "again",
            )
        view.clock.sleep(POLL_S)


def _written(view: OperationView, wish: UpgradeWish, lines: Sequence[_Line]) -> None:
    """Write lines into the spec if requested; list the remaining ones."""
    spec, left = Path(wish.spec).name, list(lines)
    if wish.write and lines:
        hard = write_values(wish.spec, [(each.field, each.value) for each in lines])
        done = [each for each in lines if each.field not in hard]
        left = [each for each in lines if each.field in hard]
        if done:
            say(view, [f"wrote into {spec}:", *(f"  {e.field}: {e.value}" for e in done)])
    if left:
        told = (
            f"write this into {spec}: otherwise the next deployment would go back to the old "
            "release, and be blocked"
        )
        say(view, [told, *(f"  {each}" for each in left)])

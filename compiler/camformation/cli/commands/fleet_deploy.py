"""`camformation fleet deploy` deploys a fleet wave by wave."""

import click

from camformation.cli.options import (
    Where,
    allow_option,
    bucket_option,
    event_options,
    fleet_argument,
    quiet_option,
    read_role_option,
    set_option,
    target_options,
)


@click.command("deploy")
@fleet_argument
@click.option("--yes", "-y", is_flag=True, help="Deploy without confirmation.")
@allow_option
@click.option(
    "--release",
    multiple=True,
    metavar="ACCOUNT/REGION",
    help="Release the blocks of a target that has no stack.",
)
@read_role_option
@event_options
@quiet_option
@set_option
@bucket_option
@target_options
def command(
    fleet: str,
    yes: bool,
    allow: tuple[str, ...],
    release: tuple[str, ...],
    read_role: str | None,
    style: str,
    quiet: bool,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    where: Where,
) -> int:
    """Deploy a fleet: the StackSet, then its stacks, wave by wave.

    Shows the plan, asks for confirmation, and stops after the first wave in which more stacks fail
    than the wave tolerates. If run again, it follows running operations and then continues. It
    never removes stacks. Exits with 3 if the plan is blocked because data would be lost. The
    deployment is recorded, with evidence from a few of the failed stacks: `fleet diagnose` explains
    it later.
    """
    from camformation.cli.fleet_records import fleet_recording
    from camformation.cli.fleet_view import BLOCKED, agreed, ended, fleet_view
    from camformation.cli.fleets import (
        connected,
        packaged,
        planned_fleet,
        read_fleet,
        subject,
        write_lock,
    )
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, interactive
    from camformation.deploy.cloud.errors import DeployError
    from camformation.deploy.fleet.deployment import deploy
    from camformation.report.fleet.plan_json import blocked_fleet_json
    from camformation.report.fleet.plan_text import fleet_plan_text

    files = SpecFiles()
    with errors_shown(files):
        read = read_fleet(files, fleet, settings)
        if not (yes or interactive()):
            hint = "give --yes to deploy without asking"
            raise DeployError("CAM616", "cannot ask for confirmation without a terminal", hint)
        view = fleet_view(as_json=style == "json", quiet=quiet)
        about = subject(read.loaded)
        with connected(where, about) as at:
            package = packaged(read, at, view.clock, artifact_bucket, required=True)
            planned = planned_fleet(files, read, at, view.clock, package, allow, release)
            plan = planned.plan
            if style != "json":
                click.echo(fleet_plan_text(plan, colour=interactive()), nl=False)
            elif plan.blocks:
                click.echo(blocked_fleet_json(plan), nl=False)
            if plan.blocks:
                return BLOCKED
            account = f"{at.caller.account} in {at.cloud.region}"
            if plan.has_changes and not (yes or agreed(f"Deploy {plan.name} from {account}?")):
                click.echo("nothing was deployed", err=True)
                return 1
            write_lock(read, planned)
            with fleet_recording(where, at, about, view.clock, read_role) as recorder:
                events = deploy(at.cloud.stack_sets, view.clock, plan, control=view.control)
                last = view.run(recorder.recorded(events))
            if recorder.failures and style != "json":
                click.echo(f"`camformation fleet diagnose {fleet}` explains the failures", err=True)
            return ended(view, last)
    return 1

"""`camformation fleet status` shows the state of a fleet's stacks."""

import click

from camformation.cli.options import (
    Where,
    call_as_option,
    data_options,
    fleet_subject_argument,
    target_options,
)


@click.command("status")
@fleet_subject_argument
@click.option(
    "--drift", is_flag=True, help="Detect drift first: changes made outside CloudFormation."
)
@click.option("--every", is_flag=True, help="List every stack on its own line.")
@data_options
@call_as_option
@target_options
def command(
    fleet: str, drift: bool, every: bool, style: str, call_as: str | None, where: Where
) -> int:
    """Show a fleet's stacks by state, failures grouped by their cause, and what is running.

    FLEET is a fleet file, NAME the name of a StackSet. Exits with 0 if every stack is up to date
    (and has not drifted), otherwise with 2.
    """
    from camformation.cli.fleet_view import ended, fleet_view
    from camformation.cli.fleets import connected, subject_of
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, interactive
    from camformation.deploy.fleet.status import FleetDrift, detect_drift, read_status
    from camformation.report.fleet.status_text import fleet_status_json, fleet_status_text

    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, fleet, call_as)
        view = fleet_view(as_json=False, quiet=True)
        with connected(where, about) as at:
            found: FleetDrift | None = None
            if drift:
                last = view.run(
                    detect_drift(at.cloud.stack_sets, view.clock, about.name, control=view.control)
                )
                if not isinstance(last, FleetDrift):
                    return ended(view, last)
                found = last
            status = read_status(at.cloud.stack_sets, view.clock, about.name)
        if style == "json":
            click.echo(fleet_status_json(status, drift=found), nl=False)
        else:
            text = fleet_status_text(status, colour=interactive(), every=every, drift=found)
            click.echo(text, nl=False)
        return 0 if status.healthy and not (found and found.drifted) else 2
    return 1

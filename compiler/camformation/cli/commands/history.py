"""`camformation history` lists the operations on a deployment."""

import click

from camformation.cli.options import Where, data_options, subject_argument, target_options


@click.command("history")
@subject_argument
@data_options
@target_options
def command(subject: str, style: str, where: Where) -> int:
    """List the operations on a deployment, newest first: kind, outcome, duration, who.

    CloudFormation knows those of the last 90 days. `diagnose --operation ID` explains one; if it
    was recorded on this machine, with evidence from tasks and logs. For a fleet file, it lists the
    operations of the fleet, as `fleet history` does.
    """
    from camformation.cli.fleet_history import fleet_history
    from camformation.cli.fleets import is_fleet
    from camformation.cli.operation_history import listed
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown

    files = SpecFiles()
    if is_fleet(files, subject):
        return fleet_history(subject, style, None, where)
    with errors_shown(files):
        click.echo(listed(files, subject, where, as_json=style == "json"), nl=False)
        return 0
    return 1

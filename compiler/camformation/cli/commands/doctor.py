"""`camformation doctor` checks this machine."""

import click

from camformation.cli.options import data_options


@click.command("doctor")
@click.option("--profile", help="The AWS profile to look at.")
@data_options
def command(profile: str | None, style: str) -> int:
    """Check this machine: Python, packages, credentials, regions, folders, terminal.

    Shows where credentials come from, never the credentials, and does not call AWS. Exits with 1 if
    there is a problem.
    """
    from camformation.cli.machine import machine
    from camformation.cli.target import interactive
    from camformation.deploy.preflight.model import Status
    from camformation.report.deployment.preflight_text import machine_json, machine_text

    found = tuple(machine(profile))
    if style == "json":
        click.echo(machine_json(found), nl=False)
    else:
        click.echo(machine_text(found, colour=interactive()), nl=False)
    return 1 if any(each.result.status is Status.NO for each in found) else 0

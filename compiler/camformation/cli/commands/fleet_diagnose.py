"""`camformation fleet diagnose` explains why a fleet's deployment failed."""

from pathlib import Path

import click

from camformation.cli.options import (
    File,
    Where,
    call_as_option,
    fleet_subject_argument,
    format_options,
    read_role_option,
    target_options,
)


@click.command("diagnose")
@fleet_subject_argument
@click.option(
    "--operation",
    metavar="ID",
    help="An earlier deployment or operation; `fleet history` lists them.",
)
@read_role_option
@click.option(
    "--bundle",
    type=File(),
    help="Also write everything known about it to a file that you can send.",
)
@format_options("text", "json", "markdown")
@call_as_option
@target_options
def command(
    fleet: str,
    operation: str | None,
    read_role: str | None,
    bundle: Path | None,
    style: str,
    call_as: str | None,
    where: Where,
) -> int:
    """Explain why a fleet's last deployment failed: causes, places, and evidence from failed
    stacks.

    FLEET is a fleet file, NAME the name of a StackSet. A record on this machine is used if there is
    one, otherwise the last operation of the StackSet from AWS. Exits with 1 if it failed.
    `camformation diagnose --from` reads a bundle.
    """
    from camformation.cli.fleet_history import fleet_diagnosis

    return fleet_diagnosis(fleet, operation, read_role, bundle, style, call_as, where)

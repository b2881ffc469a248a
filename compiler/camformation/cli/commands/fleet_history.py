"""`camformation fleet history` lists the operations of a fleet's StackSet."""

import click

from camformation.cli.options import (
    Where,
    call_as_option,
    data_options,
    fleet_subject_argument,
    target_options,
)


@click.command("history")
@fleet_subject_argument
@data_options
@call_as_option
@target_options
def command(fleet: str, style: str, call_as: str | None, where: Where) -> int:
    """List the operations of a fleet's StackSet, newest first, and the deployments they belong to.

    FLEET is a fleet file, NAME the name of a StackSet. Deployments are recorded on the machine
    that makes them; `fleet diagnose --operation ID` explains one.
    """
    from camformation.cli.fleet_history import fleet_history

    return fleet_history(fleet, style, call_as, where)

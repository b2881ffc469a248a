"""`camformation fleet` deploys one spec to many accounts and regions through StackSets."""

import click

from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "plan": Entry("fleet_plan", "Show what deploying a fleet would do, target by target."),
    "deploy": Entry("fleet_deploy", "Deploy a fleet wave by wave, shown live."),
    "status": Entry("fleet_status", "Show a fleet's stacks by state and by cause; drift."),
    "remove": Entry("fleet_remove", "Take named targets out of a fleet."),
    "import": Entry("fleet_import", "Take existing stacks over into a fleet."),
}


@click.group("fleet", cls=Commands, entries=COMMANDS)
def command() -> None:
    """Deploy one spec to many accounts and regions, from a fleet file.

    `camformation schema fleet` prints the JSON Schema of fleet files.
    """

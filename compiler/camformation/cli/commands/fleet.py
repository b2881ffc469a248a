"""`camformation fleet` deploys one spec to many accounts and regions through StackSets."""

import click

from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "plan": Entry("fleet_plan", "Show what deploying a fleet would do, target by target."),
    "deploy": Entry("fleet_deploy", "Deploy a fleet wave by wave, with live progress."),
    "status": Entry("fleet_status", "Show a fleet's stacks by state and cause, and their drift."),
    "history": Entry("fleet_history", "List a fleet's operations and deployments."),
    "diagnose": Entry("fleet_diagnose", "Explain why a fleet's deployment failed."),
    "remove": Entry("fleet_remove", "Remove targets from a fleet."),
    "import": Entry("fleet_import", "Import existing stacks into a fleet."),
}


@click.group("fleet", cls=Commands, entries=COMMANDS)
def command() -> None:
    """Deploy one spec to many accounts and regions, from a fleet file.

    `camformation schema fleet` prints the JSON Schema of fleet files.
    """

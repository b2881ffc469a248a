"""`camformation stackset` prepares a spec for StackSets that another team operates."""

import click

from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "export": Entry("stackset_export", "Write a template that works in any account and region."),
}


@click.group("stackset", cls=Commands, entries=COMMANDS)
def command() -> None:
    """Hand a spec to CloudFormation StackSets."""

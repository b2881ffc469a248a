"""`camformation task` uses the ops task of a deployment."""

import click

from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "run": Entry("task_run", "Make one call to brokers' management API, and print the answer."),
}


@click.group("task", cls=Commands, entries=COMMANDS)
def command() -> None:
    """Use the ops task of a deployment."""

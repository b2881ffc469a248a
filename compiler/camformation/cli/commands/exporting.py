"""`camformation exporting` pauses and resumes what brokers export to the database."""

import click

from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "pause": Entry("exporting_pause", "Pause exporting to the database."),
    "resume": Entry("exporting_resume", "Resume exporting to the database."),
}


@click.group("exporting", cls=Commands, entries=COMMANDS)
def command() -> None:
    """Pause and resume what brokers export to the database."""

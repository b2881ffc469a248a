"""`camformation backup` takes and looks after backups."""

import click

from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "create": Entry(
        "backup_create", "Take a backup of brokers and, if requested, of the database."
    ),
    "list": Entry("backup_list", "List backups, and the times that can be restored."),
    "verify": Entry("backup_verify", "Say whether a restore could use a backup."),
    "delete": Entry("backup_delete", "Delete a backup of brokers."),
}


@click.group("backup", cls=Commands, entries=COMMANDS)
def command() -> None:
    """Take, list, verify and delete backups.

    A restore needs brokers' backups and the database's of the same time. Aurora keeps its own
    continuously. The commands need the ops task, a cluster administrator (8.10) or --endpoint.
    """

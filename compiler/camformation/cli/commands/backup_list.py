"""`camformation backup list` lists backups."""

import click

from camformation.cli.options import (
    Where,
    data_options,
    endpoints_option,
    subject_argument,
    target_options,
)


@click.command("list")
@subject_argument
@endpoints_option
@data_options
@target_options
def command(subject: str, endpoints: tuple[str, ...], style: str, where: Where) -> int:
    """List brokers' backups, snapshots of the database, and the times that can be restored."""
    from camformation.cli.managing import list_backups
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    files = SpecFiles()
    with errors_shown(files):
        return list_backups(subject_of(files, subject), where, endpoints, as_json=style == "json")
    return 1

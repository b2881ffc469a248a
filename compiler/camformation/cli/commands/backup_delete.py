"""`camformation backup delete` deletes a backup."""

import click

from camformation.cli.options import (
    Where,
    endpoints_option,
    event_options,
    subject_argument,
    target_options,
)


@click.command("delete")
@subject_argument
@click.argument("number", type=click.IntRange(min=1), metavar="ID")
@click.option("--the-last-one", is_flag=True, help="Delete it even if no other is complete.")
@endpoints_option
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do it without confirmation.")
@event_options
@target_options
def command(
    subject: str,
    number: int,
    the_last_one: bool,
    endpoints: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Delete the backup of that ID from the backup bucket. It cannot be brought back.

    Refused for the only complete backup, unless --the-last-one is given.
    """
    from camformation.cli.managing import delete_backup, shown

    return shown(
        subject,
        style,
        lambda about, view: delete_backup(
            about, where, number, endpoints, view, last=the_last_one, dry_run=dry_run, yes=yes
        ),
    )

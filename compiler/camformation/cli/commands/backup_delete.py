"""`camformation backup delete` deletes a backup."""

import click

from camformation.cli.options import (
    Number,
    Where,
    dry_run_option,
    endpoints_option,
    event_options,
    subject_argument,
    target_options,
    yes_option,
)


@click.command("delete")
@subject_argument
@click.argument("number", type=Number(), metavar="ID")
@click.option(
    "--the-last-one", is_flag=True, help="Delete it even if it is the only complete backup."
)
@endpoints_option
@dry_run_option
@yes_option
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
    """Delete the backup with that ID from the backup bucket. It cannot be recovered.

    Refused for the only complete backup, unless --the-last-one is given.
    """
    from camformation.cli.managing import delete_backup
    from camformation.cli.operating import shown

    return shown(
        subject,
        style,
        lambda about, view: delete_backup(
            about, where, number, endpoints, view, last=the_last_one, dry_run=dry_run, yes=yes
        ),
    )

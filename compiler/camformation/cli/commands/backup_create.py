"""`camformation backup create` takes a backup."""

import click

from camformation.cli.options import (
    Where,
    dry_run_option,
    endpoints_option,
    event_options,
    subject_argument,
    target_options,
    yes_option,
)


@click.command("create")
@subject_argument
@click.option(
    "--snapshot", is_flag=True, help="Take a snapshot of the Aurora cluster first; it stays."
)
@endpoints_option
@dry_run_option
@yes_option
@event_options
@target_options
def command(
    subject: str,
    snapshot: bool,
    endpoints: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Take a backup of every partition, and wait until it is complete.

    Aurora can be restored to any time before it, for as long as `database.backup_retention_days`;
    --snapshot keeps a state of the database for longer.
    """
    from camformation.cli.managing import create_backup
    from camformation.cli.operating import shown

    return shown(
        subject,
        style,
        lambda about, view: create_backup(
            about, where, endpoints, view, snapshot=snapshot, dry_run=dry_run, yes=yes
        ),
    )

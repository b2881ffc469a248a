"""`camformation exporting pause` pauses exporting."""

import click

from camformation.cli.options import (
    Where,
    endpoints_option,
    event_options,
    subject_argument,
    target_options,
)


@click.command("pause")
@subject_argument
@click.option(
    "--soft", is_flag=True, help="Go on exporting, and keep what is exported in the brokers' logs."
)
@endpoints_option
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do it without confirmation.")
@event_options
@target_options
def command(
    subject: str,
    soft: bool,
    endpoints: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Pause exporting, for example while the database is repaired. Processes continue.

    Brokers keep what is not exported, so that their disks fill: resume soon. Needs the ops task,
    a cluster administrator (8.10) or --endpoint.
    """
    from camformation.cli.managing import exporting, shown

    wish = "SOFT_PAUSED" if soft else "PAUSED"
    return shown(
        subject,
        style,
        lambda about, view: exporting(
            about, where, wish, endpoints, view, dry_run=dry_run, yes=yes
        ),
    )

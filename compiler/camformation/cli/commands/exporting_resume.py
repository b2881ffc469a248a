"""`camformation exporting resume` resumes exporting."""

import click

from camformation.cli.options import (
    Where,
    endpoints_option,
    event_options,
    subject_argument,
    target_options,
)


@click.command("resume")
@subject_argument
@endpoints_option
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do it without confirmation.")
@event_options
@target_options
def command(
    subject: str,
    endpoints: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Resume exporting: what brokers have kept is exported, and then deleted from their disks."""
    from camformation.cli.managing import exporting, shown

    return shown(
        subject,
        style,
        lambda about, view: exporting(
            about, where, "EXPORTING", endpoints, view, dry_run=dry_run, yes=yes
        ),
    )

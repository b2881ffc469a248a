"""`camformation exporting resume` resumes exporting."""

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


@click.command("resume")
@subject_argument
@endpoints_option
@dry_run_option
@yes_option
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
    """Resume exporting: data that brokers have kept is exported, and then deleted from their
    disks."""
    from camformation.cli.managing import exporting
    from camformation.cli.operating import shown

    return shown(
        subject,
        style,
        lambda about, view: exporting(
            about, where, "EXPORTING", endpoints, view, dry_run=dry_run, yes=yes
        ),
    )

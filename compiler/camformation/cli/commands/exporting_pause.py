"""`camformation exporting pause` pauses exporting."""

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


@click.command("pause")
@subject_argument
@click.option(
    "--soft",
    is_flag=True,
    help="Keep exporting, but do not delete exported records from the brokers' logs.",
)
@endpoints_option
@dry_run_option
@yes_option
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

    Brokers keep data that is not exported, so their disks fill up: resume soon. Needs the ops task,
    a cluster administrator (8.10) or --endpoint.
    """
    from camformation.cli.managing import exporting
    from camformation.cli.operating import shown

    wish = "SOFT_PAUSED" if soft else "PAUSED"
    return shown(
        subject,
        style,
        lambda about, view: exporting(
            about, where, wish, endpoints, view, dry_run=dry_run, yes=yes
        ),
    )

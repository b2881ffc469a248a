"""`camformation rebalance` spreads the partitions' leaders over the brokers."""

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


@click.command("rebalance")
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
    """Let brokers elect partition leaders again, so that each leads about as many partitions.

    Brokers that were replaced do not get their leaders back by themselves. Does nothing if leaders
    are even.
    """
    from camformation.cli.managing import rebalanced
    from camformation.cli.operating import shown

    return shown(
        subject,
        style,
        lambda about, view: rebalanced(about, where, endpoints, view, dry_run=dry_run, yes=yes),
    )

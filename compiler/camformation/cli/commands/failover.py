"""`camformation failover` makes another instance of the database the writer."""

import click

from camformation.cli.options import (
    Where,
    dry_run_option,
    event_options,
    subject_argument,
    target_options,
    yes_option,
)


@click.command("failover")
@subject_argument
@click.option("--to", "wanted", metavar="INSTANCE", help="The replica that becomes the writer.")
@dry_run_option
@yes_option
@event_options
@target_options
def command(
    subject: str, wanted: str | None, dry_run: bool, yes: bool, style: str, where: Where
) -> int:
    """Make another instance of the Aurora cluster the writer, and wait until all are available.

    Refused for a database with one instance. Ctrl-C asks whether to leave; RDS continues, and the
    same command follows it again.
    """
    from camformation.cli.failover import failover
    from camformation.cli.operating import shown

    return shown(
        subject,
        style,
        lambda about, view: failover(about, where, wanted, view, dry_run=dry_run, yes=yes),
    )

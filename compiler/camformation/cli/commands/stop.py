"""`camformation stop` stops services, for nights and weekends."""

import click

from camformation.cli.completers import services
from camformation.cli.options import (
    Where,
    dry_run_option,
    event_options,
    no_spec,
    subject_argument,
    target_options,
    yes_option,
)


@click.command("stop")
@subject_argument
@click.argument(
    "services", nargs=-1, metavar="[SERVICE...]", shell_complete=services, callback=no_spec
)
@click.option("--database", is_flag=True, help="Stop the Aurora cluster, too.")
@dry_run_option
@yes_option
@event_options
@target_options
def command(
    subject: str,
    services: tuple[str, ...],
    database: bool,
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Stop connectors, then brokers; with --database, the Aurora cluster too.

    Everything is kept, and `camformation start` starts it again. Remaining costs are shown first.
    """
    from camformation.cli.operating import Wish, shown, stop

    wish = Wish(services, database, dry_run, yes)
    return shown(subject, style, lambda about, view: stop(about, where, wish, view))

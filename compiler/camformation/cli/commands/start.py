"""`camformation start` starts a stopped deployment."""

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


@click.command("start")
@subject_argument
@click.argument(
    "services", nargs=-1, metavar="[SERVICE...]", shell_complete=services, callback=no_spec
)
@dry_run_option
@yes_option
@event_options
@target_options
def command(
    subject: str,
    services: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Start stopped parts: the database, brokers, then connectors.

    Services get the number of tasks in their deployed template.
    """
    from camformation.cli.operating import Wish, shown, start

    wish = Wish(services, False, dry_run, yes)
    return shown(subject, style, lambda about, view: start(about, where, wish, view))

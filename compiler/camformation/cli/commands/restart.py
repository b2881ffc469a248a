"""`camformation restart` replaces the tasks of services."""

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


@click.command("restart")
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
    """Replace the tasks of services with new ones of the same task definition, brokers first.

    Tasks read secrets when they start. ECS replaces brokers one at a time, as the template says.
    Without SERVICE, all services are restarted. Ctrl-C asks whether to leave; ECS continues.
    """
    from camformation.cli.operating import Wish, restart, shown

    wish = Wish(services, False, dry_run, yes)
    return shown(subject, style, lambda about, view: restart(about, where, wish, view))

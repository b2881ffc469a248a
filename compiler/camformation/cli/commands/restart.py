"""`camformation restart` replaces the tasks of services."""

import click

from camformation.cli.options import Where, event_options, subject_argument, target_options


@click.command("restart")
@subject_argument
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do it without confirmation.")
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
    """Replace the tasks of services by others of the same task definition, brokers first.

    Tasks read secrets when they start. ECS replaces brokers one at a time, as the template says.
    Without SERVICE, all services are restarted. Ctrl-C asks whether to leave; ECS goes on.
    """
    from camformation.cli.operating import Wish, moves_view, restart
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    files = SpecFiles()
    with errors_shown(files):
        view = moves_view(as_json=style == "json")
        wish = Wish(services, False, dry_run, yes)
        return restart(subject_of(files, subject), where, wish, view)
    return 1

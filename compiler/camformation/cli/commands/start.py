"""`camformation start` starts what was stopped."""

import click

from camformation.cli.options import Where, event_options, subject_argument, target_options


@click.command("start")
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
    """Start what is stopped: the database, brokers, then connectors.

    Services get the number of tasks in their deployed template.
    """
    from camformation.cli.operating import Wish, moves_view, start
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    files = SpecFiles()
    with errors_shown(files):
        view = moves_view(as_json=style == "json")
        wish = Wish(services, False, dry_run, yes)
        return start(subject_of(files, subject), where, wish, view)
    return 1

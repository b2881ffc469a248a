"""`camformation stop` stops services, for nights and weekends."""

import click

from camformation.cli.options import Where, event_options, subject_argument, target_options


@click.command("stop")
@subject_argument
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@click.option("--database", is_flag=True, help="Stop the Aurora cluster, too.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do it without confirmation.")
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

    Everything is kept, and `camformation start` starts it again. What still costs is shown first.
    """
    from camformation.cli.operating import Wish, moves_view, stop
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    files = SpecFiles()
    with errors_shown(files):
        view = moves_view(as_json=style == "json")
        wish = Wish(services, database, dry_run, yes)
        return stop(subject_of(files, subject), where, wish, view)
    return 1

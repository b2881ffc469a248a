"""`camformation failover` lets another instance of the database write."""

import click

from camformation.cli.options import Where, event_options, subject_argument, target_options


@click.command("failover")
@subject_argument
@click.option("--to", "wanted", metavar="INSTANCE", help="The replica that is to write.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do it without confirmation.")
@event_options
@target_options
def command(
    subject: str, wanted: str | None, dry_run: bool, yes: bool, style: str, where: Where
) -> int:
    """Let another instance of the Aurora cluster write, and wait until all are available.

    Refused for a database with one instance. Ctrl-C asks whether to leave; RDS goes on, and the
    same command follows it again.
    """
    from camformation.cli.failover import failover
    from camformation.cli.operating import moves_view
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    files = SpecFiles()
    with errors_shown(files):
        view = moves_view(as_json=style == "json")
        about = subject_of(files, subject)
        return failover(about, where, wanted, view, dry_run=dry_run, yes=yes)
    return 1

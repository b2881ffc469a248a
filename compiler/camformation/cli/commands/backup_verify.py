"""`camformation backup verify` checks whether a restore could use a backup."""

import click

from camformation.cli.options import (
    Number,
    Where,
    data_options,
    endpoints_option,
    subject_argument,
    target_options,
)


@click.command("verify")
@subject_argument
@click.argument("number", type=Number(), metavar="[ID]", required=False)
@click.option(
    "--within",
    default="PT2H",
    show_default=True,
    metavar="DURATION",
    help="How old the newest backup may be, such as 2h or PT2H; without ID.",
)
@endpoints_option
@data_options
@target_options
def command(
    subject: str,
    number: int | None,
    within: str,
    endpoints: tuple[str, ...],
    style: str,
    where: Where,
) -> int:
    """Check whether a restore could use a backup: the one with that ID, or the newest.

    Every partition has to be in it, complete, and the database must be restorable to a time before
    it. Without ID, also checks its age, and that there are no gaps in the times that can be
    restored. Exits with 0 if all is well, else with 1.
    """
    from camformation.cli.managing import verify_backup
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of
    from camformation.durations import seconds

    fresh = seconds(within)
    if not fresh:
        raise click.UsageError(f"--within {within} is not a duration such as 2h or PT2H")
    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, subject)
        return verify_backup(about, where, number, fresh, endpoints, as_json=style == "json")
    return 1

"""`camformation task run` makes one call to brokers' management API by the ops task."""

import click

from camformation.cli.options import (
    Where,
    endpoints_option,
    subject_argument,
    target_options,
    yes_option,
)


@click.command("run")
@subject_argument
@click.argument("method", type=click.Choice(["GET", "POST", "PATCH", "PUT", "DELETE"]))
@click.argument("path")
@click.option("--body", metavar="JSON", help="What to send.")
@click.option("--everywhere", is_flag=True, help="Ask every broker, and print the answer of each.")
@endpoints_option
@click.option("--dry-run", is_flag=True, help="Show the call, and do not make it.")
@yes_option
@target_options
def command(
    subject: str,
    method: str,
    path: str,
    body: str | None,
    everywhere: bool,
    endpoints: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    where: Where,
) -> int:
    """Call PATH, such as /actuator/cluster, on port 9600 of a broker; print the answer as JSON.

    Asks for confirmation before methods other than GET. Exits with 1 if Camunda refuses.
    """
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of
    from camformation.cli.task_run import CallWish, run_task

    files = SpecFiles()
    with errors_shown(files):
        wish = CallWish(method, path, body, everywhere, endpoints, dry_run, yes)
        return run_task(subject_of(files, subject), where, wish)
    return 1

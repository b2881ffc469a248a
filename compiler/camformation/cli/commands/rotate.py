"""`camformation rotate` changes the secrets of a deployment."""

import click

from camformation.cli.completers import secrets
from camformation.cli.options import (
    Where,
    dry_run_option,
    event_options,
    no_spec,
    subject_argument,
    target_options,
    yes_option,
)


@click.command("rotate")
@subject_argument
@click.argument("kind", required=False, shell_complete=secrets, callback=no_spec)
@click.option("--value-stdin", is_flag=True, help="Read the new value from standard input.")
@click.option(
    "--endpoint", metavar="URL", help="Where Camunda's REST API is.  [default: the output Url]"
)
@click.option("--user", help="Log in to Camunda as this administrator; needs --password-stdin.")
@click.option("--password-stdin", is_flag=True, help="Read that password from standard input.")
@dry_run_option
@yes_option
@event_options
@target_options
def command(
    subject: str,
    kind: str | None,
    value_stdin: bool,
    endpoint: str | None,
    user: str | None,
    password_stdin: bool,
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Change a secret where it is used, and replace the tasks that read it.

    Without KIND, lists the deployment's secrets, their readers and how each is changed; values are
    never shown. After an interruption, run the same command again to continue. Ctrl-C asks whether
    to leave.
    """
    from camformation.cli.operating import moves_view
    from camformation.cli.rotation import RotationWish, rotate, show_secrets
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    if bool(user) != password_stdin:
        raise click.UsageError("--user and --password-stdin must be given together")
    if value_stdin and password_stdin:
        raise click.UsageError("--value-stdin and --password-stdin exclude each other")
    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, subject)
        if kind is None:
            return show_secrets(about, where, as_json=style == "json")
        wish = RotationWish(kind, value_stdin, endpoint, user, dry_run, yes)
        return rotate(about, where, wish, moves_view(as_json=style == "json"))
    return 1

"""`camformation status` shows whether a deployment is healthy."""

import click

from camformation.cli.options import Where, data_options, subject_argument, target_options


@click.command("status")
@subject_argument
@click.option(
    "--endpoint", metavar="URL", help="Where Camunda's REST API is.  [default: the output Url]"
)
@click.option(
    "--as-admin",
    is_flag=True,
    help="Log in to Camunda as the administrator, with the password in Secrets Manager.",
)
@click.option("--user", help="Log in to Camunda as this user; needs --password-stdin.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--token-stdin", is_flag=True, help="Read a token of the identity provider from standard input."
)
@click.option(
    "--brokers",
    is_flag=True,
    help="Ask brokers too, by the ops task or as cluster administrator: pending change, "
    "exporters, restore points.",
)
@click.option("--watch", is_flag=True, help="Keep showing it, until Ctrl-C.")
@click.option(
    "--interval",
    type=click.FloatRange(min=1),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="The pause between two checks of --watch.",
)
@data_options
@target_options
def command(
    subject: str,
    endpoint: str | None,
    as_admin: bool,
    user: str | None,
    password_stdin: bool,
    token_stdin: bool,
    brokers: bool,
    watch: bool,
    interval: float,
    style: str,
    where: Where,
) -> int:
    """Show whether a deployment is healthy: stack, services, targets, brokers, data, backups.

    Exits with 0 if it is, else with 1. Without permission, a state is unknown, and the missing
    permission is named. Brokers and partitions need a login to Camunda, or --brokers.
    """
    from camformation.cli.health import LoginWish, status
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    if bool(user) != password_stdin:
        raise click.UsageError("--user and --password-stdin must be given together")
    if sum((as_admin, bool(user), token_stdin)) > 1:
        raise click.UsageError("--as-admin, --user and --token-stdin exclude each other")
    files = SpecFiles()
    with errors_shown(files):
        return status(
            subject_of(files, subject),
            where,
            LoginWish(endpoint, as_admin, user, token_stdin, brokers),
            every=interval if watch else None,
            as_json=style == "json",
        )
    return 1

"""`camformation logs` prints the logs of a deployment's tasks."""

import click

from camformation.cli.completers import services
from camformation.cli.options import Where, data_options, subject_argument, target_options


@click.command("logs")
@subject_argument
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="NAME",
    shell_complete=services,
    help="Only the log of this service.",
)
@click.option(
    "--since",
    default="10m",
    show_default=True,
    metavar="TIME",
    help="A duration such as 30m, 2h or 1d, or a time such as 2026-11-20T10:00:00Z.",
)
@click.option(
    "--filter",
    "pattern",
    default="",
    metavar="PATTERN",
    help="A filter pattern of CloudWatch Logs.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME",
    help="Print only this field of lines in JSON; use dots for nested fields.",
)
@click.option("--follow", "-f", is_flag=True, help="Keep printing new lines, until Ctrl-C.")
@data_options
@target_options
def command(
    subject: str,
    services: tuple[str, ...],
    since: str,
    pattern: str,
    fields: tuple[str, ...],
    follow: bool,
    style: str,
    where: Where,
) -> int:
    """Print the logs of brokers, connectors and the seed in order of time.

    Values that look like secrets are hidden. With --json, each line is an object, with the fields
    of a line that is JSON itself.
    """
    from camformation.cli.logs import since_time, tail
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import SystemClock, errors_shown, subject_of

    now = SystemClock().now()
    began = since_time(since, now)
    if began and began > now:
        raise click.UsageError(f"--since {since} is in the future")
    if began is None:
        raise click.UsageError(
            f"--since {since} is neither a duration, such as 2h, nor a time with a zone, such as "
            "2026-11-20T10:00:00Z"
        )
    files = SpecFiles()
    with errors_shown(files):
        return tail(
            subject_of(files, subject),
            where,
            services,
            began,
            pattern,
            fields,
            follow=follow,
            as_json=style == "json",
        )
    return 1

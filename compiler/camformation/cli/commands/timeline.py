"""`camformation timeline` shows how long a deployment should take, or took."""

from pathlib import Path

import click

from camformation.cli.options import (
    File,
    Where,
    data_options,
    layout_option,
    subject_argument,
    target_options,
)


@click.command("timeline")
@subject_argument
@layout_option
@click.option("--expected", is_flag=True, help="Show the expected timeline, without calling AWS.")
@click.option("--all", "everything", is_flag=True, help="Also show short steps.")
@click.option(
    "--html",
    "page",
    type=File(),
    help="Write an HTML page with a chart instead.",
)
@data_options
@target_options
def command(
    subject: str,
    layout: str,
    expected: bool,
    everything: bool,
    page: Path | None,
    style: str,
    where: Where,
) -> int:
    """Show the expected timeline of a deployment, or the timeline of its last operation.

    The expected timeline is computed from the resources' dependencies and usual durations. The
    actual one is read from CloudFormation's events and compared with it.
    """
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.cli.timelines import actual, expectation

    if page and style == "json":
        raise click.UsageError("--html and --format json exclude each other")
    files = SpecFiles()
    with errors_shown(files):
        if expected:
            shown = expectation(files, subject, layout, style, everything=everything, page=page)
        else:
            shown = actual(files, subject, where, style, everything=everything, page=page)
        click.echo(shown, nl=False)
        return 0
    return 1

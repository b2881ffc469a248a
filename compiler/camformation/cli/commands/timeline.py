"""`camformation timeline` shows how long a deployment should take, or took."""

from pathlib import Path

import click

from camformation.cli.options import File, Where, layout_option, subject_argument, target_options


@click.command("timeline")
@subject_argument
@layout_option
@click.option("--expected", is_flag=True, help="What is to be expected; asks no AWS account.")
@click.option("--all", "everything", is_flag=True, help="Show short steps too.")
@click.option(
    "--html",
    "page",
    type=File(),
    help="Write a page with a chart instead.",
)
@target_options
def command(
    subject: str, layout: str, expected: bool, everything: bool, page: Path | None, where: Where
) -> int:
    """Show the schedule of a deployment: the one to expect, or that of the last operation.

    The expected one comes from the resources' dependencies and a table of usual durations. The
    actual one comes from CloudFormation's events, and is compared with it.
    """
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.cli.timelines import actual, expectation

    files = SpecFiles()
    with errors_shown(files):
        if expected:
            shown = expectation(files, subject, layout, everything=everything, page=page)
        else:
            shown = actual(files, subject, where, everything=everything, page=page)
        click.echo(shown, nl=False)
        return 0
    return 1

"""`camformation diagnose` explains why an operation failed."""

import click

from camformation.cli.options import Where, json_option, subject_argument, target_options


@click.command("diagnose")
@subject_argument
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="The output format.",
)
@json_option
@target_options
def command(subject: str, style: str, as_json: bool, where: Where) -> int:
    """Explain why a deployment's last operation failed: causes, evidence, what to do.

    Exits with 1 if the operation failed.
    """
    from camformation.cli.diagnosis import diagnosed, shown
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown

    files = SpecFiles()
    with errors_shown(files):
        diagnosis = diagnosed(files, subject, where)
        click.echo(shown(diagnosis, "json" if as_json else style), nl=False)
        return 1 if diagnosis.succeeded is False else 0
    return 1

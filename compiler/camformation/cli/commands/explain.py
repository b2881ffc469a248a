"""`camformation explain` explains a field, a code or a range of codes."""

import json

import click

from camformation.cli.options import data_options


def _completed(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Return the codes, or the fields of one level, with that prefix."""
    from camformation.explain import subjects, titles
    from camformation.schema import FLEET

    fields = [*subjects(), FLEET, *subjects(FLEET)]
    level = begun.count(".")
    found = [each for each in fields if each.startswith(begun) and each.count(".") == level]
    return found + [code for code in titles() if begun and code.startswith(begun.upper())]


@click.command("explain")
@click.argument("subject", metavar="[CODE|FIELD]", required=False, shell_complete=_completed)
@data_options
def command(subject: str | None, style: str) -> None:
    """Explain a field of the spec or a code. Without an argument, list both.

    For example: camformation explain orchestration.brokers, camformation explain CAM101,
    camformation explain CAM6 for all codes that start with it, camformation explain fleet.waves.
    """
    from camformation.explain import Unknown, explain, overview
    from camformation.report.spec.explanation import as_text, overview_text
    from camformation.report.terminal_text import visible_lines

    try:
        found = overview() if subject is None else explain(subject)
    except Unknown as error:
        raise click.ClickException(str(error)) from error
    text = overview_text(found) if subject is None else as_text(found)
    click.echo(json.dumps(found, indent=2) if style == "json" else visible_lines(text.rstrip("\n")))

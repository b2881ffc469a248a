"""`camformation explain`: a rule, or a field of the spec."""

import json

import click


@click.command("explain")
@click.argument("subject", metavar="CODE|FIELD")
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
def command(subject: str, as_json: bool) -> None:
    """Explain a field of the spec, or a rule.

    For example: camformation explain orchestration.brokers, camformation explain CAM101.
    """
    from camformation.explain import Unknown, as_text, explain

    try:
        found = explain(subject)
    except Unknown as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(found, indent=2) if as_json else as_text(found).rstrip("\n"))

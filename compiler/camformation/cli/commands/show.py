"""`camformation show` prints the complete spec, with profile, version and defaults filled in."""

import json

import click

from camformation.cli.options import one_spec_argument, spec_options


@click.command("show")
@one_spec_argument
@spec_options
def command(spec: str, style: str, strict: bool, settings: tuple[str, ...]) -> int:
    """Show the complete spec, and where each value comes from.

    The output is itself a spec, and compiles to the same templates.
    """
    from camformation.cli.specs import SpecFiles
    from camformation.diagnostics import SpecError
    from camformation.pipeline import load
    from camformation.report.spec import resolved as report

    files = SpecFiles()
    try:
        loaded = load(spec, files.read, settings, strict=strict)
    except SpecError as error:
        files.report(error.diagnostics, style, strict=strict)
        return 1
    if style == "json":
        click.echo(json.dumps(report.as_data(loaded.resolved), indent=2))
        return 0
    files.report(loaded.warnings, style)
    click.echo(report.as_yaml(loaded.resolved), nl=False)
    return 0

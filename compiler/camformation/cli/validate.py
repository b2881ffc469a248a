"""`camformation validate`: everything `compile` checks, and nothing written."""

import click

from camformation.cli.options import spec_argument, spec_options


@click.command("validate")
@spec_argument
@spec_options
def command(specs: tuple[str, ...], style: str, strict: bool, settings: tuple[str, ...]) -> int:
    """Check specs, and write nothing."""
    from camformation.cli.specs import SpecFiles, compile_all, failed
    from camformation.layout import Layout

    files = SpecFiles()
    compiled, found = compile_all(files, specs, Layout.NESTED, settings, strict)
    files.report(found, style)
    if style == "text" and not failed(found, strict):
        for one in compiled:
            click.echo(f"{one.resolved.file}: sound")
    return int(failed(found, strict))

"""`camformation validate` checks specs as `compile` does, and writes nothing."""

import click

from camformation.cli.options import spec_argument, spec_options


@click.command("validate")
@spec_argument
@spec_options
def command(specs: tuple[str, ...], style: str, strict: bool, settings: tuple[str, ...]) -> int:
    """Check specs without writing anything."""
    from camformation.cli.specs import SpecFiles, compile_each, failed
    from camformation.layout import Layout
    from camformation.report.terminal_text import visible

    files = SpecFiles()
    found = []
    for one, problems in compile_each(files, specs, Layout.NESTED, settings, strict):
        found += problems
        if style == "text" and one and not failed(problems, strict):
            known = ""
            if problems:
                from camformation.report.spec.diagnostics import summary

                known = f", {summary(problems)}"
            click.echo(f"{visible(one.resolved.file)}: sound{known}")
    files.report(found, style)
    return int(failed(found, strict))

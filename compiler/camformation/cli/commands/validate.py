"""`camformation validate` checks specs as `compile` does, and writes nothing."""

import click

from camformation.cli.options import spec_argument, spec_options


@click.command("validate")
@spec_argument
@spec_options
@click.option("--watch", is_flag=True, help="Check again after each save, until Ctrl-C.")
def command(
    specs: tuple[str, ...], style: str, strict: bool, settings: tuple[str, ...], watch: bool
) -> int:
    """Check specs without writing anything."""
    from camformation.cli.specs import SpecFiles, compile_each, failed
    from camformation.layout import Layout
    from camformation.report.terminal_text import visible

    def check(files: SpecFiles) -> int:
        found = []
        for one, problems in compile_each(files, specs, Layout.NESTED, settings, strict):
            found += problems
            if style == "text" and one and not failed(problems, strict):
                known = ""
                if problems:
                    from camformation.report.spec.diagnostics import summary

                    known = f", {summary(problems)}"
                click.echo(f"{visible(one.resolved.file)}: sound{known}")
        files.report(found, style, strict=strict)
        return int(failed(found, strict))

    if not watch:
        return check(SpecFiles())
    from camformation.cli.rechecking import check_at_each_save

    return check_at_each_save(specs, check)

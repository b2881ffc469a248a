"""`camformation lint` runs cfn-lint and shows findings at the lines of the spec."""

from pathlib import Path

import click

from camformation.cli.options import layout_option, spec_argument, spec_options


@click.command("lint")
@spec_argument
@layout_option
@spec_options
def command(
    specs: tuple[str, ...], layout: str, style: str, strict: bool, settings: tuple[str, ...]
) -> int:
    """Check the templates of specs, or of folders that `compile` wrote, with cfn-lint."""
    from camformation.cli.specs import SpecFiles, compile_each, failed
    from camformation.diagnostics import Diagnostic, Location
    from camformation.lint import CACHE, lint_all, lint_folder
    from camformation.reading import is_folder
    from camformation.report.terminal_text import visible
    from camformation.user_cache import cache_folder

    files = SpecFiles()
    folders = [each for each in specs if is_folder(each)]
    found: list[Diagnostic] = []
    others = [each for each in specs if each not in folders]
    for one, problems in compile_each(files, others, layout, settings, strict):
        found += problems
        found += lint_all([one] if one else [])
    for folder in folders:
        try:
            found += lint_folder(Path(folder), cache_folder(CACHE))
        except (OSError, ValueError) as error:
            reason = str(error)
            if isinstance(error, OSError) and error.strerror:
                reason = f"{error.strerror.lower()}: {error.filename}"
            message = f"not an output folder of `compile`: {reason}"
            found.append(Diagnostic(Location(folder), "CAM303", message))
    files.report(found, style)
    if style == "text" and not found:
        click.echo(f"{', '.join(map(visible, specs))}: cfn-lint found no problems")
    return int(failed(found, strict))

"""`camformation lint` runs a linter and shows findings at the lines of the spec."""

from pathlib import Path

import click

from camformation.cli.options import layout_option, spec_argument, spec_options
from camformation.diagnostics import Diagnostic, Location
from camformation.linting import CFN_LINT, ENGINES, NoEngineError


@click.command("lint")
@spec_argument
@layout_option
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=CFN_LINT,
    show_default=True,
    help="The linter: cloudformation-validate is AWS's own, much faster, and checks a little "
    "less; it needs the extra `aws-lint`.",
)
@spec_options
def command(
    specs: tuple[str, ...],
    layout: str,
    engine: str,
    style: str,
    strict: bool,
    settings: tuple[str, ...],
) -> int:
    """Check the templates of specs, or of folders that `compile` wrote, with cfn-lint."""
    from camformation.cli.specs import SpecFiles, compile_each, failed
    from camformation.lint import lint_all
    from camformation.reading import is_folder
    from camformation.report.terminal_text import visible

    files = SpecFiles()
    folders = [each for each in specs if is_folder(each)]
    found: list[Diagnostic] = []
    others = [each for each in specs if each not in folders]
    try:
        for one, problems in compile_each(files, others, layout, settings, strict):
            found += problems
            found += lint_all([one] if one else [], engine=engine)
        for folder in folders:
            found += _in_folder(folder, engine)
    except NoEngineError:
        message = f"{engine} is not installed, or not for this system"
        hint = "in camformation's repository: pipx install --force '.[aws-lint]'; or use cfn-lint"
        found.append(Diagnostic(Location(specs[0]), "CAM304", message, hint))
    files.report(found, style, strict=strict)
    if style == "text" and not found:
        click.echo(f"{', '.join(map(visible, specs))}: {engine} found no problems")
    return int(failed(found, strict))


def _in_folder(folder: str, engine: str) -> list[Diagnostic]:
    from camformation.lint import CACHE, lint_folder
    from camformation.user_cache import cache_folder

    try:
        return list(lint_folder(Path(folder), cache_folder(CACHE), engine))
    except (OSError, ValueError) as error:
        reason = str(error)
        if isinstance(error, OSError) and error.strerror:
            reason = f"{error.strerror.lower()}: {error.filename}"
        message = f"not an output folder of `compile`: {reason}"
        return [Diagnostic(Location(folder), "CAM303", message)]

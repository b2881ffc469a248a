"""`camformation diagram` draws the architecture of a spec."""

from pathlib import Path

import click

from camformation.cli.completers import files
from camformation.cli.options import (
    PICTURE_STYLES,
    File,
    layout_option,
    one_spec_argument,
    set_option,
)


@click.command("diagram")
@one_spec_argument
@click.option(
    "--format",
    "style",
    type=click.Choice(PICTURE_STYLES),
    default="svg",
    show_default=True,
    help="The format of the picture; svg needs the extra `pictures`.",
)
@click.option("--out", "-o", type=File(), help="Write the picture to a file.")
@click.option(
    "--plan",
    type=click.Path(path_type=Path, dir_okay=False),
    shell_complete=files,
    help="Colour what a plan changes: a file of `plan --out` or `plan --format json`.",
)
@click.option(
    "--base",
    shell_complete=files,
    help="Colour what changes since a compiled folder or git revision of the spec.",
)
@layout_option
@set_option
def command(
    spec: str,
    style: str,
    out: Path | None,
    plan: Path | None,
    base: str | None,
    layout: str,
    settings: tuple[str, ...],
) -> int:
    """Draw the architecture that a spec describes.

    Shows subnets, load balancers, services, data, keys, and every flow that security groups and
    roles allow, all from the compiled template. Needs no AWS account.
    """
    if plan and base is not None:
        raise click.UsageError("--plan and --base exclude each other")
    if base is not None and not base.strip():
        raise click.UsageError("--base is empty: name a compiled folder, or a git revision")
    from camformation.cli.diagrams import drawn, picture_of
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.deploy.cloud.errors import DeployError
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec
    from camformation.writing import write_file

    spec_files = SpecFiles()
    with errors_shown(spec_files):
        compiled = compile_spec(spec, spec_files.read, Layout.FLAT, settings)
        since = None if base is None else (base, layout)
        picture = picture_of(compiled, spec, spec_files.read, plan, since, settings)
        text = drawn(picture, style)
        if out is None:
            click.echo(text, nl=False)
            return 0
        try:
            write_file(out, text.encode())
        except OSError as error:
            raise DeployError("CAM617", f"cannot write {out}: {error.strerror}") from error
        click.echo(f"{out} written")
        return 0
    return 1

"""`camformation audit` checks a spec's template against security controls."""

from typing import TYPE_CHECKING

import click

from camformation.cli.options import format_options, one_spec_argument, set_option

if TYPE_CHECKING:
    from camformation.audit.audit import Patches
    from camformation.pipeline import Compiled

SEVERITIES = ("critical", "high", "medium", "low", "info")


@click.command("audit")
@one_spec_argument
@click.option("--matrix", is_flag=True, help="Show who reaches what, and who may do what, instead.")
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit with 1 if a control of this severity or a worse one fails.",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="ID=REASON",
    help="Ignore a control's failure, for example --ignore SEC-S3-12='kept in another account'.",
)
@set_option
@format_options("text", "json", "markdown", "sarif", of="audit")
def command(
    spec: str,
    matrix: bool,
    fail_on: str | None,
    ignored: tuple[str, ...],
    settings: tuple[str, ...],
    style: str,
) -> int:
    """Check the compiled template of a spec against security controls."""
    from camformation.audit.audit import audit, failing
    from camformation.audit.controls import Weight
    from camformation.audit.matrix import matrix as exposure
    from camformation.cli.specs import SpecFiles
    from camformation.diagnostics import SpecError
    from camformation.layout import ROOT, Layout
    from camformation.pipeline import compile_spec
    from camformation.report.spec.audit import render, render_matrix

    if matrix and (style == "sarif" or fail_on or ignored):
        raise click.UsageError("--matrix excludes --fail-on, --ignore and --format sarif")
    reasons = _reasons(ignored)
    files = SpecFiles()
    try:
        compiled = compile_spec(spec, files.read, Layout.FLAT, settings)
    except SpecError as error:
        files.report(error.diagnostics, "text" if style in ("text", "markdown") else style)
        return 1
    template = compiled.templates[ROOT]
    if matrix:
        click.echo(render_matrix(exposure(template), style), nl=False)
        return 0
    results = audit(
        template, compiled.locate_finding, reasons, compiled.written, patches_of(compiled)
    )
    click.echo(render(results, style, spec), nl=False)
    return int(bool(fail_on and failing(results, Weight(fail_on))))


def patches_of(compiled: "Compiled") -> "Patches | None":
    """Return the operations of a spec's patches, and the templates after them."""
    from camformation.audit.audit import Patches
    from camformation.pipeline import altered_template

    data = compiled.resolved.data
    if not compiled.deployment.patches:
        return None
    places = [
        (number, place)
        for number, each in enumerate(data["patches"])
        for place, _ in enumerate(each["patch"])
    ]

    def after(count: int) -> dict[str, object]:
        kept = places[:count]
        patches = [
            {**each, "patch": [one for k, one in enumerate(each["patch"]) if (n, k) in kept]}
            for n, each in enumerate(data["patches"])
        ]
        return altered_template({**data, "patches": patches}, compiled.anywhere)

    where = [compiled.resolved.decided(("patches", n, "patch", k)) for n, k in places]
    return Patches(where, after)


def _reasons(ignored: tuple[str, ...]) -> dict[str, str]:
    if not ignored:
        return {}
    from camformation.audit.controls import controls
    from camformation.closeness import closest

    names = [each.id for each in controls()]
    reasons: dict[str, str] = {}
    for each in ignored:
        name, _, reason = (part.strip() for part in each.partition("="))
        if name not in names:
            near = closest(name, names)
            raise click.BadParameter(
                f"there is no control {name!r}: "
                + (f"did you mean {near}?" if near else "`camformation audit` shows the IDs"),
                param_hint="--ignore",
            )
        if not reason:
            raise click.BadParameter(
                f"{name} needs a reason: --ignore {name}='why'", param_hint="--ignore"
            )
        reasons[name] = reason
    return reasons

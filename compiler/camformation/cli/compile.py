"""`camformation compile`: specs in, templates out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from camformation.cli.options import layout_option, spec_argument, spec_options

if TYPE_CHECKING:
    from camformation.diagnostics import Diagnostic
    from camformation.output import Written
    from camformation.pipeline import Compiled


@click.command("compile")
@spec_argument
@layout_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write to; with several specs, a folder below it for each.  "
    "[default: out/NAME]",
)
@click.option("--lint", is_flag=True, help="Check the templates with cfn-lint before writing.")
@spec_options
def command(
    specs: tuple[str, ...],
    layout: str,
    out: Path | None,
    lint: bool,
    style: str,
    strict: bool,
    settings: tuple[str, ...],
) -> int:
    """Compile specs to CloudFormation templates.

    Writes root.template.json, a template for each nested stack, and manifest.json. Nothing is
    written unless every spec is sound.
    """
    from camformation.cli.specs import SpecFiles, compile_all, failed
    from camformation.diagnostics import Diagnostic, Location, SpecError
    from camformation.output import write

    files = SpecFiles()
    compiled, found = compile_all(files, specs, layout, settings, strict)
    found += _same_name(compiled)
    if lint and not failed(found, strict):
        from camformation.lint import lint_all

        found += lint_all(compiled)
    if failed(found, strict):
        files.report(found, style)
        return 1
    written: list[Written] = []
    for one in compiled:
        parent = out if out and len(specs) > 1 else Path("out")
        folder = out if out and len(specs) == 1 else parent / str(one.deployment.name)
        try:
            written.append(write(one, folder))
        except SpecError as error:
            found += error.diagnostics
        except OSError as error:
            message = f"cannot write: {(error.strerror or str(error)).lower()}"
            found.append(Diagnostic(Location(str(error.filename or folder)), "CAM031", message))
    if style == "json":
        from camformation.report.diagnostics import as_data

        data = [_data(one, w) for one, w in zip(compiled, written, strict=False)]
        shown = {"diagnostics": [as_data(d) for d in found], "compiled": data}
        click.echo(json.dumps(shown, indent=2))
    else:
        files.report(found, style)
        for one, each in zip(compiled, written, strict=False):
            click.echo(_summary(one, each), err=style != "text")
    return int(failed(found, strict))


def _same_name(compiled: list[Compiled]) -> list[Diagnostic]:
    from camformation.diagnostics import Diagnostic, Location

    first: dict[str, str] = {}
    found = []
    for one in compiled:
        file = one.resolved.file
        other = first.setdefault(str(one.deployment.name), file)
        if other != file:
            where = one.locate("root", "") or Location(file)
            message = f"{other} has the name {str(one.deployment.name)!r} too"
            found.append(Diagnostic(where, "CAM032", message, "compile them one at a time"))
    return found


def _summary(compiled: Compiled, written: Written) -> str:
    templates = compiled.templates
    resources = sum(
        resource["Type"] != "AWS::CloudFormation::Stack"
        for template in templates.values()
        for resource in template["Resources"].values()
    )
    stacks = f" in {len(templates) - 1} nested stacks" if len(templates) > 1 else ""
    changes = []
    if written.changed:
        changes.append(f"{len(written.changed)} files written")
    if written.removed:
        changes.append(f"{len(written.removed)} removed")
    lines = [
        f"{compiled.deployment.name}: {resources} resources{stacks} -> {written.folder} "
        f"({', '.join(changes) or 'unchanged'})"
    ]
    lines += [f"  patched: {template}/{title}" for template, title in compiled.patched]
    return "\n".join(lines)


def _data(compiled: Compiled, written: Written) -> dict[str, object]:
    return {
        "name": str(compiled.deployment.name),
        "layout": compiled.layout.value,
        "folder": str(written.folder),
        "files": list(written.files),
        "changed": list(written.changed),
        "removed": list(written.removed),
        "patched": [f"{template}/{title}" for template, title in compiled.patched],
    }

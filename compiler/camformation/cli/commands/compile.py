"""`camformation compile` compiles specs to templates."""

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

    Writes root.template.json, a template for each nested stack, and manifest.json. Of a spec that
    is not sound nothing is written.
    """
    from camformation.cli.specs import SpecFiles, compile_each, failed

    files = SpecFiles()
    found: list[Diagnostic] = []
    written: list[dict[str, object]] = []
    names: dict[str, str] = {}
    for one, problems in compile_each(files, specs, layout, settings, strict):
        found += problems
        if one is None:
            continue
        wrong = _same_name(one, names)
        if lint:
            from camformation.lint import lint_all

            wrong += lint_all([one])
        if not failed(wrong, strict):
            parent = out if out and len(specs) > 1 else Path("out")
            folder = out if out and len(specs) == 1 else parent / str(one.deployment.name)
            done = _write(one, folder, wrong)
            if done and style == "json":
                written.append(_data(one, done))
            elif done:
                click.echo(_summary(one, done), err=style != "text")
        found += wrong
        if not problems and not wrong:
            files.forget_but(each.location.file for each in found)
    if style == "json":
        from camformation.report.spec.diagnostics import as_data

        shown = {"diagnostics": [as_data(d) for d in found], "compiled": written}
        click.echo(json.dumps(shown, indent=2))
    else:
        files.report(found, style)
    return int(failed(found, strict))


def _same_name(one: Compiled, names: dict[str, str]) -> list[Diagnostic]:
    from camformation.diagnostics import Diagnostic

    name, file = str(one.deployment.name), one.resolved.file
    other = names.setdefault(name, file)
    if other == file:
        return []
    where = one.resolved.location(("name",))
    message = f"{other} has the name {name!r} too"
    return [Diagnostic(where, "CAM032", message, "compile them one at a time")]


def _write(one: Compiled, folder: Path, wrong: list[Diagnostic]) -> Written | None:
    from camformation.diagnostics import Diagnostic, Location, SpecError
    from camformation.output import write

    try:
        return write(one, folder)
    except SpecError as error:
        wrong += error.diagnostics
    except OSError as error:
        message = f"cannot write: {(error.strerror or str(error)).lower()}"
        wrong.append(Diagnostic(Location(str(error.filename or folder)), "CAM031", message))
    return None


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

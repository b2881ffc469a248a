"""`camformation compile` compiles specs to templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from camformation.cli.options import Folder, layout_option, spec_argument, spec_options
from camformation.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from camformation.diagnostics import Diagnostic
    from camformation.output import Staging, Written
    from camformation.pipeline import Compiled

    Costs = Callable[[Compiled], tuple[str, dict[str, object] | None]]


@click.command("compile")
@spec_argument
@layout_option
@click.option(
    "--out",
    "-o",
    type=Folder(),
    help="The folder to write to; with several specs, a folder below it for each.  "
    "[default: out/NAME]",
)
@click.option("--lint", is_flag=True, help="Check the templates with cfn-lint before writing them.")
@click.option("--cost", is_flag=True, help="Also estimate the cost of a month.")
@click.option(
    "--usage",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --cost: usage that differs from the assumptions, for example --usage nat_gb=500.",
)
@click.option(
    "--resolve-digests",
    is_flag=True,
    help="First ask the registries for the digests of the images, and record them in "
    "SPEC.digests.yaml, which the spec extends.",
)
@spec_options
def command(
    specs: tuple[str, ...],
    layout: str,
    out: Path | None,
    lint: bool,
    cost: bool,
    usage: tuple[str, ...],
    resolve_digests: bool,
    style: str,
    strict: bool,
    settings: tuple[str, ...],
) -> int:
    """Compile specs to CloudFormation templates.

    Writes root.template.json, a template for each nested stack, and manifest.json. If one of the
    specs has errors, nothing is written.
    """
    from contextlib import ExitStack

    from camformation.cli.specs import SpecFiles, compile_each, failed
    from camformation.report.terminal_text import visible_lines

    if usage and not cost:
        raise click.UsageError("--usage needs --cost")
    costs = _costs(usage) if cost else None
    files = SpecFiles()
    found: list[Diagnostic] = []
    names: dict[str, str] = {}
    pending: list[_Pending] = []
    written: list[dict[str, object]] = []
    with ExitStack() as cleanup:
        if resolve_digests:
            from camformation.cli.digests import resolve_digests as resolved

            for spec in dict.fromkeys(specs):
                found += resolved(spec, files, settings)
        for one, problems in compile_each(files, dict.fromkeys(specs), layout, settings, strict):
            found += problems
            if one is None:
                continue
            wrong = _same_name(one, names)
            if lint:
                from camformation.lint import lint_all

                wrong += lint_all([one])
            if not failed([*found, *wrong], strict):
                parent = out if out and len(specs) > 1 else Path("out")
                folder = out if out and len(specs) == 1 else parent / str(one.deployment.name)
                wrong += _stage(one, folder, pending, cleanup, costs)
            found += wrong
            if not problems and not wrong:
                files.forget_but(each.location.file for each in found)
        for each in pending if not failed(found, strict) else ():
            if done := _commit(each, found):
                written.append(_data(each, done))
                if style != "json":
                    click.echo(visible_lines(_summary(each, done)), err=style != "text")
                    if each.cost:
                        click.echo(
                            f"\n{visible_lines(each.cost[0])}", nl=False, err=style != "text"
                        )
    if style == "json":
        from camformation.report.spec.diagnostics import data

        shown = {"diagnostics": data(found), "compiled": written}
        click.echo(json.dumps(shown, indent=2))
    else:
        files.report(found, style, strict=strict)
    return int(failed(found, strict))


@frozen
class _Pending:
    """A compilation whose files are written, but not moved into place yet."""

    name: str
    layout: str
    resources: int
    nested: int
    patched: tuple[str, ...]
    staging: Staging
    cost: tuple[str, dict[str, object] | None] | None  # as text, and as data


def _costs(usage: tuple[str, ...]) -> Costs:
    from camformation.cli.costs import cost_text, estimate_of, usage_values
    from camformation.report.cost import estimate_data

    values = usage_values(usage)

    def costs(one: Compiled) -> tuple[str, dict[str, object] | None]:
        found = estimate_of(one, values)
        return cost_text(one, found), estimate_data(found) if found else None

    return costs


def _same_name(one: Compiled, names: dict[str, str]) -> list[Diagnostic]:
    from camformation.diagnostics import Diagnostic

    name, file = str(one.deployment.name), one.resolved.file
    other = names.setdefault(name, file)
    if other == file:
        return []
    where = one.resolved.location(("name",))
    message = f"{other} also has the name {name!r}"
    return [Diagnostic(where, "CAM032", message, "compile them separately")]


def _stage(
    one: Compiled,
    folder: Path,
    pending: list[_Pending],
    cleanup: ExitStack,
    costs: Costs | None,
) -> list[Diagnostic]:
    """Write a compilation next to its folder; return the error, if any."""
    from camformation.diagnostics import SpecError
    from camformation.output import stage

    try:
        staging = stage(one, folder)
        cleanup.enter_context(staging.staged)
    except SpecError as error:
        return error.diagnostics
    except OSError as error:
        return [_unwritable(error, folder)]
    templates = one.templates
    resources = sum(
        resource["Type"] != "AWS::CloudFormation::Stack"
        for template in templates.values()
        for resource in template["Resources"].values()
    )
    patched = tuple(f"{template}/{title}" for template, title in one.patched)
    name, layout = str(one.deployment.name), one.layout.value
    cost = costs(one) if costs else None
    nested = len(templates) - 1
    pending.append(_Pending(name, layout, resources, nested, patched, staging, cost))
    return []


def _commit(one: _Pending, found: list[Diagnostic]) -> Written | None:
    try:
        return one.staging.commit()
    except OSError as error:
        found.append(_unwritable(error, one.staging.staged.folder))
    return None


def _unwritable(error: OSError, folder: Path) -> Diagnostic:
    from camformation.diagnostics import Diagnostic, Location

    place = str(error.filename or folder)
    message = f"cannot write {place}: {(error.strerror or str(error)).lower()}"
    return Diagnostic(Location(place), "CAM031", message, "choose another folder with --out")


def _summary(one: _Pending, written: Written) -> str:
    stacks = f" in {one.nested} nested stacks" if one.nested else ""
    changes = []
    if written.changed:
        changes.append(f"{len(written.changed)} files written")
    if written.removed:
        changes.append(f"{len(written.removed)} removed")
    lines = [
        f"{one.name}: {one.resources} resources{stacks} -> {written.folder} "
        f"({', '.join(changes) or 'unchanged'})"
    ]
    lines += [f"  patched: {each}" for each in one.patched]
    return "\n".join(lines)


def _data(one: _Pending, written: Written) -> dict[str, object]:
    return {
        "name": one.name,
        "layout": one.layout,
        "folder": str(written.folder),
        "files": list(written.files),
        "changed": list(written.changed),
        "removed": list(written.removed),
        "patched": list(one.patched),
        **({"cost": one.cost[1]} if one.cost else {}),
    }

"""`camformation plan` shows what deploying a spec would change."""

from __future__ import annotations

from pathlib import Path

import click

from camformation.cli.completers import files
from camformation.cli.options import (
    PICTURE_STYLES,
    PLAN_STYLES,
    File,
    Report,
    Where,
    allow_option,
    bucket_option,
    layout_option,
    one_spec_argument,
    plan_format_options,
    service_role_option,
    set_option,
    target_options,
)


@click.command("plan")
@one_spec_argument
@layout_option
@click.option("--offline", "is_offline", is_flag=True, help="Plan without calling AWS.")
@click.option(
    "--base",
    shell_complete=files,
    help="With --offline: the compiled folder or git revision of the spec to compare with.",
)
@allow_option
@click.option("--show-phantom", is_flag=True, help="Also show changes that have no effect.")
@click.option("--out", "-o", type=File(), help="Write the plan to a file, for `deploy --plan`.")
@click.option(
    "--write",
    "reports",
    multiple=True,
    metavar="FORMAT=FILE",
    type=Report((*PLAN_STYLES, *PICTURE_STYLES)),
    help="Also write the plan to a file, for example --write markdown=plan.md; as svg, mermaid or "
    "dot its picture.",
)
@set_option
@plan_format_options
@bucket_option
@service_role_option
@target_options
def command(
    spec: str,
    layout: str,
    is_offline: bool,
    base: str | None,
    allow: tuple[str, ...],
    show_phantom: bool,
    out: Path | None,
    reports: tuple[tuple[str, Path], ...],
    settings: tuple[str, ...],
    style: str,
    artifact_bucket: str | None,
    service_role_arn: str | None,
    where: Where,
) -> int:
    """Show what deploying a spec would do to the running system.

    Creates a change set, reads it including all nested stacks, and deletes it. Exits with 0 if
    nothing changes, 2 if something does, 3 if the plan is blocked because data would be lost, and
    1 for an error.
    """
    if base and not is_offline:
        raise click.UsageError("--base needs --offline")
    if base is not None and not base.strip():
        raise click.UsageError("--base is empty: name a compiled folder, or a git revision")
    if out and is_offline:
        raise click.UsageError(
            "--out needs a plan against the running system, so leave out --offline"
        )
    from camformation.cli.plans import offline_plan, online_plan, rendered, write
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.deploy.change.preparation import DeployOptions, service_role
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec

    files = SpecFiles()
    with errors_shown(files, style):
        compiled = compile_spec(spec, files.read, Layout(layout), settings)
        if is_offline:
            made = offline_plan(compiled, spec, base, layout, settings, allow)
        else:
            role = service_role(compiled.deployment, service_role_arn)
            made = online_plan(compiled, where, DeployOptions(artifact_bucket, role, allow), out)

        def report(style: str, colour: bool | None = None) -> str:
            if style == "html":
                from camformation.cli.reviews import plan_review

                return plan_review(made, spec, files, settings)
            if style in PICTURE_STYLES:
                from camformation.cli.diagrams import drawn, planned_picture

                return drawn(planned_picture(made, spec, files.read, settings), style)
            return rendered(made.plan, style, show_phantom=show_phantom, colour=colour)

        for kind, file in reports:
            write(file, report(kind, colour=False))
        click.echo(report(style), nl=False)
        return made.plan.exit_code
    return 1

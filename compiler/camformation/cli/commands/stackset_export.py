"""`camformation stackset export` writes a template for use in a StackSet."""

from __future__ import annotations

from pathlib import Path

import click

from camformation.cli.options import LAYOUTS, Folder, json_option, one_spec_argument, set_option

MODELS = ("SELF_MANAGED", "SERVICE_MANAGED")


@click.command("export")
@one_spec_argument
@click.option("--fleet", help="A fleet file: settings of the StackSet, and overrides by target.")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default="flat",
    show_default=True,
    help="One template, or nested stacks, which self-managed StackSets alone can have.",
)
@click.option(
    "--permission-model",
    type=click.Choice(MODELS),
    help="Who made the roles; a fleet file says it too.  [default: SELF_MANAGED]",
)
@click.option(
    "--artifact-bucket",
    metavar="PREFIX",
    help="With nested stacks: their templates lie in PREFIX-REGION, in every region.",
)
@click.option(
    "--organization-id",
    metavar="o-…",
    help="With nested stacks: the organization whose accounts may read the buckets.",
)
@click.option(
    "--out",
    "-o",
    type=Folder(),
    help="The folder to write to.  [default: out/NAME-stackset]",
)
@click.option("--lint", is_flag=True, help="Check the template with cfn-lint before writing.")
@click.option(
    "--lint-region",
    "lint_regions",
    multiple=True,
    metavar="REGION",
    help="A region to check for.  [default: one of each partition]",
)
@set_option
@json_option
def command(
    spec: str,
    fleet: str | None,
    layout: str,
    permission_model: str | None,
    artifact_bucket: str | None,
    organization_id: str | None,
    out: Path | None,
    lint: bool,
    lint_regions: tuple[str, ...],
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Write a template that any account and region can take, and what StackSets need beside it.

    Writes stackset.template.json, stackset.json, create-stack-set.json for the AWS CLI, with a
    fleet file the overrides of every target, and with nested stacks their templates and the policy
    of the buckets they lie in. Whatever ties the spec to one account or region is reported.
    """
    from camformation.cli.export import Request, export_spec
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown

    files = SpecFiles()
    with errors_shown(files):
        request = Request(
            spec,
            fleet,
            layout,
            permission_model,
            artifact_bucket,
            organization_id,
            out,
            settings,
            lint=lint or bool(lint_regions),
            lint_regions=lint_regions,
        )
        return export_spec(files, request, as_json=as_json)
    return 1

"""`camformation stackset export` writes a template for use in a StackSet."""

from __future__ import annotations

from pathlib import Path

import click

from camformation.cli.completers import files
from camformation.cli.options import LAYOUTS, Folder, data_options, one_spec_argument, set_option

MODELS = ("SELF_MANAGED", "SERVICE_MANAGED")


@click.command("export")
@one_spec_argument
@click.option(
    "--fleet",
    shell_complete=files,
    help="A fleet file with the StackSet's settings and the overrides by target.",
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default="flat",
    show_default=True,
    help="One template, or nested stacks (self-managed StackSets only).",
)
@click.option(
    "--permission-model",
    type=click.Choice(MODELS),
    help="Who manages the roles; a fleet file can also set it.  [default: SELF_MANAGED]",
)
@click.option(
    "--artifact-bucket",
    metavar="PREFIX",
    help="With nested stacks: the prefix of their template buckets, PREFIX-REGION in each region.",
)
@click.option(
    "--organization-id",
    metavar="o-…",
    help="With nested stacks: the organization whose accounts may read these buckets.",
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
    help="A region to check the template for.  [default: one of each partition]",
)
@set_option
@data_options
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
    style: str,
) -> int:
    """Write a template for any account and region, and the other input that StackSets need.

    Writes stackset.template.json, stackset.json and create-stack-set.json for the AWS CLI. With a
    fleet file, also writes the overrides of every target; with nested stacks, their templates and
    the policy of their buckets. Reports everything that ties the spec to one account or region.
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
        return export_spec(files, request, as_json=style == "json")
    return 1

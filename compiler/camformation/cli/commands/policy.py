"""`camformation policy` prints the permissions that a deployment needs."""

import click

from camformation.cli.completers import regions
from camformation.cli.options import (
    format_options,
    layout_option,
    one_spec_argument,
    set_option,
)


@click.command("policy")
@one_spec_argument
@layout_option
@format_options("text", "json", "template")
@click.option("--account", metavar="ID", help="The account.  [default: the spec's, or any]")
@click.option("--region", shell_complete=regions, help="The region.  [default: the spec's, or any]")
@click.option("--artifact-bucket", help="The bucket for templates.  [default: the bootstrap's]")
@click.option(
    "--service-role-arn",
    metavar="ARN",
    help="The role that CloudFormation assumes.  [default: the spec's, or none]",
)
@set_option
def command(
    spec: str,
    layout: str,
    style: str,
    account: str | None,
    region: str | None,
    artifact_bucket: str | None,
    service_role_arn: str | None,
    settings: tuple[str, ...],
) -> int:
    """Print the least-privilege policies for deploying a spec.

    One part is for the role that runs camformation, the other for CloudFormation: its service role,
    or the caller if there is none. Needs no AWS account.
    """
    from camformation.cli.permissions import place_of, shown
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.deploy.change.preparation import service_role
    from camformation.deploy.preflight.grants import uncovered
    from camformation.deploy.preflight.policy import policies
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec

    files = SpecFiles()
    with errors_shown(files):
        compiled = compile_spec(spec, files.read, Layout(layout), settings)
        deployment = compiled.deployment
        role = service_role(deployment, service_role_arn)
        template = style == "template"
        place = place_of(deployment, region, account, artifact_bucket, template=template)
        name = str(deployment.name)
        click.echo(shown(name, policies(name, place, compiled.templates, role), style), nl=False)
        if kinds := uncovered(compiled.templates):
            click.echo(
                f"note: AWS publishes no permissions for {', '.join(kinds)}: add what it needs",
                err=True,
            )
        return 0
    return 1

"""`camformation bootstrap`: the bucket that templates are uploaded to."""

import json

import click

from camformation.cli.plan import service_role_option
from camformation.cli.specs import SpecFiles
from camformation.cli.target import Options, SystemClock, connected, errors_shown, target_options
from camformation.deploy.bootstrap import STACK_NAME, bootstrap


@click.command("bootstrap")
@service_role_option
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
@target_options
def command(service_role_arn: str | None, as_json: bool, target: Options) -> None:
    """Make the artifact bucket of an account and region, once.

    A small stack of its own: an encrypted, private bucket, read over TLS only. It is updated where
    it exists, and found by `plan` and `deploy`.
    """
    with (
        errors_shown(SpecFiles()),
        connected(target, service_role_arn=service_role_arn) as at,
    ):
        clock = SystemClock()
        token = f"camformation-bootstrap-{clock.now():%Y%m%d-%H%M%S-%f}"
        bucket = bootstrap(at.cloud.stacks, clock, token, service_role_arn=service_role_arn)
        if as_json:
            click.echo(json.dumps({"stack": STACK_NAME, "bucket": bucket}, indent=2))
        else:
            click.echo(f"{STACK_NAME}: artifacts go to {bucket} in {at.cloud.region}")

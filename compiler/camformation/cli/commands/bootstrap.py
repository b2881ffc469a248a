"""`camformation bootstrap` creates the artifact bucket."""

import json

import click

from camformation.cli.options import Where, data_options, service_role_option, target_options

AGAIN = "run `camformation bootstrap` again: it waits for the operation, and finishes the rest"


@click.command("bootstrap")
@service_role_option
@data_options
@target_options
def command(service_role_arn: str | None, style: str, where: Where) -> None:
    """Create the artifact bucket of an account and region, once.

    Deploys a small separate stack with an encrypted, private bucket that is read over TLS only. An
    existing stack is updated. `plan` and `deploy` find the bucket automatically.
    """
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import SystemClock, connected, errors_shown
    from camformation.deploy.change.bootstrap import STACK_NAME, bootstrap

    with (
        errors_shown(SpecFiles()),
        connected(where, service_role_arn=service_role_arn) as at,
    ):
        clock = SystemClock()
        token = f"camformation-bootstrap-{clock.now():%Y%m%d-%H%M%S-%f}"
        try:
            bucket = bootstrap(at.cloud.stacks, clock, token, service_role_arn=service_role_arn)
        except KeyboardInterrupt:
            click.echo(f"CloudFormation may be working on {STACK_NAME}; {AGAIN}", err=True)
            raise
        if style == "json":
            click.echo(json.dumps({"stack": STACK_NAME, "bucket": bucket}, indent=2))
        else:
            click.echo(f"{STACK_NAME}: artifacts go to {bucket} in {at.cloud.region}")

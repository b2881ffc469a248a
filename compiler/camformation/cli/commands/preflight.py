"""`camformation preflight` checks whether an account is ready for a deployment."""

import click

from camformation.cli.options import (
    Where,
    bucket_option,
    data_options,
    layout_option,
    one_spec_argument,
    service_role_option,
    set_option,
    target_options,
)


@click.command("preflight")
@one_spec_argument
@layout_option
@set_option
@bucket_option
@service_role_option
@data_options
@target_options
def command(
    spec: str,
    layout: str,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    service_role_arn: str | None,
    style: str,
    where: Where,
) -> int:
    """Check whether the account is ready for a deployment, as a list of results.

    Only reads. Checks without permission are skipped, and name the missing permission. Exits with 1
    if there is an obstacle.
    """
    from camformation.cli.preflight import checked
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec

    files = SpecFiles()
    with errors_shown(files):
        compiled = compile_spec(spec, files.read, Layout(layout), settings)
        options = (service_role_arn, artifact_bucket)
        return checked(compiled, where, *options, as_json=style == "json")
    return 1

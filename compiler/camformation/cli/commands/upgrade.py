"""`camformation upgrade` upgrades brokers to another release of Camunda."""

import click

from camformation.cli.options import (
    Where,
    allow_option,
    bucket_option,
    endpoints_option,
    event_options,
    fail_fast_option,
    layout_option,
    one_spec_argument,
    preflight_option,
    quiet_option,
    service_role_option,
    set_option,
    target_options,
    write_option,
)


@click.command("upgrade")
@one_spec_argument
@click.option("--to", required=True, metavar="RELEASE", help="The release, such as 8.10.6.")
@click.option(
    "--without-backup",
    metavar="STACK",
    help="Do not require a recent backup; give the stack's name.",
)
@write_option
@endpoints_option
@layout_option
@click.option(
    "--dry-run", is_flag=True, help="Make the checks and show the plan, but change nothing."
)
@click.option("--yes", "-y", is_flag=True, help="Deploy without confirmation.")
@allow_option
@fail_fast_option
@preflight_option
@set_option
@bucket_option
@service_role_option
@quiet_option
@event_options
@target_options
def command(
    spec: str,
    to: str,
    without_backup: str | None,
    write: bool,
    endpoints: tuple[str, ...],
    layout: str,
    dry_run: bool,
    yes: bool,
    allow: tuple[str, ...],
    fail_fast: bool | None,
    preflight: bool,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    service_role_arn: str | None,
    quiet: bool,
    style: str,
    where: Where,
) -> int:
    """Upgrade brokers to RELEASE, one after the other, then connectors.

    First checks the upgrade path, the cluster and its backup; then deploys the spec with that
    release as `deploy` does, checks the cluster again, and prints the lines to write into the spec,
    or writes them with --write. The database keeps its engine. After an interruption, run the same
    command again to continue.
    """
    from camformation.cli.fail_fast import FailFast
    from camformation.cli.operation_view import OperationView
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.cli.upgrading import UpgradeWish, upgrade
    from camformation.deploy.change.preparation import DeployOptions, service_role
    from camformation.deploy.change.request import express_mode
    from camformation.layout import Layout
    from camformation.pipeline import load

    files = SpecFiles()
    with errors_shown(files):
        deployment = load(spec, files.read).deployment
        options = DeployOptions(
            artifact_bucket,
            service_role(deployment, service_role_arn),
            allow,
            express_mode(wait_for_steady_state=True, flag=None),
            False,
        )
        wish = UpgradeWish(
            spec,
            to,
            Layout(layout),
            settings,
            endpoints,
            without_backup,
            write,
            dry_run,
            yes,
            preflight,
        )
        view = OperationView(as_json=style == "json", quiet=quiet)
        gives_up = FailFast(fail_fast, asks=not yes, cancels=True)
        return upgrade(wish, where, options, view, gives_up, files)
    return 1

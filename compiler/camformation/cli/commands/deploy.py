"""`camformation deploy` creates a change set, asks for confirmation, executes it and shows the
outputs."""

from __future__ import annotations

from pathlib import Path

import click

from camformation.cli.options import (
    Where,
    allow_option,
    bucket_option,
    event_options,
    fail_fast_option,
    layout_option,
    one_spec_argument,
    preflight_option,
    quiet_option,
    service_role_option,
    set_option,
    target_options,
)


@click.command("deploy")
@one_spec_argument
@layout_option
@click.option("--yes", "-y", is_flag=True, help="Deploy without confirmation.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Deploy this plan, written by `plan --out`, unless the spec or the stack has changed "
    "since.",
)
@allow_option
@click.option(
    "--disable-rollback",
    is_flag=True,
    help="If something fails, keep what succeeded instead of rolling back.",
)
@click.option(
    "--wait/--no-wait",
    default=None,
    help="Wait until services are steady, or not (CloudFormation's EXPRESS mode).  [default: "
    "stack.wait_for_steady_state of the spec]",
)
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
    layout: str,
    yes: bool,
    plan_file: Path | None,
    allow: tuple[str, ...],
    disable_rollback: bool,
    wait: bool | None,
    fail_fast: bool | None,
    preflight: bool,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    service_role_arn: str | None,
    quiet: bool,
    style: str,
    where: Where,
) -> int:
    """Deploy a spec through a change set, with live progress.

    Shows the plan first and asks for confirmation. "No changes" is success. After Ctrl-C or a lost
    connection the deployment continues in CloudFormation; follow it with `watch`. Exits with 3 if
    the plan is blocked because data would be lost.
    """
    from camformation.cli.deployment import deploy_spec
    from camformation.cli.fail_fast import FailFast
    from camformation.cli.operation_view import OperationView
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.deploy.change.preparation import DeployOptions, service_role
    from camformation.deploy.change.request import express_mode
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec

    files = SpecFiles()
    with errors_shown(files):
        compiled = compile_spec(spec, files.read, Layout(layout), settings)
        waits = bool(compiled.deployment.stack.wait_for_steady_state)
        options = DeployOptions(
            artifact_bucket,
            service_role(compiled.deployment, service_role_arn),
            allow,
            express_mode(wait_for_steady_state=waits, flag=wait),
            disable_rollback,
        )
        view = OperationView(as_json=style == "json", quiet=quiet)
        gives_up = FailFast(fail_fast, asks=not yes, cancels=not disable_rollback)
        return deploy_spec(
            compiled,
            where,
            options,
            view,
            yes=yes,
            plan_file=plan_file,
            preflight=preflight,
            fail_fast=gives_up,
        )
    return 1

"""`camformation deploy` creates a change set, asks, executes it and shows the outputs."""

from __future__ import annotations

from pathlib import Path

import click

from camformation.cli.options import (
    Where,
    allow_option,
    bucket_option,
    json_option,
    layout_option,
    one_spec_argument,
    quiet_option,
    service_role_option,
    set_option,
    target_options,
)


@click.command("deploy")
@one_spec_argument
@layout_option
@click.option("--yes", "-y", is_flag=True, help="Deploy without asking.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Deploy this plan of `plan --out`, and only if nothing has moved since.",
)
@allow_option
@click.option(
    "--disable-rollback",
    is_flag=True,
    help="Keep what succeeded if something fails, instead of rolling back.",
)
@click.option(
    "--wait/--no-wait",
    default=None,
    help="Whether to wait until services are steady; the spec's stack.wait_for_steady_state "
    "if left out. --no-wait is CloudFormation's EXPRESS mode.",
)
@set_option
@bucket_option
@service_role_option
@quiet_option
@json_option
@target_options
def command(
    spec: str,
    layout: str,
    yes: bool,
    plan_file: Path | None,
    allow: tuple[str, ...],
    disable_rollback: bool,
    wait: bool | None,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    service_role_arn: str | None,
    quiet: bool,
    as_json: bool,
    where: Where,
) -> int:
    """Deploy a spec through a change set, and show it live.

    Shows the plan first and asks. "No changes" is success. A deployment that goes on without us,
    after Ctrl-C or a lost connection, is picked up again by `watch`. Exits with 3 where the plan is
    blocked because data would be lost.
    """
    from camformation.cli.deployment import deploy_spec
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
        view = OperationView(as_json=as_json, quiet=quiet)
        return deploy_spec(compiled, where, options, view, yes=yes, plan_file=plan_file)
    return 1

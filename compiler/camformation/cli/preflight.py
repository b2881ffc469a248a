"""The checks before a deployment, from a command line to their output."""

from collections.abc import Sequence
from datetime import datetime

import click

from camformation.cli.options import Where
from camformation.cli.target import Connection, SystemClock, connected, interactive
from camformation.deploy.change.preparation import DeployOptions, service_role, stack_name
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.preflight.checklist import Quick, preflight, situation_of
from camformation.deploy.preflight.model import Checked, Status
from camformation.pipeline import Compiled
from camformation.report.deployment.preflight_text import preflight_json, preflight_text


def checked(
    compiled: Compiled,
    where: Where,
    service_role_arn: str | None,
    artifact_bucket: str | None,
    *,
    as_json: bool,
) -> int:
    """Make all checks, print them, and return the exit code. Raises DeployError."""
    role = service_role(compiled.deployment, service_role_arn)
    with connected(where, compiled.deployment, role) as at:
        situation = situation_of(
            at.cloud,
            at.caller,
            compiled,
            SystemClock().now(),
            service_role_arn=role,
            artifact_bucket=artifact_bucket,
        )
        found = preflight(situation)
    stack, locate = stack_name(compiled.deployment), compiled.resolved.decided
    if as_json:
        click.echo(preflight_json(stack, found, locate), nl=False)
    else:
        click.echo(preflight_text(stack, found, locate, colour=interactive()), nl=False)
    return 1 if any(each.result.status is Status.NO for each in found) else 0


def quick_checks(
    compiled: Compiled, at: Connection, options: DeployOptions, now: datetime, *, wanted: bool
) -> Quick | None:
    """Start the fast checks, unless they are switched off or the target is local."""
    if not wanted or at.cloud.local:
        return None
    return Quick(
        lambda: situation_of(
            at.cloud,
            at.caller,
            compiled,
            now,
            service_role_arn=options.service_role_arn,
            artifact_bucket=options.artifact_bucket,
            quick=True,
        )
    )


def refuse(compiled: Compiled, found: Sequence[Checked]) -> None:
    """Raise DeployError if there are obstacles."""
    if not found:
        return
    lines = []
    for each in found:
        place = compiled.resolved.decided(each.result.path) if each.result.path else None
        where = f"{place.file}:{place.line}:{place.column}: " if place else ""
        lines.append(f"{where}{each.id} {each.result.reason}")
    fixes = dict.fromkeys(each.result.fix for each in found if each.result.fix)
    raise DeployError(
        "CAM791",
        "the deployment would fail: " + "; ".join(lines),
        "; ".join((*fixes, "--no-preflight deploys anyway")),
    )

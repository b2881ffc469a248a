"""A fleet's canary, asked in its own account."""

from collections.abc import Iterator

from camformation.cli.fleeting import Fleet
from camformation.cli.options import Where
from camformation.cli.target import Connection
from camformation.deploy.cloud import Clock, Cloud
from camformation.deploy.errors import DeployError
from camformation.deploy.fleet.model import FleetPlan, TargetPlan
from camformation.deploy.fleet.preview import Preview, preview
from camformation.deploy.preparation import locator
from camformation.deploy.target import target_for
from camformation.fleet.documents import EXECUTION_ROLE


def canary(
    fleet: Fleet,
    plan: FleetPlan,
    at: Connection,
    clock: Clock,
    where: Where,
    role: str | None,
) -> tuple[Preview, ...]:
    """Return the preview of the first live stack that deploying would change, if there is one."""
    chosen = next(_changing(plan), None)
    if chosen is None or chosen.instance is None or not chosen.instance.stack_id:
        return ()
    stack_id = chosen.instance.stack_id
    if not (plan.request.body or plan.request.url):
        note = "the template is too large for the call and there is no artifact bucket"
        return (Preview(*chosen.place, stack_id, None, note),)
    try:
        cloud = _cloud(fleet, chosen, at, where, role)
        found = preview(
            cloud,
            clock,
            chosen.place,
            stack_id,
            plan.request,
            plan.template,
            chosen.target.parameters if chosen.target else {},
            locate=locator(fleet.exported.compiled),
        )
    except DeployError as error:
        found = Preview(*chosen.place, stack_id, None, error.message)
    return (found,)


def _changing(plan: FleetPlan) -> Iterator[TargetPlan]:
    for wave in plan.waves:
        yield from (each for each in wave.work if each.has_stack)


def _cloud(
    fleet: Fleet, chosen: TargetPlan, at: Connection, where: Where, role: str | None
) -> Cloud:
    """Return the cloud of a target: ours if it is in our account, else by a role there."""
    from camformation.deploy.aws.connection import connect

    given = where.role_arn
    if chosen.account != at.caller.account:
        name = role or fleet.loaded.fleet.execution_role_name or EXECUTION_ROLE
        given = f"arn:{at.caller.partition}:iam::{chosen.account}:role/{name}"
    elif chosen.region == at.cloud.region:
        return at.cloud
    return connect(
        target_for(spec_region=None, region=chosen.region, profile=where.profile, role_arn=given)
    )

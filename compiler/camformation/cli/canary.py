"""The preview of a fleet plan: a change set on the first live stack that it would change."""

from collections.abc import Iterator
from functools import partial

from camformation.cli.fleets import Fleet, cloud_in
from camformation.cli.options import Where
from camformation.cli.target import Connection
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.fleet.model import FleetPlan, TargetPlan
from camformation.deploy.fleet.preview import Preview, preview
from camformation.deploy.plan.attribution import origins_of
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
        there = role or fleet.loaded.fleet.execution_role_name or EXECUTION_ROLE
        cloud = cloud_in(at, where, *chosen.place, there)
        found = preview(
            cloud,
            clock,
            chosen.place,
            stack_id,
            plan.request,
            plan.template,
            chosen.target.parameters if chosen.target else {},
            locate=fleet.exported.compiled.locate_in_resource,
            origins=partial(origins_of, fleet.exported.compiled),
        )
    except DeployError as error:
        found = Preview(*chosen.place, stack_id, None, error.message)
    return (found,)


def _changing(plan: FleetPlan) -> Iterator[TargetPlan]:
    for wave in plan.waves:
        yield from (each for each in wave.work if each.has_stack)

"""The deployment of a fleet, wave by wave.

No state is kept outside AWS: instances that a deployment has not reached are OUTDATED, so a new
plan after an interruption contains just the rest.
"""

from collections.abc import Callable, Iterator
from functools import partial

from camformation.counting import counted
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import StackSets
from camformation.deploy.fleet.calls import all_current, finale, prelude, protection, stages
from camformation.deploy.fleet.events import FleetEvent, StackSetChanged
from camformation.deploy.fleet.live_fleet import instances_of
from camformation.deploy.fleet.model import FleetPlan
from camformation.deploy.fleet.settings import stack_set_plan
from camformation.deploy.fleet.waves import FleetSteps, Waves
from camformation.deploy.fleet.work import CAREFUL, new_id
from camformation.deploy.operation.events import Notice
from camformation.deploy.operation.interrupt import Control, nobody

AGAIN = "run `camformation fleet deploy` again: it keeps what is done and does the rest"


def deploy(
    stack_sets: StackSets,
    clock: Clock,
    plan: FleetPlan,
    *,
    control: Control = nobody,
    ids: Callable[[], str] = new_id,
) -> Iterator[FleetEvent]:
    """Deploy a plan; the last event is FleetFinished, Stopped or FleetDetached.

    Raises DeployError: before any change if the plan is blocked or the fleet has changed since, or
    later if AWS can no longer be reached.
    """
    refuse_blocked(plan)
    managed = plan.request.managed_execution
    waves = Waves(stack_sets, clock, plan.name, AGAIN, control, ids, managed=managed)
    try:
        yield from _deploy(waves, plan)
    except DeployError as error:
        raise waves.lost(error) from error


def refuse_blocked(plan: FleetPlan) -> None:
    """Raise DeployError if a plan is blocked."""
    if plan.blocks:
        first = plan.blocks[0].block
        more = f" (and {len(plan.blocks) - 1} more)" if plan.blocks[1:] else ""
        raise DeployError(
            "CAM671", f"{plan.name} is not deployed: {first.message}{more}", first.hint
        )


def _deploy(waves: Waves, plan: FleetPlan) -> Iterator[FleetEvent]:
    if not (yield from waves.settle()):
        return
    yield from waves.ask(lambda: waves.check_base(plan.base))
    waves.check = lambda: _check(waves, plan)
    if not plan.has_changes:
        yield waves.finished(changed=False)
        return
    if plan.stack_set.action == "create":
        token = waves.ids()
        made = yield from waves.ask(lambda: waves.stack_sets.create(plan.request, token))
        waves.begun = True
        yield StackSetChanged(time=waves.clock.now(), name=plan.name, id=made, action="CREATE")
    working = [wave for wave in plan.waves if wave.work]
    names = tuple(wave.name for wave in working)
    first = tuple((call,) for call in prelude(plan))
    if first and not (yield from waves.run("", CAREFUL, first, names)):
        return
    operable = any(each.status != "INOPERABLE" for each in plan.instances())
    for number, wave in enumerate(working, 1):
        if number > 1:
            yield from waves.ask(waves.check)
        carries = number == 1 and operable and plan.stack_set.updates_stacks
        work = stages(plan, wave, carries=carries)
        place = (number, len(working))
        protect = partial(protection, plan, wave)
        going = waves.run(wave.name, wave.operation, work, names[number:], place, protect)
        if not (yield from going):
            return
    alone = any(call.places is None for (call,) in first)
    if plan.stack_set.auto_deployment and not alone and not (yield from _finale(waves, plan)):
        return
    yield waves.finished()


def _finale(waves: Waves, plan: FleetPlan) -> FleetSteps:
    """Change auto-deployment last, by an update of every instance that changes no stack."""
    instances = yield from waves.ask(lambda: instances_of(waves.stack_sets, plan.name))
    if all_current(instances.values()):
        return (yield from waves.run("", CAREFUL, ((finale(plan),),)))
    others = sum(each.status != "CURRENT" for each in instances.values())
    yield Notice(
        time=waves.clock.now(),
        code="CAM678",
        message="auto-deployment is not changed yet: AWS changes it together with all instances, "
        f"and {others} of {counted(len(instances), 'stack')} "
        f"{'is' if others == 1 else 'are'} not up to date",
        hint="deploy again when all are up to date; `camformation fleet remove` removes "
        "stacks that are not targets",
    )
    return True


def _check(waves: Waves, plan: FleetPlan) -> None:
    """Raise DeployError unless the StackSet is as planned or as deployed.

    AWS is called once.
    """
    if not waves.begun:
        waves.check_base(plan.base)
        return
    live = waves.stack_sets.describe(plan.name)
    if live is None or stack_set_plan(plan.request, plan.template, live).updates_stacks:
        raise DeployError(
            "CAM670",
            f"the StackSet {plan.name} was {'changed' if live else 'deleted'} during this "
            "deployment; the remaining waves were not started",
            "make a new plan, check it, and deploy it",
        )

"""The comparison of a fleet file with the fleet in AWS. Pure.

The effect on ten thousand stacks is computed for one of each kind: targets that override the same
parameters differ only in values, and whether a resource is replaced does not depend on them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from camformation.deploy.cloud.stack_sets import StackInstance, StackSetRequest
from camformation.deploy.fleet.gate import fleet_gate
from camformation.deploy.fleet.live_fleet import Live
from camformation.deploy.fleet.model import (
    Action,
    FleetPlan,
    StackSetPlan,
    TargetPlan,
    ValueChange,
    Variant,
    WavePlan,
)
from camformation.deploy.fleet.order import Sets, request_as_live, targets_as_live
from camformation.deploy.fleet.settings import effective, stack_set_plan
from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.origins import OriginsOf, unknown
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.provider_schemas import schema_of
from camformation.deploy.plan.replacement import Schemas
from camformation.deploy.plan.running import NOT_EACH
from camformation.diagnostics import Locate, nowhere
from camformation.fleet.specs import WaveSpec
from camformation.fleet.targets import Place, Target
from camformation.layout import ROOT

Template = Mapping[str, Any]
Values = Mapping[str, str]

FAILED = ("FAILED", "CANCELLED", "FAILED_IMPORT", "SKIPPED_SUSPENDED_ACCOUNT")


def plan_fleet(
    request: StackSetRequest,
    template: Template,
    targets: Iterable[Target],
    waves: Sequence[WaveSpec],
    live: Live,
    *,
    region: str,
    allow: Collection[str] = (),
    units: Mapping[str, frozenset[str]] | None = None,
    locate: Locate = nowhere,
    origins: OriginsOf = unknown,
    schemas: Schemas = schema_of,
    sets: Sets = (),
) -> FleetPlan:
    """Return the plan. `template` is what `request` submits; `live` was read for these targets.

    `region` is the StackSet's. `units` are the known accounts of organizational units: a unit that
    is a target as a whole is passed to StackSets as a unit. `sets` are names of parameters whose
    values may be exchanged, such as the subnets.
    """
    request = request_as_live(request, template, live, sets)
    stack_set = stack_set_plan(request, template, live.stack_set)
    own = effective(template, request.parameters)
    by_wave: dict[str, list[TargetPlan]] = {wave.name: [] for wave in waves}
    wanted: set[Place] = set()
    for target in targets_as_live(targets, own, live, sets):
        wanted.add(target.place)
        planned = _target(target, live, own, stack_set.updates_stacks)
        by_wave[target.wave].append(planned)
    planned_waves = tuple(
        WavePlan(wave.name, wave.operation, tuple(by_wave[wave.name])) for wave in waves
    )
    leftovers = tuple(
        TargetPlan(*place, Action.LEFTOVER, None, instance, reason=_trouble(instance))
        for place, instance in live.instances.items()
        if place not in wanted
    )
    every = [target for wave in planned_waves for target in wave.targets]
    common = _common(request, template, live, stack_set, locate, origins, schemas)
    variants = tuple(_variants(request, template, live, stack_set, every, locate, origins, schemas))
    plan = FleetPlan(
        request.name,
        region,
        request,
        template,
        own,
        stack_set,
        planned_waves,
        leftovers,
        live.stack_set,
        live.base,
        common,
        variants,
        units=units or {},
    )
    return FleetPlan(**{**vars(plan), "gate": fleet_gate(plan, live.instances, allow)})


def _target(target: Target, live: Live, own: Values, changes: bool) -> TargetPlan:
    instance = live.instances.get(target.place)
    if instance is None:
        return TargetPlan(*target.place, Action.CREATE, target, None)
    reason = _trouble(instance)
    if instance.status == "INOPERABLE":
        return TargetPlan(*target.place, Action.INOPERABLE, target, instance, reason=reason)
    before = live.overrides.get(target.place, {})
    overrides = tuple(_override_changes(before, target.parameters, own))
    if changes:
        # For an instance whose creation failed, the update creates the stack.
        action, content = (Action.UPDATE if instance.stack_id else Action.REPAIR), True
    elif instance.status != "CURRENT" or instance.detailed_status in FAILED:
        # Creating an instance again retries it (CreateStackInstances, OperationId).
        action, content = Action.REPAIR, instance.stack_id is not None
    else:
        action, content = (Action.UPDATE if overrides else Action.UNCHANGED), False
    return TargetPlan(*target.place, action, target, instance, content, overrides, reason)


def _override_changes(before: Values, after: Values, own: Values) -> Iterator[ValueChange]:
    """Yield the overrides that change a value. The StackSet's own value counts as none."""
    for name in sorted({*before, *after} & {*own}):
        if before.get(name, own[name]) != after.get(name, own[name]):
            yield ValueChange(name, before.get(name), after.get(name))


def _trouble(instance: StackInstance) -> str:
    if instance.status == "CURRENT" and instance.detailed_status not in FAILED:
        return ""
    said = instance.reason or instance.detailed_status.replace("_", " ").lower()
    return f"{instance.status}: {said}" if said else instance.status


def _common(
    request: StackSetRequest,
    template: Template,
    live: Live,
    stack_set: StackSetPlan,
    locate: Locate,
    origins: OriginsOf,
    schemas: Schemas,
) -> Plan | None:
    new = {ROOT: template}
    if live.stack_set is None:
        first: tuple[Values, Values] = ({}, dict(request.parameters))
        return make_plan(None, new, parameters=first, locate=locate, schemas=schemas)
    if not stack_set.updates_stacks:
        return None
    parameters = (dict(live.stack_set.parameters), dict(request.parameters))
    old = {ROOT: live.stack_set.template}
    plan = make_plan(
        old,
        new,
        parameters=parameters,
        locate=locate,
        origins=origins(old, parameters),
        schemas=schemas,
    )
    return replace(plan, gate=())


def _variants(
    request: StackSetRequest,
    template: Template,
    live: Live,
    stack_set: StackSetPlan,
    targets: Sequence[TargetPlan],
    locate: Locate,
    origins: OriginsOf,
    schemas: Schemas,
) -> Iterator[Variant]:
    """Yield the effect of each step on live targets, once for all that override the same names.

    UpdateStackSet leaves overrides as they are, and UpdateStackInstances can only give values to
    parameters that the stack already has: if both change, AWS passes through the state in between.
    """
    if live.stack_set is None:
        return
    names = template.get("Parameters", {})
    own = effective(template, request.parameters)
    before = effective(live.stack_set.template, live.stack_set.parameters)
    if stack_set.updates_stacks:
        chosen = [each for each in targets if each.content and each.has_stack]
        known = {*names, *live.stack_set.template.get("Parameters", {})}
        for overridden, group in _grouped(chosen, live, known):
            kept = live.overrides.get(group[0].place, {})
            old = {ROOT: live.stack_set.template}
            parameters = ({**before, **kept}, {**own, **_only(kept, names)})
            plan = make_plan(
                old,
                {ROOT: template},
                parameters=parameters,
                locate=locate,
                origins=origins(old, parameters),
                schemas=schemas,
                running=NOT_EACH,
            )
            if plan.has_changes or plan.gate:
                yield Variant("content", overridden, (), len(group), group[0].place, plan)
    altered: dict[tuple[str, ...], list[TargetPlan]] = {}
    for each in targets:
        if each.overrides and each.has_stack and each.action in (Action.UPDATE, Action.REPAIR):
            altered.setdefault(tuple(change.name for change in each.overrides), []).append(each)
    for changed, some in altered.items():
        for overridden, group in _grouped(some, live, set(names)):
            kept = _only(live.overrides.get(group[0].place, {}), names)
            wanted = group[0].target.parameters if group[0].target else {}
            plan = make_plan(
                {ROOT: template},
                {ROOT: template},
                parameters=({**own, **kept}, {**own, **wanted}),
                schemas=schemas,
                running=NOT_EACH,
            )
            yield Variant("overrides", overridden, changed, len(group), group[0].place, plan)


def _grouped(
    targets: Iterable[TargetPlan], live: Live, names: set[str]
) -> Iterator[tuple[tuple[str, ...], list[TargetPlan]]]:
    """Yield targets by the names of the parameters that they override now."""
    found: dict[tuple[str, ...], list[TargetPlan]] = {}
    for each in targets:
        overridden = tuple(sorted(names & live.overrides.get(each.place, {}).keys()))
        found.setdefault(overridden, []).append(each)
    yield from found.items()


def _only(values: Values, names: Collection[str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name in names}

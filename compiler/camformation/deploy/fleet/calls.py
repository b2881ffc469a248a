"""A fleet plan as the fewest calls of StackSets. Pure.

AWS's rules for the calls (botocore's documentation of each), and the consequences:

- UpdateStackSet changes the StackSet for all and the stacks at the given places. "CloudFormation
  marks all stack instances with a status of OUTDATED" first, if a template or parameters come with
  it. So only the first call of a deployment carries them; those of later waves say
  UsePreviousTemplate and UsePreviousValue, and leave the status of the others alone. Stacks of
  waves not yet reached are OUTDATED: this is how an interrupted deployment continues.
- Overrides do not change then, and UpdateStackInstances can give a value to a new parameter only
  "once a stack instance has been updated with the new parameter". So a stack with both changes is
  updated twice, the template first. The documentation does not promise that UpdateStackInstances
  applies a new template.
- Without any override in the call, UpdateStackInstances keeps the existing ones: the last one is
removed by overriding with the StackSet's own value.
- CreateStackInstances with the place of an instance that failed retries it.
- AutoDeployment goes neither with places nor with accounts: "If you specify AutoDeployment, don't
  specify DeploymentTargets or Regions". Such an update is of every instance, so it is sent when
  all are CURRENT and it changes none.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from camformation.deploy.cloud.stack_sets import Places, StackInstance, StackSetRequest
from camformation.deploy.fleet.model import Action, FleetPlan, TargetPlan, WavePlan
from camformation.deploy.fleet.places import Where
from camformation.deploy.fleet.tolerance import in_order
from camformation.fleet.protection import OFF, ON, PROTECTION
from camformation.fleet.targets import Place
from camformation.frozen import frozen, replaced


class Kind(StrEnum):
    """The kind of a call, and the action of the operation that it starts."""

    UPDATE_SET = "UpdateStackSet"
    UPDATE = "UpdateStackInstances"
    CREATE = "CreateStackInstances"
    DELETE = "DeleteStackInstances"
    IMPORT = "ImportStacksToStackSet"
    DRIFT = "DetectStackSetDrift"

    @property
    def action(self) -> str:
        """The operation's Action, as AWS names it."""
        actions = {"UpdateStackSet": "UPDATE", "DetectStackSetDrift": "DETECT_DRIFT"}
        return actions.get(self.value, self.value.partition("Stack")[0].upper())


@frozen
class Call:
    """One call. `covers` are its instances; `places` is None for all of them."""

    kind: Kind
    places: Places | None
    covers: tuple[Place, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    request: StackSetRequest | None = None
    retain: bool = True
    stack_ids: tuple[str, ...] = ()  # to import, or
    stack_ids_url: str | None = None  # where they are listed
    organizational_units: tuple[str, ...] = ()  # of the imported stacks

    @property
    def accounts(self) -> int:
        """The number of its accounts."""
        return len({account for account, _ in self.covers}) or 1


Stage = tuple[Call, ...]
"""Calls that may run at the same time; the next stage starts when all have ended."""


def stages(plan: FleetPlan, wave: WavePlan, *, carries: bool) -> tuple[Stage, ...]:
    """Return the calls of a wave; with `carries` the first one brings the StackSet's content.

    If regions go one after the other and one call cannot express that, each region gets its own
    call.
    """
    found = _stages(plan, wave.work, carries)
    regions = _regions(each.place for each in wave.work)
    one_by_one = wave.operation.region_concurrency_type == "SEQUENTIAL" and len(regions) > 1
    if not one_by_one or sum(map(len, found)) < 2:
        return found
    ordered = in_order(regions, wave.operation.region_order)
    by_region: dict[str, list[TargetPlan]] = {region: [] for region in ordered}
    for target in wave.work:
        by_region[target.region].append(target)
    split: list[Stage] = []
    for some in by_region.values():
        more = _stages(plan, some, carries)
        carries = carries and not any(target.content for target in some)
        split += more
    return tuple(_carrier_first(split, plan.request))


def _stages(plan: FleetPlan, targets: Sequence[TargetPlan], carries: bool) -> tuple[Stage, ...]:
    where = Where(plan.request.permission_model, targets, plan.units)
    updated = [
        Call(Kind.UPDATE_SET, places, covers, request=without_content(plan.request))
        for places, covers in where.rectangles(
            [each.place for each in targets if each.content], whole=False
        )
    ]
    if carries and updated:
        request = replaced(plan.request, auto_deployment=None)
        updated[0] = replaced(updated[0], request=request)
    new = [each for each in targets if not each.instance or _retried(each)]
    altered = [each for each in targets if each.instance and _alters(plan, each)]
    second = [
        Call(kind, places, covers, overrides)
        for kind, some in ((Kind.UPDATE, altered), (Kind.CREATE, new))
        for overrides, group in _by_overrides(some, plan)
        for places, covers in where.rectangles(group, whole=kind is Kind.CREATE)
    ]
    return tuple(stage for stage in (tuple(updated), tuple(second)) if stage)


def protection(plan: FleetPlan, wave: WavePlan, stand: Collection[Place]) -> Stage:
    """Return the calls that protect the new, successfully created stacks of a wave."""
    new = [each for each in wave.work if begins(plan, each) and each.place in stand]
    where = Where(plan.request.permission_model, new, plan.units)
    return tuple(
        Call(Kind.UPDATE, places, covers, overrides)
        for overrides, group in _by_overrides(new, plan, stand=True)
        for places, covers in where.rectangles(group, whole=False)
    )


def begins(plan: FleetPlan, target: TargetPlan) -> bool:
    """Whether a stack is created without its later protection."""
    if target.has_stack or target.target is None or PROTECTION not in plan.values:
        return False
    return target.target.parameters.get(PROTECTION, plan.values[PROTECTION]) == ON


def _alters(plan: FleetPlan, target: TargetPlan) -> bool:
    """Whether overrides change after the content: a new stack is protected later."""
    names = {change.name for change in target.overrides}
    return not _retried(target) and bool(names - ({PROTECTION} if begins(plan, target) else set()))


def prelude(plan: FleetPlan) -> tuple[Call, ...]:
    """Return the calls before the first wave: about the StackSet, without changing stacks."""
    live, wanted = plan.live, plan.stack_set
    if live is None or wanted.action != "update":
        return ()
    operable = [each for each in plan.instances() if each.status != "INOPERABLE"]
    if not operable:
        return (Call(Kind.UPDATE_SET, None, request=plan.request),)
    found = []
    if wanted.settings and not wanted.updates_stacks:
        one = next((each for each in operable if each.status == "CURRENT"), operable[0])
        found.append(_about_one(plan, one))
    if wanted.auto_deployment and all_current(operable):
        request = replaced(
            without_content(plan.request),
            auto_deployment=plan.request.auto_deployment,
            parameters=live.parameters,
            tags=live.tags,
            capabilities=live.capabilities,
            description=live.description,
        )
        found.append(Call(Kind.UPDATE_SET, None, request=request))
    return tuple(found)


def finale(plan: FleetPlan) -> Call:
    """Return the call that changes auto-deployment, for when every instance is CURRENT."""
    auto = plan.request.auto_deployment
    request = replaced(without_content(plan.request), auto_deployment=auto)
    return Call(Kind.UPDATE_SET, None, request=request)


def all_current(instances: Iterable[StackInstance]) -> bool:
    """Whether an update of every instance would change none."""
    return all(each.status == "CURRENT" for each in instances)


def without_content(request: StackSetRequest) -> StackSetRequest:
    """Return the request that updates places with the StackSet's current content."""
    return replaced(request, body=None, url=None, auto_deployment=None)


def removals(
    permission_model: str, instances: Sequence[StackInstance], *, retain: bool
) -> tuple[Call, ...]:
    """Return the calls that delete instances."""
    targets = [TargetPlan(e.account, e.region, Action.LEFTOVER, None, e) for e in instances]
    where = Where(permission_model, targets, {})
    return tuple(
        Call(Kind.DELETE, places, covers, retain=retain)
        for places, covers in where.rectangles([each.place for each in targets], whole=False)
    )


def _about_one(plan: FleetPlan, instance: StackInstance) -> Call:
    place = (instance.account, instance.region)
    target = TargetPlan(*place, Action.UNCHANGED, None, instance)
    where = Where(plan.request.permission_model, [target], {})
    places, covers = next(where.rectangles([place], whole=False))
    request = without_content(plan.request)
    if plan.live:
        request = replaced(request, parameters=plan.live.parameters)
    return Call(Kind.UPDATE_SET, places, covers, request=request)


def _carrier_first(split: list[Stage], request: StackSetRequest) -> list[Stage]:
    """Put the stage that brings the content before those that need it: new stacks get it too."""
    carrying = [s for s in split if s[0].request and s[0].request.brings_content]
    return [*carrying, *(stage for stage in split if stage not in carrying)]


def _retried(target: TargetPlan) -> bool:
    return target.action is Action.REPAIR and not target.content


def _by_overrides(
    targets: Sequence[TargetPlan], plan: FleetPlan, *, stand: bool = False
) -> Iterator[tuple[Mapping[str, str], list[Place]]]:
    """Yield targets by their overrides; `stand`: new ones are protected now."""
    found: dict[tuple[tuple[str, str], ...], tuple[Mapping[str, str], list[Place]]] = {}
    for each in targets:
        overrides = dict(each.target.parameters) if each.target else {}
        if begins(plan, each):
            overrides[PROTECTION] = ON if stand else OFF
        if not overrides and each.overrides:
            name = each.overrides[0].name
            overrides = {name: plan.values[name]}
        key = tuple(sorted(overrides.items()))
        found.setdefault(key, (overrides, []))[1].append(each.place)
    yield from found.values()


def _regions(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(region for _, region in places))

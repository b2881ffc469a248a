"""The removal of stacks from a fleet: deleted, or retained as independent stacks.

The losses are judged by the live template: CloudFormation follows its DeletionPolicies in each
account.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import StackInstance, StackSet, StackSets
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.destruction.plan import protected
from camformation.deploy.fleet.calls import removals
from camformation.deploy.fleet.events import FleetEvent, StackSetChanged
from camformation.deploy.fleet.live_fleet import Base, fingerprints, read_instances
from camformation.deploy.fleet.status import require
from camformation.deploy.fleet.waves import Waves
from camformation.deploy.fleet.work import CAREFUL, new_id
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.plan.blocks import words
from camformation.deploy.plan.deletion import BUCKET, Fate, ResourceDeletion, resource_deletions
from camformation.deploy.plan.gate import judged
from camformation.deploy.plan.model import Block, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.symbols import STACK, Resolver
from camformation.fleet.specs import OperationSpec
from camformation.frozen import frozen
from camformation.layout import METADATA, ROOT

AGAIN = "run `camformation fleet remove` again: it continues with the remaining stacks"


@frozen
class Removal:
    """The plan of a removal. `resources` are those of each stack, with their fates.

    `everything`: no instance is left afterwards, so the StackSet itself can be deleted.
    """

    name: str
    stack_set: StackSet
    instances: tuple[StackInstance, ...]
    retain: bool
    everything: bool
    resources: tuple[ResourceDeletion, ...]
    gate: tuple[Block, ...]
    base: Base

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks that stop the removal: those not allowed."""
        return tuple(b for b in self.gate if b.severity is Severity.BLOCK and not b.allowed)

    def of(self, fate: Fate) -> tuple[ResourceDeletion, ...]:
        """Return the resources of one fate; each stack has them."""
        return tuple(each for each in self.resources if each.fate is fate)


def plan_removal(
    stack_sets: StackSets,
    clock: Clock,
    name: str,
    named: Sequence[str] | None,
    *,
    retain: bool,
    allow: Collection[str] = (),
) -> Removal:
    """Return the plan of a removal; changes nothing.

    `named` are targets, `ACCOUNT/REGION` or `ACCOUNT`; None means all. Raises DeployError if there
    is no such StackSet or instance.
    """
    stack_set = require(stack_sets, clock, name)
    instances = read_instances(stack_sets, clock, name)
    chosen = _chosen(name, instances.values(), named)
    resources = _resources(stack_set, retain=retain)
    found = () if retain or not chosen else tuple(_gate(stack_set, resources))
    return Removal(
        name,
        stack_set,
        chosen,
        retain,
        len(chosen) == len(instances),
        resources,
        judged(found, allow),
        fingerprints(stack_set, instances),
    )


def remove(
    stack_sets: StackSets,
    clock: Clock,
    removal: Removal,
    *,
    confirmed: str,
    delete_stack_set: bool = False,
    spec: OperationSpec = CAREFUL,
    control: Control = nobody,
    ids: Callable[[], str] = new_id,
) -> Iterator[FleetEvent]:
    """Carry out a removal; the last event is FleetFinished, Stopped or FleetDetached.

    `confirmed` is the StackSet's name as typed by the user. Raises DeployError before any change if
    it differs, if data would be lost without permission, or if the fleet has changed since.
    """
    _check(removal, confirmed, delete_stack_set)
    managed = removal.stack_set.managed_execution
    waves = Waves(stack_sets, clock, removal.name, AGAIN, control, ids, managed=managed)
    try:
        if not (yield from waves.settle()):
            return
        yield from waves.ask(lambda: waves.check_base(removal.base))
        model = removal.stack_set.permission_model
        calls = removals(model, removal.instances, retain=removal.retain)
        if calls and not (yield from waves.run("remove", spec, (calls,), (), (1, 1))):
            return
        if delete_stack_set:
            yield from waves.ask(lambda: stack_sets.delete(removal.name))
            yield StackSetChanged(
                time=clock.now(), name=removal.name, id=removal.stack_set.id, action="DELETE"
            )
        yield waves.finished(changed=bool(calls) or delete_stack_set)
    except DeployError as error:
        raise waves.lost(error) from error


def _check(removal: Removal, confirmed: str, delete_stack_set: bool) -> None:
    name = removal.name
    if confirmed != name:
        raise DeployError(
            "CAM696",
            f"the fleet is named {name}, not {confirmed}; nothing was changed",
            f"type {name}",
        )
    if delete_stack_set and not removal.everything:
        raise DeployError(
            "CAM696",
            f"the StackSet {name} keeps instances, so it cannot be deleted; nothing was changed",
            "remove all of them too, or keep the StackSet",
        )
    if removal.blocks:
        first = removal.blocks[0]
        more = f" (and {len(removal.blocks) - 1} more)" if removal.blocks[1:] else ""
        raise DeployError("CAM671", f"nothing was removed: {first.message}{more}", first.hint)


def _chosen(
    name: str, instances: Collection[StackInstance], named: Sequence[str] | None
) -> tuple[StackInstance, ...]:
    if named is None:
        return tuple(instances)
    wanted = set(named)
    known = {each.account for each in instances}
    known |= {f"{each.account}/{each.region}" for each in instances}
    if missing := sorted(wanted - known):
        raise DeployError(
            "CAM696",
            f"{name} has no instance {', '.join(missing)}; nothing was changed",
            "`camformation fleet status` lists them; a target is ACCOUNT/REGION or ACCOUNT",
        )
    return tuple(
        each
        for each in instances
        if each.account in wanted or f"{each.account}/{each.region}" in wanted
    )


def _resources(stack_set: StackSet, *, retain: bool) -> tuple[ResourceDeletion, ...]:
    bodies = stack_set.template.get("Resources", {})
    live = tuple(
        StackResource(id, id, body["Type"], "DELETE_SKIPPED" if retain else "CREATE_COMPLETE")
        for id, body in bodies.items()
    )
    return tuple(resource_deletions({ROOT: stack_set.template}, {ROOT: live}))


def _gate(stack_set: StackSet, resources: Sequence[ResourceDeletion]) -> Iterator[Block]:
    template = stack_set.template
    kept: Mapping[str, Any] = template.get("Metadata", {}).get(METADATA, {})
    emptied = {ROOT: {"Metadata": {METADATA: kept}, "Resources": {}}}
    values = dict(stack_set.parameters)
    yield from make_plan({ROOT: template}, emptied, parameters=(values, {})).gate
    resolver = Resolver({ROOT: template}, values)
    for id, body in template.get("Resources", {}).items():
        if body["Type"] == STACK and body.get("DeletionPolicy") != "Retain":
            yield Block(
                "CAM673",
                Severity.BLOCK,
                f"{id}: the nested stack is deleted, and its resources are unknown: the StackSet "
                "stores only its template's address",
                "check it in one of the accounts; if you need none of its resources, pass "
                f"--allow-data-loss {words('CAM673', id)}",
                ROOT,
                id,
                allow=words("CAM673", id),
            )
        fate = next((each.fate for each in resources if each.address.logical_id == id), None)
        if fate is Fate.RETAIN:
            continue
        if protected(resolver.value(ROOT, body.get("Properties", {}))):
            yield Block(
                "CAM698",
                Severity.BLOCK,
                f"{id}: deletion protection is on, so AWS would not delete it; its stack would "
                "end in DELETE_FAILED and the instance in INOPERABLE",
                "turn it off in the spec and deploy the fleet, then remove the stacks",
                ROOT,
                id,
            )
        if body["Type"] == BUCKET:
            yield Block(
                "CAM698",
                Severity.WARNING,
                f"{id}: StackSets does not empty buckets; if it holds objects, its stack ends in "
                "DELETE_FAILED and the instance in INOPERABLE",
                "empty it in each account first, or give it DeletionPolicy Retain and deploy",
                ROOT,
                id,
            )

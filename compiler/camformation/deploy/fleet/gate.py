"""The gate of a fleet: blocks and warnings of each kind of target, and of the fleet as a whole."""

from collections.abc import Collection, Iterator, Mapping

from camformation.counting import counted
from camformation.deploy.cloud.stack_sets import StackInstance
from camformation.deploy.fleet.model import Action, FleetPlan, GateEntry
from camformation.deploy.plan.blocks import words
from camformation.deploy.plan.gate import judged
from camformation.deploy.plan.model import Block, Severity
from camformation.deploy.plan.symbols import STACK
from camformation.fleet.targets import Place

Key = tuple[str, str | None, str | None]


def fleet_gate(
    plan: FleetPlan, instances: Mapping[Place, StackInstance], allow: Collection[str]
) -> tuple[GateEntry, ...]:
    """Return every block and warning once, those named in `allow` as allowed."""
    found: dict[Key, Block] = {}
    counts: dict[Key, dict[str, int]] = {}
    examples: dict[Key, Place] = {}
    for variant in plan.variants:
        for block in variant.plan.gate:
            key = _key(block)
            found.setdefault(key, block)
            examples.setdefault(key, variant.example)
            steps = counts.setdefault(key, {})
            steps[variant.step] = steps.get(variant.step, 0) + variant.targets
    for number, example, block in _of_fleet(plan, instances):
        found[_key(block)] = block
        counts[_key(block)] = {"": number}
        if example:
            examples[_key(block)] = example
    return tuple(
        GateEntry(block, max(counts.get(_key(block), {"": 0}).values()), examples.get(_key(block)))
        for block in judged(found.values(), allow)
    )


def _key(block: Block) -> Key:
    return block.code, block.component, block.logical_id or block.message


def _of_fleet(
    plan: FleetPlan, instances: Mapping[Place, StackInstance]
) -> Iterator[tuple[int, Place | None, Block]]:
    """Yield findings about the fleet: the number of targets, one of them, and the block."""
    yield from _in_no_unit(plan)
    if plan.live is None:
        return
    operable = [each for each in instances.values() if each.status != "INOPERABLE"]
    if any(change.name == "permission_model" for change in plan.stack_set.settings) and instances:
        yield len(instances), None, _permission_model(plan)
    if plan.stack_set.updates_stacks and operable:
        yield from _nothing_to_begin_with(plan)
        yield from _nested(plan, len(operable))
    outdated = [
        each
        for each in plan.targets()
        if each.action in (Action.UPDATE, Action.REPAIR)
        and each.instance
        and each.has_stack
        and each.instance.status == "OUTDATED"
    ]
    if outdated:
        yield len(outdated), outdated[0].place, _outdated(len(outdated))
    stuck = [each for each in plan.targets() if each.action is Action.INOPERABLE]
    if stuck:
        yield len(stuck), stuck[0].place, _inoperable(len(stuck))


def _in_no_unit(plan: FleetPlan) -> Iterator[tuple[int, Place | None, Block]]:
    """ "UNION is not supported for CreateStackInstances operations" (DeploymentTargets)."""
    if plan.request.permission_model != "SERVICE_MANAGED":
        return
    outside = [
        each
        for each in plan.targets()
        if each.action is Action.CREATE and each.target and not each.target.organizational_unit
    ]
    if outside:
        account, one = outside[0].account, len(outside) == 1
        yield (
            len(outside),
            outside[0].place,
            Block(
                "CAM699",
                Severity.BLOCK,
                f"{_outside(len(outside), account)} in none of the organizational units: "
                "StackSets with service-managed permissions create stacks by unit only",
                f"use a unit that has {'this account' if one else 'these accounts'}, with the "
                "account_filter INTERSECTION, for example the root of the organization",
            ),
        )


def _outside(number: int, account: str) -> str:
    if number == 1:
        return f"a new target, {account}, is"
    return f"{number} new targets, {account} for one, are"


def _nothing_to_begin_with(plan: FleetPlan) -> Iterator[tuple[int, Place | None, Block]]:
    """UpdateStackSet takes places with instances, or is for all of them at once."""
    first = next((wave for wave in plan.waves if wave.work), None)
    if first is not None and any(target.content for target in first.targets):
        return
    live = any(target.content for target in plan.targets())
    where = f"the wave {first.name}" if first else "the fleet file"
    yield (
        len(first.work) if first else 0,
        None,
        Block(
            "CAM672",
            Severity.BLOCK,
            f"the StackSet's template or parameters change, but {where} has no live stack to "
            "update; AWS changes them only together with live stacks, and new stacks get the "
            "StackSet's current ones",
            "put a live target into that wave, or first deploy the new targets with the spec as "
            "it is live"
            if live
            else "no live stack is still a target: remove the live stacks with `camformation "
            "fleet remove`, or make one of them a target",
        ),
    )


def _permission_model(plan: FleetPlan) -> Block:
    return Block(
        "CAM675",
        Severity.BLOCK,
        f"the StackSet {plan.name} is {plan.live.permission_model if plan.live else ''}; AWS "
        f"cannot change it to {plan.request.permission_model} while it has instances",
        "keep the permission model, or use another name for the fleet",
    )


def _nested(plan: FleetPlan, targets: int) -> Iterator[tuple[int, Place | None, Block]]:
    old = plan.live.template.get("Resources", {}) if plan.live else {}
    new = plan.template.get("Resources", {})
    for name in dict.fromkeys([*old, *new]):
        bodies = old.get(name, {}), new.get(name, {})
        if bodies[0] != bodies[1] and bodies[0].get("Type") == STACK:
            yield (
                targets,
                None,
                Block(
                    "CAM673",
                    Severity.BLOCK,
                    f"{name}: the nested stack changes, and its resources cannot be compared: "
                    "the StackSet stores only its template's address",
                    "export a flat template, or check the change set of one stack (`--preview`); "
                    f"to deploy anyway, pass --allow-data-loss {words('CAM673', name)}",
                    "root",
                    name,
                    allow=words("CAM673", name),
                ),
            )


def _outdated(number: int) -> Block:
    return Block(
        "CAM674",
        Severity.WARNING,
        f"{counted(number, 'stack')} {'is' if number == 1 else 'are'} not as the StackSet "
        "defines, because an operation failed or was stopped: the plan compares with the "
        "StackSet, since their real state is unknown",
        "`--preview` compares with the deployed stack in one account",
    )


def _inoperable(number: int) -> Block:
    return Block(
        "CAM676",
        Severity.WARNING,
        "a stack is INOPERABLE: StackSets skips it in every update"
        if number == 1
        else f"{number} stacks are INOPERABLE: StackSets skips them in every update",
        "remove such a stack from the fleet with `camformation fleet remove --retain-stacks`, "
        "repair or delete it in its account, and deploy again; after a failed import, import it "
        "again",
    )

"""The plan of a removal from a fleet, as text and JSON."""

import json
from collections.abc import Iterator

from camformation.counting import counted
from camformation.deploy.fleet.removal import Removal
from camformation.deploy.plan.deletion import Fate, ResourceDeletion
from camformation.deploy.plan.plan_file import block_data
from camformation.report.fleet.words import (
    named,
    place_data,
    places_text,
    region_of,
    titled,
)
from camformation.report.plan.text import BOLD, NAMED, RED, Paint, block_lines, painter
from camformation.report.terminal_text import readable


@readable
def fleet_remove_text(removal: Removal, *, colour: bool) -> str:
    """Return the plan of a removal, the most serious last, ending with a newline."""
    paint = painter(colour=colour)
    lines = [paint(_title(removal), BOLD)]
    if not removal.instances:
        return "\n".join([*lines, "", paint(_summary(removal), BOLD)]) + "\n"
    stacks = counted(len(removal.instances), "stack")
    lines += ["", titled("removed from the fleet", stacks, paint)]
    lines.append(f"  {places_text((each.account, each.region) for each in removal.instances)}")
    if removal.retain:
        lines += [
            "",
            titled("stays", "each stack, as an independent stack, with all its resources", paint),
        ]
        lines += _staying([each for each in removal.resources if each.cost])
        lines.append("  and everything else in them, which keeps running at the same cost")
    else:
        lines += _fates(removal, paint)
    lines += ["", titled("StackSet", _afterwards(removal), paint)]
    for block in removal.gate:
        about = (f"in {stacks}",) if block.logical_id else ()
        lines += ["", *block_lines(block, paint, *about)]
    lines += ["", paint(_summary(removal), BOLD)]
    lost = [each for each in removal.of(Fate.DELETE) if each.loss]
    if lost:
        lines += ["", paint(f"Permanently lost, in {stacks}:", BOLD)]
        lines += [paint(f"  {_named(each)}: {each.loss}", RED) for each in lost]
    return "\n".join(lines) + "\n"


def fleet_remove_json(removal: Removal) -> str:
    """Return the plan of a removal as a line of JSON: the first event of its stream."""
    document = {
        "event": "removal",
        "stack_set": removal.name,
        "id": removal.stack_set.id,
        "retain": removal.retain,
        "everything": removal.everything,
        "targets": [
            {
                **place_data((each.account, each.region)),
                "stack_id": each.stack_id,
                "status": each.status,
            }
            for each in removal.instances
        ],
        "resources": [_resource(each) for each in removal.resources],
        "gate": [block_data(block) for block in removal.gate],
        "blocked": len(removal.blocks),
        "text": _summary(removal),
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def _title(removal: Removal) -> str:
    how = "stacks are left as they are" if removal.retain else "stacks are deleted"
    parts = (f"remove from StackSet {removal.name}", region_of(removal.stack_set.arn), how)
    return "  ".join(part for part in parts if part)


def _afterwards(removal: Removal) -> str:
    if removal.everything:
        return "has no stacks afterwards, and can be deleted too"
    return "kept, with its other stacks"


def _fates(removal: Removal, paint: Paint) -> Iterator[str]:
    gone = removal.of(Fate.DELETE)
    yield ""
    yield titled("deleted, in each stack", counted(len(gone), "resource"), paint)
    by_type: dict[str, list[str]] = {}
    for each in gone:
        by_type.setdefault(each.type, []).append(each.address.logical_id)
    for kind, names in by_type.items():
        yield paint(f"  - {kind}  {named(names, NAMED, '').rstrip()}", RED)
    kept = [each for each in removal.resources if each.fate is not Fate.DELETE]
    if kept:
        yield ""
        yield titled("kept, in each account", counted(len(kept), "resource"), paint)
        yield from _staying(kept)


def _staying(resources: list[ResourceDeletion]) -> Iterator[str]:
    for each in resources:
        saved = "  as a snapshot" if each.fate is Fate.SNAPSHOT else ""
        cost = f"  (costs {each.cost})" if each.cost else ""
        yield f"  {_named(each)}{saved}{cost}"


def _named(each: ResourceDeletion) -> str:
    return f"{each.address.logical_id}  {each.type}" + (f", {each.what}" if each.what else "")


def _summary(removal: Removal) -> str:
    number = len(removal.instances)
    if not number:
        return "Removal: no stacks."
    blocked = f"; blocked by {len(removal.blocks)}" if removal.blocks else ""
    if removal.retain:
        left = f"{counted(number, 'stack')} to leave the fleet as they are"
        return f"Removal: {left}; nothing is deleted{blocked}"
    gone, every = len(removal.of(Fate.DELETE)), len(removal.resources)
    return (
        f"Removal: {counted(number, 'stack')} to delete, with {counted(gone, 'resource')} of each; "
        f"{every - gone} of each {'is' if every - gone == 1 else 'are'} kept{blocked}"
    )


def _resource(each: ResourceDeletion) -> dict[str, object]:
    return {
        "component": each.address.template,
        "logical_id": each.address.logical_id,
        "type": each.type,
        "fate": each.fate.value,
        "what": each.what,
        "loss": each.loss,
        "cost": each.cost,
    }

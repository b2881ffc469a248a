"""The plan and the result of a destruction, as text and JSON."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from math import fsum
from typing import Any

from camformation.deploy.destruction.execution import Destroyed
from camformation.deploy.destruction.plan import Destruction
from camformation.deploy.plan.deletion import Fate, ResourceDeletion
from camformation.report.cost import about
from camformation.report.terminal_text import readable

BOLD, RED, YELLOW = "1", "31", "33"


@readable
def destruction_text(
    destruction: Destruction, *, final_snapshot: bool = True, colour: bool = False
) -> str:
    """Return the plan of `destroy`, the most serious last, ending with a newline."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    gone = destruction.of(Fate.DELETE)
    lines = [paint(f"Destroy {destruction.name} (stack {destruction.stack.name})", BOLD)]
    lines += ["", paint(f"To be deleted ({len(gone)} resources):", BOLD), *_counted(gone)]
    kept = [each for each in destruction.resources if each.fate is not Fate.DELETE]
    if kept:
        lines += ["", paint(f"Kept ({len(kept)}):", BOLD), *map(_kept, kept)]
    saved = destruction.unsaved_clusters if final_snapshot else ()
    for each in saved:
        lines.append(f"  a snapshot of {each.physical_id}, taken first  (costs its storage)")
    if destruction.cost:
        now = about(destruction.cost.lines, more=bool(destruction.cost.unknown))
        later = about(destruction.kept_costs)
        lines += ["", f"Cost: {now} a month now; {later} for what is kept"]
    if destruction.emptied:
        lines += ["", paint("Emptied first, with every version of every object:", BOLD)]
        lines += [f"  {each.physical_id}  {each.what}" for each in destruction.emptied]
    if destruction.protections:
        lines += ["", paint("Protected:", BOLD)]
        lines += [f"  {each.what}" for each in destruction.protections]
    for obstacle in destruction.obstacles:
        lines += ["", f"First: {obstacle}"]
    for warning in destruction.warnings:
        lines += ["", paint(f"Note: {warning}", YELLOW)]
    lost = [each for each in gone if each.loss and each not in saved]
    if lost:
        lines += ["", paint("Permanently lost:", BOLD)]
        lines += [paint(f"  {d.what} ({d.physical_id}): {d.loss}", RED) for d in lost]
    return "\n".join(lines) + "\n"


@readable
def destroyed_text(destroyed: Destroyed) -> str:
    """Return the remaining resources of a deployment, ending with a newline."""
    if not destroyed.leftovers and not destroyed.unknown:
        return f"{destroyed.name} is destroyed; nothing of it remains.\n"
    still = " Remaining:" if destroyed.leftovers else ""
    lines = [f"{destroyed.name} is destroyed.{still}"]
    for each in destroyed.leftovers:
        cost = f"  (costs {each.cost})" if each.cost else ""
        lines.append(f"  {each.what}: {each.physical_id}{cost}")
        if each.note:
            lines.append(f"      {each.note}")
    if destroyed.unknown:
        lines += ["Could not be looked up, and may still be there:"]
        lines += [f"  {each}" for each in destroyed.unknown]
    return "\n".join(lines) + "\n"


def destruction_json(destruction: Destruction) -> str:
    """Return the plan of `destroy` as a line of JSON: the first event of its stream."""
    document: dict[str, Any] = {
        "event": "destruction",
        "deployment": destruction.name,
        "stack": destruction.stack.name,
        "resources": [asdict(each) for each in destruction.resources],
        "emptied": [each.physical_id for each in destruction.emptied],
        "protections": [each.what for each in destruction.protections],
        "obstacles": list(destruction.obstacles),
        "warnings": list(destruction.warnings),
        "cost": _cost(destruction),
    }
    return json.dumps(document) + "\n"


def _cost(destruction: Destruction) -> dict[str, Any] | None:
    found = destruction.cost
    if found is None or not found.known:
        return None
    return {
        "currency": "USD",
        "monthly": round(found.total, 2),
        "kept": round(fsum(each.monthly or 0.0 for each in destruction.kept_costs), 2),
        "unpriced": sorted({each.key for each in found.unpriced}),
    }


def destroyed_json(destroyed: Destroyed) -> str:
    """Return the remaining resources as a line of JSON: the last event of the stream."""
    document = {
        "event": "destroyed",
        "deployment": destroyed.name,
        "leftovers": [asdict(each) for each in destroyed.leftovers],
        "unknown": list(destroyed.unknown),
    }
    return json.dumps(document) + "\n"


def _counted(gone: tuple[ResourceDeletion, ...]) -> Iterator[str]:
    for component in dict.fromkeys(each.address.template for each in gone):
        kinds = Counter(each.type for each in gone if each.address.template == component)
        for kind, number in sorted(kinds.items()):
            yield f"  {component:<16} {number:>3} {kind}"


def _kept(each: ResourceDeletion) -> str:
    what = each.what or f"{each.address.logical_id} ({each.type})"
    saved = ", as a snapshot" if each.fate is Fate.SNAPSHOT else ""
    cost = f"  (costs {each.cost})" if each.cost else ""
    return f"  {what}{saved}: {each.physical_id}{cost}"

"""The plan of an import into a fleet, as text and JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from camformation.counting import counted
from camformation.deploy.fleet.stack_import import Candidate, ImportPlan
from camformation.deploy.plan.model import Block
from camformation.deploy.plan.plan_file import plan_data
from camformation.report.fleet.changes import shape
from camformation.report.fleet.plan_text import without_phantoms
from camformation.report.fleet.words import one_line, place_text, places_text, titled
from camformation.report.plan.text import BOLD, RED, YELLOW, Paint, block_lines, change_lines
from camformation.report.plan.text import painter as painter_of
from camformation.report.terminal_text import readable

KINDS = 8  # of changes that are shown
NOTES = 8
REFUSALS = 20


@readable
def fleet_import_text(plan: ImportPlan, *, colour: bool) -> str:
    """Return the plan of an import, ending with a newline."""
    paint = painter_of(colour=colour)
    lines = [paint(_title(plan), BOLD)]
    if plan.organizational_units:
        lines.append(f"  organizational units {', '.join(plan.organizational_units)}")
    same = [each for each in _good(plan) if each.plan and not each.plan.has_changes]
    if same:
        aside = f"{counted(len(same), 'stack')}, same as in the fleet"
        lines += ["", titled("as they are", aside, paint)]
        lines.append(f"  {_places(same)}")
    kinds = _kinds(plan)
    for kind in kinds[:KINDS]:
        lines += ["", *_kind(kind, paint)]
    if rest := kinds[KINDS:]:
        number = sum(map(len, rest))
        lines += ["", f"and {counted(number, 'stack')} that would change otherwise"]
    lines += _notes(plan, paint)
    for block, number in _gate(plan):
        about = f"in {counted(number, 'stack')}, by the deployment after the import"
        lines += ["", *block_lines(block, paint, about)]
    if plan.refusals:
        lines += ["", titled("refused", "nothing is imported until this is fixed", paint)]
        shown = plan.refusals[:REFUSALS]
        lines += [paint(f"  {one_line(said)}", RED) for said in shown]
        if more := len(plan.refusals) - len(shown):
            lines.append(f"  and {counted(more, 'more reason')}")
    return "\n".join([*lines, "", paint(_summary(plan), BOLD)]) + "\n"


def fleet_import_json(plan: ImportPlan) -> str:
    """Return the plan of an import as a line of JSON: the first event of its stream."""
    document = {
        "event": "import",
        "stack_set": plan.name,
        "create": plan.create,
        "permission_model": plan.request.permission_model,
        "organizational_units": list(plan.organizational_units),
        "candidates": [_candidate(each) for each in plan.candidates],
        "problems": list(plan.problems),
        "refused": bool(plan.refusals),
        "text": _summary(plan),
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def _title(plan: ImportPlan) -> str:
    made = "which is created" if plan.create else "which is live"
    return f"import into StackSet {plan.name}  {plan.request.permission_model}  {made}"


def _good(plan: ImportPlan) -> list[Candidate]:
    return [each for each in plan.candidates if not each.problems]


def _places(some: Sequence[Candidate]) -> str:
    return places_text(each.place for each in some)


def _kinds(plan: ImportPlan) -> list[list[Candidate]]:
    """Return the stacks that will change, grouped by equal changes."""
    found: dict[object, list[Candidate]] = {}
    for each in _good(plan):
        if each.plan and each.plan.has_changes:
            found.setdefault(shape(each.plan), []).append(each)
    return sorted(found.values(), key=len, reverse=True)


def _kind(some: Sequence[Candidate], paint: Paint) -> Iterator[str]:
    first = some[0]
    one = f", {place_text(first.place)} for one" if some[1:] else ""
    aside = f"{counted(len(some), 'stack')}, by the deployment after the import{one}"
    yield titled("changes", aside, paint)
    yield f"  {_places(some)}"
    if first.plan:
        lines = change_lines(without_phantoms(first.plan), paint)
        yield from (f"  {line}" for line in lines if line)


def _notes(plan: ImportPlan, paint: Paint) -> Iterator[str]:
    found: dict[str, list[Candidate]] = {}
    for each in _good(plan):
        if each.plan is None:
            found.setdefault(each.note, []).append(each)
    if found:
        number = sum(map(len, found.values()))
        yield ""
        yield titled("not compared", counted(number, "stack"), paint)
    for note, some in list(found.items())[:NOTES]:
        yield paint(f"  {one_line(note)}", YELLOW)
        yield f"      {_places(some)}"
    if more := len(found) - NOTES:
        yield from [f"  and for {counted(more, 'other reason')}"] if more > 0 else []


def _gate(plan: ImportPlan) -> list[tuple[Block, int]]:
    """Return the blocks of the next deployment, each with its number of stacks."""
    found: dict[tuple[str, str | None], tuple[Block, int]] = {}
    for each in _good(plan):
        for block in each.plan.gate if each.plan else ():
            key = (block.code, block.logical_id or block.message)
            found[key] = (found.get(key, (block, 0))[0], found.get(key, (block, 0))[1] + 1)
    return list(found.values())


def _summary(plan: ImportPlan) -> str:
    good = _good(plan)
    changing = sum(bool(each.plan and each.plan.has_changes) for each in good)
    unread = sum(each.plan is None for each in good)
    parts = [
        f"{len(good)} to import",
        f"{changing} of them to change with the next deployment",
        *([f"{unread} not compared"] if unread else []),
        *(["the StackSet is created"] if plan.create else []),
    ]
    why = counted(len(plan.refusals), "reason")
    refused = f"; refused for {why}, so nothing is imported" if plan.refusals else ""
    return f"Import: {', '.join(parts)}{refused}"


def _candidate(each: Candidate) -> dict[str, Any]:
    return {
        "account": each.account,
        "region": each.region,
        "stack": each.stack,
        "stack_id": each.stack_id,
        "note": each.note,
        "problems": list(each.problems),
        "plan": plan_data(each.plan) if each.plan else None,
    }

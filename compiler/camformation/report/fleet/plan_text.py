"""A fleet plan on a terminal: the StackSet, then each wave, with the most serious changes last."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from camformation.counting import counted
from camformation.deploy.fleet.model import (
    Action,
    FleetPlan,
    GateEntry,
    TargetPlan,
    ValueChange,
    WavePlan,
)
from camformation.deploy.fleet.preview import Preview
from camformation.deploy.plan.model import Block, Plan
from camformation.report.fleet.changes import destructions, protected_later, stack_changes
from camformation.report.fleet.groups import (
    SIGNS,
    own_text,
    own_values,
    target_groups,
    trouble_text,
    troubles,
    value_text,
)
from camformation.report.fleet.words import (
    CAUSES,
    EVERY,
    cause_lines,
    one_line,
    place_text,
    places_text,
    titled,
)
from camformation.report.plan.text import (
    BOLD,
    DIM,
    RED,
    YELLOW,
    Paint,
    block_lines,
    change_lines,
    painter,
    summary_line,
)
from camformation.report.terminal_text import readable

GROUPS = 12  # of a wave's targets; the others are counted
KINDS = 8  # of stacks whose changes are shown
WORK = (Action.CREATE, Action.UPDATE, Action.REPAIR)
COLOURS = {
    Action.CREATE: "32",
    Action.UPDATE: YELLOW,
    Action.REPAIR: YELLOW,
    Action.INOPERABLE: RED,
    Action.UNCHANGED: DIM,
}


@readable
def fleet_plan_text(
    plan: FleetPlan, previews: Sequence[Preview] = (), *, colour: bool, every: bool = False
) -> str:
    """Return the plan as text, ending with a newline; with `every`, each target on a line."""
    paint = painter(colour=colour)
    lines = [paint(fleet_title(plan), BOLD), *_stack_set(plan, paint), *_changes(plan, paint)]
    for wave in plan.waves:
        lines += ["", *_wave(wave, paint, every)]
    found = troubles(plan)
    if found:
        number = sum(len(group.places) for group in found)
        lines += ["", titled("not in the expected state", counted(number, "stack"), paint)]
        lines += cause_lines(found, paint, None if every else CAUSES)
    if plan.leftovers:
        lines += ["", *_leftovers(plan.leftovers, paint, every)]
    for preview in previews:
        lines += ["", *_preview(preview, plan, paint)]
    for entry in plan.gate:
        lines += ["", *gate_entry_lines(entry, paint)]
    if later := protected_later(plan):
        lines += ["", later]
    lines += ["", paint(fleet_summary(plan), BOLD)]
    grave = destructions(plan)
    if grave:
        lines += ["", paint(f"Replacements and deletions ({len(grave)}):", BOLD)]
        lines += [paint(f"  {line}", RED) for line in grave]
    return "\n".join(lines) + "\n"


def fleet_title(plan: FleetPlan) -> str:
    """Return the head line: the StackSet, its place, and the base of the comparison."""
    against = "compared with the live StackSet" if plan.live else "first deployment"
    parts = (f"plan StackSet {plan.name}", plan.region, plan.request.permission_model, against)
    return "  ".join(part for part in parts if part)


def fleet_summary(plan: FleetPlan) -> str:
    """Return the line that summarizes a plan."""
    counts = plan.counts
    aside = [f"{counts[Action.INOPERABLE]} inoperable"] if counts[Action.INOPERABLE] else []
    aside += [f"{counts[Action.LEFTOVER]} left over"] if counts[Action.LEFTOVER] else []
    blocked = f"; blocked by {len(plan.blocks)}" if plan.blocks else ""
    if not plan.has_changes:
        also = f" ({', '.join(aside)})" if aside else ""
        return f"No changes: the fleet matches the fleet file{also}{blocked}."
    parts = [
        *(f"{counts[each]} to {each.value}" for each in Action if each in WORK),
        f"{counts[Action.UNCHANGED]} unchanged",
        *aside,
    ]
    doing = {"create": "; the StackSet is created", "update": "; the StackSet is updated"}
    own = doing.get(plan.stack_set.action, "")
    return f"Fleet: {', '.join(parts)}{own}{blocked}"


def gate_entry_lines(entry: GateEntry, paint: Paint) -> Iterator[str]:
    """Yield lines on a block or warning, with its number of targets."""
    return block_lines(entry.block, paint, *entry_targets(entry))


def entry_targets(entry: GateEntry) -> tuple[str, ...]:
    """Return the number of targets of an entry, and one of them."""
    if entry.example is None and entry.block.logical_id is None:
        return ()
    if entry.targets == 1 and entry.example:
        return (f"in {place_text(entry.example)}",)
    one = f", {place_text(entry.example)} for one" if entry.example else ""
    return (f"in {counted(entry.targets, 'target')}{one}",) if entry.targets else ()


def wave_counts(wave: WavePlan) -> str:
    """Return the number of a wave's targets for each action."""
    counts = wave.counts
    words = {each: f"to {each.value}" for each in WORK}
    found = [f"{counts[each]} {words.get(each, each.value)}" for each in Action if counts[each]]
    return ", ".join(found) or "no targets"


def without_phantoms(plan: Plan) -> Plan:
    """Return a plan with only its changes."""
    return replace(plan, components=tuple(replace(c, phantoms=()) for c in plan.components))


def preview_blocks(preview: Preview, plan: FleetPlan) -> Iterator[Block]:
    """Yield the findings of a preview's gate that the fleet's does not have."""
    known = {(entry.block.code, entry.block.logical_id) for entry in plan.gate}
    gate = preview.plan.gate if preview.plan else ()
    return (block for block in gate if (block.code, block.logical_id) not in known)


def setting_lines(plan: FleetPlan) -> Iterator[str]:
    """Yield a line for each change of the StackSet itself."""
    wanted = plan.stack_set
    auto = (wanted.auto_deployment,) if wanted.auto_deployment else ()
    for change in (*wanted.settings, *auto, *wanted.content):
        yield _setting(change)
    if wanted.template_changed:
        same = not (plan.common and plan.common.has_changes)
        yield "~ template" + ("  no resource changes" if same else "")


def _setting(change: ValueChange) -> str:
    sign = "+" if change.before is None else "-" if change.after is None else "~"
    return f"{sign} {change.name}  {value_text(change, '(none)')}"


def _stack_set(plan: FleetPlan, paint: Paint) -> Iterator[str]:
    if plan.stack_set.action == "none":
        return
    yield ""
    yield paint("StackSet", BOLD)
    if plan.stack_set.action == "create":
        yield paint(f"  + {plan.name}", COLOURS[Action.CREATE])
        request = plan.request
        own = sorted(request.parameters.items())
        shown = [*((f"parameters.{k}", v) for k, v in own)]
        shown += [(f"tags.{k}", v) for k, v in sorted(request.tags.items())]
        yield from (f"      {name}  {one_line(value, 100)}" for name, value in shown)
        return
    yield from (f"  {line}" for line in setting_lines(plan))


def _changes(plan: FleetPlan, paint: Paint) -> Iterator[str]:
    found = stack_changes(plan)
    for each in found[:KINDS]:
        yield ""
        yield titled(each.heading, each.number, paint)
        yield from _indented(change_lines(without_phantoms(each.plan), paint))
    if found[KINDS:]:
        number = sum(each.targets for each in found[KINDS:])
        yield ""
        yield f"and otherwise in {counted(number, 'target')} (--format json shows all)"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a tree one level deeper, without its empty lines."""
    return (f"  {line}" for line in lines if line)


def _wave(wave: WavePlan, paint: Paint, every: bool) -> Iterator[str]:
    yield titled(f"wave {wave.name}", wave_counts(wave), paint)
    groups = list(target_groups(wave.targets))
    if not every:
        groups = [group for group in groups if group.action is not Action.UNCHANGED]
    for group in groups if every else groups[:GROUPS]:
        named = f"{group.action.value} {counted(len(group.targets), 'target')}"
        if group.action in (Action.UNCHANGED, Action.INOPERABLE):
            named = f"{counted(len(group.targets), 'target')} {group.action.value}"
        line = f"  {SIGNS[group.action]} {named}: {places_text(group.places)}"
        yield paint(line, COLOURS[group.action])
        yield from (f"      {detail}" for detail in group.details)
        if every:
            yield from (f"      {_target(each)}" for each in group.targets)
    if not every and groups[GROUPS:]:
        number = sum(len(group.targets) for group in groups[GROUPS:])
        yield f"    and {counted(number, 'more target')} that differ otherwise ({EVERY} lists them)"


def _target(target: TargetPlan) -> str:
    own = [f"{change.name} {own_text(change, target.action)}" for change in own_values(target)]
    said = [trouble_text(target.instance)] if target.instance and target.reason else []
    return "  ".join([place_text(target.place), *own, *said])


def _leftovers(leftovers: Sequence[TargetPlan], paint: Paint, every: bool) -> Iterator[str]:
    aside = (
        f"{counted(len(leftovers), 'stack')}, live but not a target: removed only by "
        "`camformation fleet remove`"
    )
    yield titled("left over", aside, paint)
    yield f"  {SIGNS[Action.LEFTOVER]} {places_text(each.place for each in leftovers)}"
    if every:
        yield from (f"      {_target(each)}" for each in leftovers)


def _preview(preview: Preview, plan: FleetPlan, paint: Paint) -> Iterator[str]:
    place = place_text((preview.account, preview.region))
    yield titled(f"preview of {place}", "with a change set on its stack, now deleted", paint)
    if preview.note:
        yield paint(f"  note: {one_line(preview.note)}", YELLOW)
    if preview.plan is None:
        yield "  no preview: it is optional for a deployment"
        return
    yield from _indented(change_lines(without_phantoms(preview.plan), paint))
    yield f"  {summary_line(preview.plan)}"
    for block in preview_blocks(preview, plan):
        yield from (f"  {line}" for line in block_lines(block, paint))

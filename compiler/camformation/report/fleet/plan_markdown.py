"""A fleet plan as a comment on a pull request, which replaces the previous one.

It consists of sections, and those that no longer fit are left out: the StackSet's changes and the
gate come before the details of waves.
"""

from collections.abc import Iterator, Sequence

from camformation.counting import counted
from camformation.deploy.fleet.model import Action, FleetPlan, WavePlan
from camformation.deploy.fleet.preview import Preview
from camformation.deploy.plan.model import Plan
from camformation.frozen import frozen
from camformation.report.fleet.changes import destructions, protected_later, stack_changes
from camformation.report.fleet.groups import target_groups, troubles
from camformation.report.fleet.plan_text import (
    GROUPS,
    KINDS,
    entry_targets,
    fleet_summary,
    preview_blocks,
    setting_lines,
    without_phantoms,
)
from camformation.report.fleet.words import (
    CAUSES,
    one_line,
    place_text,
    places_text,
)
from camformation.report.plan.markdown import (
    LIMIT,
    block_markdown,
    component_markdown,
    escaped,
)
from camformation.report.plan.text import summary_line
from camformation.report.plan.values import sides
from camformation.report.terminal_text import readable

COLUMNS = tuple(action for action in Action if action is not Action.LEFTOVER)
WAVES = 50  # rows of the table
CUT = "_Some details are too long for a comment: see the job's log._"


@frozen
class _Section:
    """A part of the comment; those with the lowest `rank` are added first."""

    rank: int
    lines: tuple[str, ...]


def fleet_marker(plan: FleetPlan) -> str:
    """Return the hidden line with which a workflow finds its earlier comment."""
    return f"<!-- camformation fleet plan {plan.name} -->"


@readable
def fleet_plan_markdown(plan: FleetPlan, previews: Sequence[Preview] = ()) -> str:
    """Return the plan as GitHub Markdown, ending with a newline, short enough for a comment."""
    against = "compared with the live StackSet" if plan.live else "a first deployment"
    head = [
        fleet_marker(plan),
        f"### Plan for the fleet `{plan.name}` in `{plan.region}`, {against}",
        "",
        f"**{fleet_summary(plan)}**",
    ]
    return "\n".join([*head, *_fitting(list(_sections(plan, previews)), head)]) + "\n"


def _fitting(sections: Sequence[_Section], head: Sequence[str]) -> list[str]:
    """Return the lines of the sections that fit, in their order."""
    room = LIMIT - sum(len(line) + 1 for line in (*head, "", CUT))
    chosen: set[int] = set()
    for number in sorted(range(len(sections)), key=lambda number: sections[number].rank):
        size = sum(len(line) + 1 for line in sections[number].lines)
        if size <= room:
            room -= size
            chosen.add(number)
    lines = [line for number in sorted(chosen) for line in sections[number].lines]
    return lines if len(chosen) == len(sections) else [*lines, "", CUT]


def _sections(plan: FleetPlan, previews: Sequence[Preview]) -> Iterator[_Section]:
    for entry in plan.gate:
        rank = 0 if entry.stops else 2
        yield _Section(rank, tuple(block_markdown(entry.block, *entry_targets(entry))))
    yield _Section(1, tuple(_table(plan)))
    if later := protected_later(plan):
        yield _Section(2, ("", f"_{later[:1].upper()}{later[1:]}._"))
    if settings := list(setting_lines(plan)):
        yield _Section(3, ("", "#### StackSet", "", *_diff(settings)))
    for each in stack_changes(plan)[:KINDS]:
        title = f"#### {escaped(each.heading[:1].upper() + each.heading[1:])}: {each.number}"
        yield _Section(4, ("", title, *_changes(each.plan)))
    for wave in plan.waves:
        if wave.work or wave.counts[Action.INOPERABLE]:
            yield _Section(6, tuple(_wave(wave)))
    for group in troubles(plan)[:CAUSES]:
        what = f"{counted(len(group.places), 'stack')}: {escaped(one_line(group.cause.text))}"
        where = f"- **{what}** ({places_text(group.places)}); hint: {escaped(group.cause.advice)}"
        yield _Section(5, ("", where))
    if plan.leftovers:
        number = counted(len(plan.leftovers), "stack")
        places = places_text(each.place for each in plan.leftovers)
        only = "live but not a target, removed only by `camformation fleet remove`"
        yield _Section(5, ("", f"_Left over: {number}, {only}: {places}._"))
    for preview in previews:
        yield _Section(7, tuple(_preview(preview, plan)))
    if grave := destructions(plan):
        listed = (f"- {escaped(line)}" for line in grave)
        yield _Section(2, ("", "#### Replacements and deletions", "", *listed))


def _table(plan: FleetPlan) -> Iterator[str]:
    yield ""
    yield f"| Wave | {' | '.join(action.value.capitalize() for action in COLUMNS)} |"
    yield f"|---|{'--:|' * len(COLUMNS)}"
    for wave in plan.waves[:WAVES]:
        cells = (str(wave.counts[action] or "") for action in COLUMNS)
        yield f"| {escaped(wave.name)} | {' | '.join(cells)} |"
    if more := len(plan.waves[WAVES:]):
        yield f"| {counted(more, 'more wave')} | {' | '.join('' for _ in COLUMNS)} |"


def _changes(plan: Plan) -> Iterator[str]:
    for component in without_phantoms(plan).components:
        yield from component_markdown(component)
    if plan.outputs and plan.target.base != "nothing":
        yield ""
        changed = [f"! {o.name}  {' → '.join(sides(o.before, o.after))}" for o in plan.outputs]
        yield from _diff(changed)


def _wave(wave: WavePlan) -> Iterator[str]:
    groups = [g for g in target_groups(wave.targets) if g.action is not Action.UNCHANGED]
    number = counted(sum(len(group.targets) for group in groups), "target")
    yield ""
    yield f"<details><summary><b>wave {_html(wave.name)}</b>: {number}</summary>"
    yield ""
    for group in groups[:GROUPS]:
        what = f"{group.action.value} {counted(len(group.targets), 'target')}"
        yield f"- **{what}**: {escaped(places_text(group.places))}"
        yield from (f"  - {escaped(detail)}" for detail in group.details)
    if rest := groups[GROUPS:]:
        more = sum(len(group.targets) for group in rest)
        yield f"- and {counted(more, 'more target')} that differ otherwise"
    yield ""
    yield "</details>"


def _preview(preview: Preview, plan: FleetPlan) -> Iterator[str]:
    place = place_text((preview.account, preview.region))
    yield ""
    yield f"#### Preview of {place}, by a change set on its stack"
    if preview.note:
        yield ""
        yield f"_{escaped(one_line(preview.note))}_"
    if preview.plan:
        yield from _changes(preview.plan)
        yield ""
        yield summary_line(preview.plan)
    for block in preview_blocks(preview, plan):
        yield from block_markdown(block)


def _diff(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines as a diff, in which `!` marks changes."""
    yield "```diff"
    for line in lines:
        shown = f"!{line[1:]}" if line.startswith("~") else line
        yield shown.replace("```", "` ` `")
    yield "```"


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

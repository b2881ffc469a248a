"""A fleet's plan as a page for a pull request or a change board."""

from collections.abc import Iterator, Sequence

from camformation.counting import counted
from camformation.deploy.fleet.model import Action, FleetPlan, TargetPlan, WavePlan
from camformation.deploy.fleet.preview import Preview
from camformation.deploy.plan.model import Plan
from camformation.report.fleet.changes import destructions, protected_later, stack_changes
from camformation.report.fleet.groups import (
    own_text,
    own_values,
    target_groups,
    trouble_text,
    troubles,
)
from camformation.report.fleet.plan_text import (
    entry_targets,
    fleet_summary,
    preview_blocks,
    setting_lines,
    without_phantoms,
)
from camformation.report.fleet.words import one_line, place_text, places_text
from camformation.report.html.markup import Content, Html, fold, join, table, tag
from camformation.report.html.page import page, section
from camformation.report.plan.text import summary_line
from camformation.report.review.changes import block_html, changes_section, component_html
from camformation.report.review.source import Lines, masking

KINDS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.REPAIR: "update",
    Action.UNCHANGED: "done",
    Action.INOPERABLE: "failed",
    Action.LEFTOVER: "notice",
}
"""Colours of actions."""

MOST = 1000
"""Limit of targets of a wave that are listed one by one."""


def fleet_page(plan: FleetPlan, previews: Sequence[Preview], lines: Lines) -> str:
    """Return the page. `lines` returns the lines of a file that was read."""
    shown = masking(lines)
    parts = [
        _head(plan),
        _losses(plan, shown),
        _waves(plan),
        _settings(plan),
        _changes(plan, previews, shown),
        _troubles(plan),
        _previews(plan, previews, shown),
    ]
    return page(f"{plan.name}: fleet plan", *(part for part in parts if part))


def _head(plan: FleetPlan) -> Html:
    places = (
        f"StackSet {plan.name} in {plan.region}",
        plan.request.permission_model,
        counted(sum(len(wave.targets) for wave in plan.waves), "target"),
        "compared with the live StackSet" if plan.live else "first deployment",
    )
    grave = bool(plan.blocks or destructions(plan))
    kind = "bad" if plan.blocks else "warn" if grave else "good"
    said = fleet_summary(plan)
    chips = [
        tag("span", tag("span", action.value, class_=f"badge {KINDS[action]}"), str(number))
        for action, number in plan.counts.items()
    ]
    links = (
        ("losses", "Lost or replaced", bool(grave or plan.gate)),
        ("waves", "Waves", True),
        ("changes", "Changes", bool(stack_changes(plan))),
        ("troubles", "Not as expected", bool(troubles(plan) or plan.leftovers)),
    )
    return tag(
        "header",
        tag("h1", f"Plan for the fleet {plan.name}"),
        tag("p", " · ".join(filter(None, places)), class_="soft"),
        tag("div", f"Blocked. {said}" if plan.blocks else said, class_=f"verdict {kind}"),
        tag("div", *(tag("span", each, class_="chip") for each in chips), class_="chips"),
        tag("nav", *(tag("a", text, href=f"#{name}") for name, text, there in links if there)),
    )


def _losses(plan: FleetPlan, lines: Lines) -> Html | None:
    """Return the blocks, the lost or replaced resources, and the warnings."""
    entries = sorted(plan.gate, key=lambda entry: not entry.stops)
    cards = [block_html(each.block, lines, "; ".join(entry_targets(each))) for each in entries]
    grave = destructions(plan)
    later = protected_later(plan)
    if not (cards or grave or later):
        return None
    listed = tag("ul", *(tag("li", line) for line in grave))
    return section(
        "losses",
        "Lost or replaced" if grave or plan.blocks else "Warnings",
        *cards,
        fold(f"{len(grave)} replaced or deleted", listed, open_=True) if grave else None,
        tag("p", later[:1].upper(), later[1:], ".") if later else None,
    )


def _waves(plan: FleetPlan) -> Html:
    actions = [action for action in Action if action is not Action.LEFTOVER]
    heads = ["Wave", *(action.value.capitalize() for action in actions)]
    rows: list[list[Content]] = [
        [wave.name, *(str(wave.counts[action] or "") for action in actions)] for wave in plan.waves
    ]
    return section("waves", "Waves", table(heads, rows), *map(_wave, plan.waves))


def _wave(wave: WavePlan) -> Html | None:
    groups = [each for each in target_groups(wave.targets) if each.action is not Action.UNCHANGED]
    if not groups:
        return None
    busy = [each for group in groups for each in group.targets]
    rows: list[list[Content]] = [
        [
            tag("span", group.action.value, class_=f"badge {KINDS[group.action]}"),
            f"{counted(len(group.targets), 'target')}: {places_text(group.places)}",
            join(*(tag("div", detail) for detail in group.details)),
        ]
        for group in groups
    ]
    every: list[list[Content]] = [_target(each) for each in busy[:MOST]]
    more = len(busy) - MOST
    return fold(
        tag("span", wave.name, " ", tag("span", counted(len(busy), "target"), class_="soft")),
        table(["", "Targets", "Individual values"], rows),
        fold(
            "Each target",
            table(["", "Account and region", "Individual values", "State"], every),
            tag("p", f"and {counted(more, 'more target')}") if more > 0 else None,
            class_="rest",
        ),
        open_=True,
        class_="group",
    )


def _target(target: TargetPlan) -> list[Content]:
    own = [f"{each.name} {own_text(each, target.action)}" for each in own_values(target)]
    said = trouble_text(target.instance) if target.instance and target.reason else ""
    return [target.action.value, place_text(target.place), ", ".join(own), said]


def _settings(plan: FleetPlan) -> Html | None:
    changed = list(setting_lines(plan))
    return section("settings", "StackSet", tag("pre", "\n".join(changed))) if changed else None


def _changes(plan: FleetPlan, previews: Sequence[Preview], lines: Lines) -> Html | None:
    kinds = stack_changes(plan)
    plans = [*(each.plan for each in kinds), *(each.plan for each in previews if each.plan)]
    changes = [change for each in plans for change in without_phantoms(each).changes()]
    content = [
        join(
            tag("h3", each.heading[:1].upper(), each.heading[1:], f": {each.number}"),
            *_components(each.plan, lines),
        )
        for each in kinds
    ]
    return changes_section(changes, *content)


def _components(plan: Plan, lines: Lines) -> Iterator[Html]:
    first = plan.target.base == "nothing"
    for component in without_phantoms(plan).components:
        if component.changes:
            yield component_html(component, lines, first=first)


def _troubles(plan: FleetPlan) -> Html | None:
    rows: list[list[Content]] = [
        [str(len(each.places)), one_line(each.cause.text), places_text(each.places), hint]
        for each in troubles(plan)
        for hint in [each.cause.advice]
    ]
    if plan.leftovers:
        places = places_text(each.place for each in plan.leftovers)
        advice = "only `camformation fleet remove` removes it"
        rows.append([str(len(plan.leftovers)), "live, but not a target", places, advice])
    if not rows:
        return None
    heads = ["Stacks", "Why", "Where", "What to do"]
    return section("troubles", "Not as expected", table(heads, rows))


def _previews(plan: FleetPlan, previews: Sequence[Preview], lines: Lines) -> Html | None:
    if not previews:
        return None
    return section("previews", "Previews", *(_preview(plan, each, lines) for each in previews))


def _preview(plan: FleetPlan, preview: Preview, lines: Lines) -> Html:
    place = place_text((preview.account, preview.region))
    return join(
        tag("h3", f"{place}, by a change set on its stack"),
        tag("p", one_line(preview.note), class_="soft") if preview.note else None,
        *(_components(preview.plan, lines) if preview.plan else ()),
        tag("p", summary_line(preview.plan)) if preview.plan else None,
        *(block_html(block, lines) for block in preview_blocks(preview, plan)),
    )

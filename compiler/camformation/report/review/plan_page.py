"""A plan as a page for a pull request or a change board."""

from collections.abc import Iterator

from camformation.counting import counted
from camformation.deploy.operation.schedule import Schedule
from camformation.deploy.plan.exposure import ExposureChange
from camformation.deploy.plan.model import Action, Plan, ResourceChange, Severity
from camformation.frozen import frozen
from camformation.report.deployment.timeline_html import STYLE as CHART_STYLE
from camformation.report.deployment.timeline_html import chart_html
from camformation.report.deployment.timeline_rows import clock, expected_chart
from camformation.report.html.markup import Html, fold, join, table, tag
from camformation.report.html.page import page, picture, section
from camformation.report.plan.text import cost_lines, destruction, destructive, summary_line
from camformation.report.review.changes import (
    KINDS,
    block_html,
    changes_section,
    component_html,
    kind_of,
)
from camformation.report.review.costs import cost_html
from camformation.report.review.exposure import exposure_html
from camformation.report.review.source import Lines, masking

FEW = 12
"""Limit of entries in a list that is not folded."""


@frozen
class Review:
    """A plan, with what a reader needs to judge it. `picture`: SVG, None where nothing draws it."""

    plan: Plan
    exposure: ExposureChange
    expected: Schedule | None
    picture: str | None


def plan_page(review: Review, lines: Lines) -> str:
    """Return the page. `lines` returns the lines of a spec file that was read."""
    plan, shown = review.plan, masking(lines)
    name = f"{plan.target.deployment}: plan"
    parts = [
        _head(plan),
        _losses(plan, shown),
        _notices(plan, shown),
        _changes(plan, shown),
        _outputs(plan),
        exposure_html(review.exposure, first=plan.target.base == "nothing"),
        _picture(review),
        cost_html(plan.cost, cost_lines(plan)),
        _expected(review),
        _folded(plan),
    ]
    return page(name, *(part for part in parts if part), style=CHART_STYLE)


def _head(plan: Plan) -> Html:
    target = plan.target
    places = (
        f"stack {target.stack}" if target.stack else "",
        f"account {target.account}" if target.account else "",
        target.region or "",
        f"{target.layout} layout",
        "first deployment" if target.base == "nothing" else f"compared with {target.base}",
    )
    grave = list(destructive(plan))
    kind = "bad" if plan.blocks else "warn" if grave else "good"
    said = summary_line(plan)
    if plan.blocks:
        said = f"Blocked. {said}"
    counts = [(kind_of(change), change) for change in plan.changes()]
    chips = [
        tag("span", tag("span", label, class_=f"badge {kind}"), str(number), class_="chip")
        for kind, label in KINDS
        if (number := sum(each == kind for each, _ in counts))
    ]
    links = (
        ("losses", "Lost or replaced", bool(grave or plan.blocks)),
        ("changes", "Changes", plan.has_changes),
        ("exposure", "Exposure", True),
        ("cost", "Cost", plan.cost is not None),
        ("expected", "Timeline", plan.has_changes),
    )
    return tag(
        "header",
        tag("h1", f"Plan for {target.deployment}"),
        tag("p", " · ".join(place for place in places if place), class_="soft"),
        tag("div", said, class_=f"verdict {kind}"),
        tag("div", *chips, class_="chips") if chips else None,
        tag("nav", *(tag("a", text, href=f"#{name}") for name, text, there in links if there)),
    )


def _losses(plan: Plan, lines: Lines) -> Html | None:
    """Return the blocks, and the replaced or deleted resources, the most serious first."""
    grave = list(destructive(plan))
    blocks = [each for each in plan.gate if each.severity is Severity.BLOCK]
    blocks.sort(key=lambda block: block.allowed)
    if not grave and not blocks:
        return None
    gone = [change for change in grave if change.action is Action.DELETE]
    replaced = [change for change in grave if change not in gone]
    return section(
        "losses",
        "Lost or replaced",
        *(block_html(block, lines) for block in blocks),
        *_listed("replacement", replaced),
        *_listed("deletion", gone),
    )


def _listed(word: str, changes: list[ResourceChange]) -> Iterator[Html]:
    if changes:
        rows = tag("ul", *(tag("li", destruction(change)) for change in changes))
        yield fold(counted(len(changes), word), rows, open_=len(changes) <= FEW)


def _notices(plan: Plan, lines: Lines) -> Html | None:
    warnings = [each for each in plan.gate if each.severity is not Severity.BLOCK]
    if not warnings:
        return None
    return section("notices", "Warnings", *(block_html(each, lines) for each in warnings))


def _changes(plan: Plan, lines: Lines) -> Html | None:
    first = plan.target.base == "nothing"
    shown = (component_html(each, lines, first=first) for each in plan.components if each.changes)
    return changes_section(plan.changes(), *shown)


def _outputs(plan: Plan) -> Html | None:
    if not plan.outputs:
        return None
    rows: list[list[str | Html | None]] = [
        [
            tag("code", each.name),
            tag("del", each.before) if each.before is not None else "(none)",
            tag("ins", each.after) if each.after is not None else "(none)",
        ]
        for each in plan.outputs
    ]
    inner = table(["Output", "Before", "After"], rows)
    return section("outputs", "Outputs", fold(counted(len(rows), "output"), inner))


def _picture(review: Review) -> Html | None:
    if review.picture is None:
        return None
    about = "Architecture after the change, with what changes in colour"
    return section("picture", "Architecture", picture(review.picture, about))


def _expected(review: Review) -> Html | None:
    """Return the expected timeline: of the changed resources alone in an update."""
    expected = review.expected
    if expected is None or not any(step.seconds for step in expected.steps):
        return None
    title = f"about {clock(expected.total)}, if everything goes as usual"
    note = "Usual times of creations; an update of a service takes as long as its tasks need."
    chart = expected_chart(review.plan.target.deployment, expected)
    return section(
        "expected",
        "Expected timeline",
        tag("p", title),
        tag("p", note, class_="soft"),
        join(*chart_html(chart)),
    )


def _folded(plan: Plan) -> Html | None:
    rows = list(_phantoms(plan))
    if not rows:
        return None
    why = "CloudFormation does not know yet whether these change; nothing in the templates does."
    inner = table(["Resource", "Type", "Properties"], rows)
    summary = f"{counted(len(rows), 'entry') if len(rows) == 1 else f'{len(rows)} entries'}"
    return section("folded", "Folded", fold(summary, tag("p", why), inner))


def _phantoms(plan: Plan) -> Iterator[list[str | Html | None]]:
    for component in plan.components:
        for each in component.phantoms:
            yield [
                tag("code", f"{each.component}/{each.logical_id}"),
                each.type,
                ", ".join(each.properties),
            ]

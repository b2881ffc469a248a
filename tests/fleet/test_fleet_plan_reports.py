"""What people and machines read of a fleet plan."""

import json
import re
from collections.abc import Callable
from functools import cache
from html import unescape
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from camformation.assets import asset
from camformation.deploy.fleet.model import Action, FleetPlan, WavePlan
from camformation.deploy.fleet.preview import Preview
from camformation.deploy.plan.pipeline import make_plan
from camformation.frozen import replaced
from camformation.layout import ROOT
from camformation.report.fleet.changes import stack_changes
from camformation.report.fleet.groups import target_groups, troubles
from camformation.report.fleet.plan_json import fleet_plan_json
from camformation.report.fleet.plan_markdown import fleet_marker, fleet_plan_markdown
from camformation.report.fleet.plan_text import fleet_plan_text, fleet_summary
from camformation.report.fleet.words import place_text, places_text
from camformation.report.review.fleet_page import fleet_page
from fleet import pictures
from fleet.simulated import DUBLIN, LONDON, TEMPLATE, account, template
from processor_time import timed

Golden = Callable[[str, Any], None]
SCHEMA = json.loads(asset("schemas", "fleet-plan.schema.json").read_text("utf-8"))
PLAN = json.loads(asset("schemas", "plan.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, registry=Registry().with_resource("plan.schema.json", Resource.from_contents(PLAN))
)
NAMES = tuple(pictures.PLANS)


@cache
def plan_of(name: str) -> FleetPlan:
    return pictures.PLANS[name]()


@cache
def many(number: int) -> FleetPlan:
    return pictures.many(number)


def text_of(plan: FleetPlan, **more: Any) -> str:
    return fleet_plan_text(plan, **{"colour": False, **more})


@pytest.mark.parametrize("name", NAMES)
def test_text(golden: Golden, name: str) -> None:
    golden(f"fleet/plan/{name}.txt", text_of(plan_of(name)))


def test_every_target_and_previews_on_request(golden: Golden) -> None:
    plan = plan_of("newer")
    text = text_of(plan, every=True, previews=pictures.previews())
    golden("fleet/plan/newer_every.txt", text)
    for each in (*plan.targets(), *plan.leftovers):
        assert re.search(rf"^      {each.account}/{each.region}\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_blocks_come_before_the_summary_and_what_is_lost_comes_last(name: str) -> None:
    plan, text = plan_of(name), text_of(plan_of(name))
    (summary,) = re.findall(r"^(?:Fleet: |No changes: ).*$", text, re.MULTILINE)
    before, _, tail = text.partition(summary)
    for entry in plan.gate:
        assert entry.block.message in before and entry.block.hint in before
    assert (f"blocked by {len(plan.blocks)}" in summary) == bool(plan.blocks)
    lost = {
        change.logical_id
        for variant in plan.variants
        for change in variant.plan.changes()
        if change.action.value in ("replace", "delete")
    }
    assert lost == set(re.findall(r"^  (?:-/\+|-) \w+/(\w+)", tail, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_colour_changes_nothing_but_colour(name: str) -> None:
    coloured = fleet_plan_text(plan_of(name), colour=True)
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == text_of(plan_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_page_says_what_the_text_says(name: str) -> None:
    plan = plan_of(name)
    page = unescape(fleet_page(plan, pictures.previews(), lambda _: ()))
    assert fleet_summary(plan) in page and ("Blocked. " in page) == bool(plan.blocks)
    for entry in plan.gate:
        assert entry.block.message in page and entry.block.hint in page
    for each in stack_changes(plan):
        assert each.heading[1:] in page
        assert all(f"<code>{change.logical_id}</code>" in page for change in each.plan.changes())
    for wave in plan.waves:
        assert sum(place_text(each.place) in page for each in wave.work) >= min(len(wave.work), 99)
    for preview in pictures.previews():
        assert place_text((preview.account, preview.region)) in page
    for group in troubles(plan):
        assert group.cause.advice in page
    if plan.blocks:
        assert page.index('id="losses"') < page.index('id="waves"')


def test_page_of_a_large_fleet_lists_a_part_of_its_targets() -> None:
    page = fleet_page(many(3000), (), lambda _: ())
    assert len(page) < 1_000_000 and re.search(r"and \d+ more targets", page)


def test_page_escapes_what_others_have_written() -> None:
    plan = replaced(plan_of("newer"), name="<script>alert(1)</script>")
    note = Preview("111122223333", LONDON, "arn", None, "<img src=x onerror=alert(1)>")
    page = fleet_page(plan, (note,), lambda _: ())
    assert "<script>alert" not in page and "<img" not in page


@pytest.mark.parametrize("name", NAMES)
def test_json_is_as_the_schema_says(name: str) -> None:
    plan = plan_of(name)
    data = json.loads(fleet_plan_json(plan, pictures.previews()))
    VALIDATOR.validate(data)
    assert data["exit_code"] == plan.exit_code
    assert [len(wave["targets"]) for wave in data["waves"]] == [len(w.targets) for w in plan.waves]
    assert data["previews"][1]["plan"] is None and data["previews"][1]["note"]


def test_json(golden: Golden) -> None:
    golden("fleet/plan/blocked.json", json.loads(fleet_plan_json(plan_of("blocked"))))


def test_the_schema_is_closed_and_explains_everything() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = json.loads(fleet_plan_json(plan_of("blocked")))
    data["waves"][0]["targets"][0]["unknown"] = 1
    assert not VALIDATOR.is_valid(data)

    def explained(node: Any, path: str = "") -> None:
        if isinstance(node, dict):
            bodies = node.get("properties", {}) if isinstance(node.get("type"), str | list) else {}
            for name, body in bodies.items():
                assert "$ref" in body or {"title", "description"} <= body.keys(), f"{path}/{name}"
            for name, item in node.items():
                explained(item, f"{path}/{name}")

    explained(SCHEMA)


@pytest.mark.parametrize("number", [1000, 10_000])
def test_thousands_of_targets_are_a_page(number: int) -> None:
    plan = many(number)
    text, seconds = timed(lambda: text_of(plan))
    assert seconds < 0.5
    assert len(text.splitlines()) < 60 and len(text) < 8000
    summary = next(line for line in text.splitlines() if line.startswith("Fleet: "))
    assert f"{plan.counts[Action.UPDATE]} to update" in summary


def test_ten_thousand_targets_are_written_for_machines_in_a_second() -> None:
    plan = many(10_000)
    data, seconds = timed(lambda: json.loads(fleet_plan_json(plan)))
    assert seconds < 2
    assert sum(len(wave["targets"]) for wave in data["waves"]) == len(list(plan.targets()))


@pytest.mark.parametrize("name", NAMES)
def test_markdown(golden: Golden, name: str) -> None:
    plan = plan_of(name)
    previews = pictures.previews() if name == "newer" else ()
    text = fleet_plan_markdown(plan, previews)
    golden(f"fleet/plan/{name}.md", text)
    assert text.startswith(fleet_marker(plan)) and fleet_summary(plan) in text
    assert text.count("> [!CAUTION]") == len(plan.blocks)
    assert "see the job's log" not in text


def test_a_comment_is_never_too_long_and_keeps_what_blocks() -> None:
    assert len(fleet_plan_markdown(many(10_000))) < 8000
    plan = plan_of("blocked")
    wordy = tuple(
        WavePlan(f"wave {number}", plan.waves[0].operation, plan.waves[0].targets)
        for number in range(400)
    )
    note = Preview(account(1), LONDON, "stack", None, "note")
    text = fleet_plan_markdown(replaced(plan, waves=wordy), [note] * 400)
    assert len(text) < 65_536 and "see the job's log" in text
    assert "#### Stacks with another VpcCidr: 2 targets" in text
    assert text.count("> [!CAUTION]") == len(plan.blocks)
    assert "#### Replacements and deletions" in text


def test_what_only_a_preview_finds_is_said_with_it() -> None:
    """A stack that is not what the StackSet says loses what the plan does not know of."""
    found = make_plan({ROOT: template(performance_mode="maxIO")}, {ROOT: TEMPLATE})
    preview = Preview(account(1), LONDON, "stack", found)
    for text in (
        text_of(plan_of("unchanged"), previews=[preview]),
        fleet_plan_markdown(plan_of("unchanged"), [preview]),
    ):
        assert "FileSystem: replaces the EFS file system" in text
        assert "blocked by 2" in text, "of the preview's own summary"


@pytest.mark.parametrize("name", NAMES)
def test_groups_have_each_target_once(name: str) -> None:
    for wave in plan_of(name).waves:
        grouped = [place for group in target_groups(wave.targets) for place in group.places]
        assert sorted(grouped) == sorted(target.place for target in wave.targets)


def test_places_are_said_in_short_and_truly() -> None:
    one, two, three, four, five = map(account, range(1, 6))
    assert places_text([(one, LONDON)]) == f"{one}/{LONDON}"
    assert places_text([(one, LONDON), (one, DUBLIN)]) == f"{one} in {DUBLIN}, {LONDON}"
    four_of_them = [(each, LONDON) for each in (one, two, three, four)]
    assert places_text(four_of_them) == f"{one}, {two}, {three}, {four} in {LONDON}"
    five_of_them = [*four_of_them, (five, LONDON)]
    assert places_text(five_of_them) == f"{one}, {two}, {three} and 2 more accounts in {LONDON}"
    mixed = [(one, LONDON), (two, DUBLIN), (one, DUBLIN)]
    assert places_text(mixed) == f"{one} in {DUBLIN}, {LONDON}; {two}/{DUBLIN}"
    ragged = [(account(n), f"r-{r}") for n in range(1, 9) for r in range(n)]
    assert places_text(ragged).endswith("in some of r-0, r-1, r-2, r-3 and 4 more regions")

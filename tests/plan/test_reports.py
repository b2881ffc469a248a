"""What people and machines read of a plan."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from camformation.deploy.plan.model import Plan, Target
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.plan_file import Fingerprint, hashes, plan_file_text
from camformation.diagnostics import Location
from camformation.report.plan.github import plan_annotations
from camformation.report.plan.json import plan_json
from camformation.report.plan.markdown import marker, plan_markdown
from camformation.report.plan.text import plan_text
from plan.readings import readings
from plan.sample import LAYOUTS, sample

Golden = Callable[[str, Any], None]

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text("utf-8"))
LINES = {
    "PerformanceMode": 61,
    "ThroughputMode": 60,
    "EngineVersion": 44,
    "DesiredCount": 23,
    "ContainerDefinitions": 22,
    "CidrBlock": 9,
    "GenerateSecretString": 70,
    "DatabaseName": 47,
}


def locate(template: str, logical_id: str, path: tuple[str | int, ...]) -> Location | None:
    line = next((LINES[step] for step in path if step in LINES), None)
    return Location("spec/prod.yaml", line, 3) if line else None


def plans() -> dict[str, Plan]:
    environment = {"CAMUNDA_LOG_LEVEL": "DEBUG", "CAMUNDA_LICENSE_KEY": "hunter2"}
    return {
        "none": make_plan(sample(), sample(), locate=locate),
        "first": make_plan(None, sample(), locate=locate),
        "phantom": make_plan(
            sample(),
            sample(throughput_mode="bursting"),
            change_set=readings("throughput"),
            locate=locate,
        ),
        "file_system": make_plan(
            sample(),
            sample(performance_mode="maxIO"),
            target=Target("prod", "nested", "prod", "111122223333", "eu-west-2", "deployed"),
            change_set=readings("performance"),
            locate=locate,
        ),
        "environment": make_plan(
            sample(environment={"CAMUNDA_LOG_LEVEL": "INFO", "OLD": "1"}),
            sample(environment=environment),
            locate=locate,
        ),
        "subnet": make_plan(sample(), sample(cidr="10.190.32.0/19"), locate=locate),
        "allowed": make_plan(
            sample(),
            sample(brokers=5, engine_version="18.3"),
            locate=locate,
            allow=["CAM660:OrchestrationService", "CAM667:DatabaseCluster", "Typo"],
        ),
        "master": make_plan(sample(), sample(master_username="root"), locate=locate),
    }


PLANS = plans()


@pytest.mark.parametrize("name", PLANS)
def test_text(golden: Golden, name: str) -> None:
    golden(f"plan/{name}.txt", plan_text(PLANS[name]))


@pytest.mark.parametrize("name", PLANS)
def test_replacements_and_deletions_come_last(name: str) -> None:
    text = plan_text(PLANS[name])
    summary = PLANS[name].summary
    count = summary.replace + summary.delete + summary.maybe_replace
    assert text.count("\nPlan: ") + text.count("\nNo changes") == 1
    tail = text.partition("Replacements and deletions")[2]
    assert bool(tail) == bool(count)
    assert all(line.startswith("  ") for line in tail.splitlines()[1:])
    assert len(tail.splitlines()[1:]) == count


def test_phantoms_are_shown_on_request(golden: Golden) -> None:
    golden("plan/phantom_shown.txt", plan_text(PLANS["phantom"], show_phantom=True))


@pytest.mark.parametrize("name", PLANS)
def test_colour_changes_nothing_but_colour(name: str) -> None:
    coloured = plan_text(PLANS[name], colour=True)
    for code in ("0", "1", "2", "31", "32", "33", "36"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plan_text(PLANS[name])


@pytest.mark.parametrize("name", PLANS)
def test_json_is_as_the_schema_says(name: str) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    data = json.loads(plan_json(PLANS[name]))
    validator.validate(data)
    assert data["exit_code"] == PLANS[name].exit_code
    fingerprint = Fingerprint("1", "eu-west-2", "prod", hashes(sample()), hashes(sample()), "now")
    validator.validate(json.loads(plan_file_text(PLANS[name], fingerprint)))


def test_json(golden: Golden) -> None:
    golden("plan/file_system.json", json.loads(plan_json(PLANS["file_system"])))


def test_the_schema_explains_everything() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def explained(node: Any, path: str = "") -> None:
        if isinstance(node, dict):
            bodies = node.get("properties", {}) if isinstance(node.get("type"), str | list) else {}
            for name, body in bodies.items():
                assert "$ref" in body or {"title", "description"} <= body.keys(), f"{path}/{name}"
            for name, item in node.items():
                explained(item, f"{path}/{name}")

    explained(SCHEMA)


@pytest.mark.parametrize("name", PLANS)
def test_markdown(golden: Golden, name: str) -> None:
    golden(f"plan/{name}.md", plan_markdown(PLANS[name]))


@pytest.mark.parametrize("name", PLANS)
def test_github(golden: Golden, name: str) -> None:
    text = plan_annotations(PLANS[name])
    golden(f"plan/{name}.github.txt", text)
    for line in text.splitlines():
        assert line.startswith(("::error ", "::warning ", "::notice "))
    blocks = len(PLANS[name].blocks)
    assert sum(line.startswith("::error ") for line in text.splitlines()) == blocks
    assert plan_markdown(PLANS[name]).startswith(marker(PLANS[name]))


def test_a_comment_is_never_too_long() -> None:
    environment = {f"VARIABLE_{number}": "x" * 90 for number in range(900)}
    plan = make_plan(sample(), sample(environment=environment))
    text = plan_markdown(plan)
    assert len(text) < 65_536
    assert "see the job's log" in text
    assert str(plan.summary) in text


def test_both_layouts_read_alike() -> None:
    def lines(layout: Any) -> set[str]:
        plan = make_plan(sample(layout), sample(layout, performance_mode="maxIO"), locate=locate)
        return {line for line in plan_text(plan).splitlines() if line.startswith("      ")}

    nested, flat = map(lines, LAYOUTS)
    assert nested == flat
    assert any("# forces replacement" in line for line in nested)

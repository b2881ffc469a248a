"""New stacks of a fleet begin without deletion protection, and get it as soon as they stand."""

import json
from pathlib import Path
from typing import Any

import pytest

from camformation.deploy.fleet.events import FleetFinished, Stopped
from camformation.deploy.operation.interrupt import Choice
from camformation.diagnostics import SpecError
from camformation.fleet.export import export
from camformation.fleet.protection import PROTECTION, protectable
from camformation.layout import ROOT, Layout
from camformation.pipeline import compile_spec
from camformation.report.fleet.plan_json import fleet_plan_data
from camformation.report.fleet.plan_markdown import fleet_plan_markdown
from camformation.report.fleet.plan_text import fleet_plan_text
from fleet.simulated import LONDON, Fleet, account, operation, target, template, wave

SPEC = Path(__file__).parents[2] / "spec" / "production.yaml"
CREATION_FAILED = "Vpc: The maximum number of VPCs has been reached."


def guarded() -> dict[str, object]:
    body = template()
    cluster = next(r for r in body["Resources"].values() if r["Type"] == "AWS::RDS::DBCluster")
    cluster["Properties"]["DeletionProtection"] = True
    return protectable({ROOT: body})[ROOT]


def fleet(*numbers: int, tolerance: int = 0, **parameters: str) -> Fleet:
    targets = [target(number, **parameters) for number in numbers]
    waves = [wave("canary", operation(failure_tolerance_count=tolerance))]
    return Fleet(targets, waves).wants(guarded())


def protection(found: Fleet, number: int) -> str | None:
    return found.deployed((account(number), LONDON)).get(PROTECTION)


def test_a_stack_is_created_without_and_then_protected() -> None:
    found = fleet(1, 2)
    plan = found.plan()
    assert "2 new stacks without deletion protection" in fleet_plan_text(plan, colour=False)
    assert "_2 new stacks without deletion protection" in fleet_plan_markdown(plan)
    (wave_data,) = fleet_plan_data(plan)["waves"]
    assert [each["protected_later"] for each in wave_data["targets"]] == [True, True]
    end = found.deploy()[-1]
    assert isinstance(end, FleetFinished) and end.counts == {"SUCCEEDED": 2}
    assert found.called() == ["create", "create_instances", "update_instances"]
    (created,) = found.sets.called("create_instances")
    (updated,) = found.sets.called("update_instances")
    assert created["overrides"] == {PROTECTION: "false"}
    assert updated["overrides"] == {PROTECTION: "true"}
    assert not found.plan().has_changes


def test_overrides_of_a_target_stay() -> None:
    found = fleet(1, Owner="finance")
    found.deploy()
    (updated,) = found.sets.called("update_instances")
    assert updated["overrides"] == {"Owner": "finance", PROTECTION: "true"}
    assert not found.plan().has_changes


def test_what_failed_is_not_protected_and_can_be_made_anew() -> None:
    found = fleet(1, 2, 3, tolerance=1)
    found.sets.failing = {account(2): CREATION_FAILED}
    assert isinstance(found.deploy()[-1], FleetFinished)
    (updated,) = found.sets.called("update_instances")
    assert set(updated["places"].accounts) == {account(1), account(3)}
    found.sets.failing = {}
    found.sets.calls.clear()
    assert isinstance(found.deploy()[-1], FleetFinished)
    assert found.called() == ["create_instances", "update_instances"]
    (created,) = found.sets.called("create_instances")
    assert created["overrides"] == {PROTECTION: "false"}
    assert not found.plan().has_changes


def test_a_wave_that_fails_protects_nothing_but_the_next_run_does() -> None:
    found = fleet(1, 2)
    found.sets.failing = {account(2): CREATION_FAILED}
    assert isinstance(found.deploy()[-1], Stopped)
    assert "update_instances" not in found.called()
    found.sets.failing = {}
    text = fleet_plan_text(found.plan(), colour=False)
    assert PROTECTION in text and "false" in text
    assert isinstance(found.deploy()[-1], FleetFinished)
    assert protection(found, 1) in (None, "true") and protection(found, 2) in (None, "true")
    assert not found.plan().has_changes


def test_leaving_between_the_steps_is_taken_up() -> None:
    found = fleet(1)
    answers = iter([Choice.CONTINUE])

    def leave(kind: str) -> Choice:
        begun = "update_instances" in found.called()
        return Choice.DETACH if begun else next(answers, Choice.CONTINUE)

    found.deploy(control=leave)
    found.clock.sleep(100_000)
    found.deploy()
    assert not found.plan().has_changes


def test_live_stacks_stay_protected_when_something_else_changes() -> None:
    found = fleet(1)
    found.deploy()
    found.sets.calls.clear()
    found.wants(parameters={"Owner": "somebody else"}).deploy()
    assert found.called() == ["update"]


def test_a_live_fleet_of_before_keeps_its_protection() -> None:
    before = template()
    cluster = next(r for r in before["Resources"].values() if r["Type"] == "AWS::RDS::DBCluster")
    cluster["Properties"]["DeletionProtection"] = True
    found = fleet(1).wants(before)
    found.deploy()
    found.sets.calls.clear()
    plan = found.wants(guarded()).plan()
    assert not plan.gate and plan.stack_set.template_changed
    assert "new stack" not in fleet_plan_text(plan, colour=False)
    assert "new stack" not in fleet_plan_markdown(plan)
    (wave_data,) = fleet_plan_data(plan)["waves"]
    assert [each["protected_later"] for each in wave_data["targets"]] == [False]
    found.deploy()
    assert found.called() == ["update"] and not found.plan().has_changes


def test_without_protection_in_the_spec_there_is_one_step() -> None:
    found = fleet(1).wants(template())
    found.deploy()
    assert found.called() == ["create", "create_instances"]


def test_a_target_may_do_without() -> None:
    without: dict[str, Any] = {PROTECTION: "false"}
    found = fleet(1, **without)
    found.deploy()
    assert found.called() == ["create", "create_instances"]
    assert not found.plan().has_changes


@pytest.mark.parametrize("layout", list(Layout))
def test_the_parameter_reaches_the_database_in_either_layout(layout: Layout) -> None:
    compiled = compile_spec(str(SPEC), lambda file: Path(file).read_bytes(), layout)
    exported = export(compiled, "acme-cfn")
    assert exported.definitions[PROTECTION]["Default"] == "true"
    texts = [exported.text, *exported.artifacts.values()]
    (holder,) = (t for t in texts if '"AuroraCluster"' in t and "AWS::RDS::DBCluster" in t)
    body = json.loads(holder)
    cluster = body["Resources"]["AuroraCluster"]["Properties"]
    assert cluster["DeletionProtection"] == {"Ref": PROTECTION}
    assert PROTECTION in body["Parameters"]
    if layout is Layout.NESTED:
        database = exported.template["Resources"]["Database"]["Properties"]
        assert database["Parameters"][PROTECTION] == {"Ref": PROTECTION}


def test_a_parameter_of_that_name_is_refused() -> None:
    text = SPEC.read_text("utf-8").replace(
        "  VpcCidr: network.cidr", f"  {PROTECTION}: network.cidr"
    )
    assert PROTECTION in text
    compiled = compile_spec("production.yaml", lambda file: text.encode(), Layout.FLAT)
    with pytest.raises(SpecError) as raised:
        export(compiled)
    assert "CAM758" in {each.code for each in raised.value.diagnostics}

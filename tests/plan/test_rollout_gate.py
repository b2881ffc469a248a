"""An upgrade has no way back, so no alarm may ask for one; alarms do not go by themselves."""

from typing import Any

import pytest

from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates

ON: dict[str, Any] = {"alarms": {}}
OFF: dict[str, Any] = {"alarms": {"error_percent": None}}


def plan(
    before: dict[str, Any],
    after: dict[str, Any],
    *allow: str,
    old: str = "8.9.4",
    new: str = "8.9.4",
) -> Plan:
    def compiled(rollout: dict[str, Any], version: str) -> Any:
        brokers = {"image": f"camunda/camunda:{version}", "rollout": rollout}
        return templates(Layout.NESTED, orchestration=brokers, connectors={"rollout": rollout})

    return make_plan(compiled(before, old), compiled(after, new), allow=allow)


def found(plan: Plan) -> set[tuple[str, str | None]]:
    return {(each.code, each.logical_id) for each in plan.gate if each.code[3:] in ("792", "793")}


@pytest.mark.parametrize("before", [ON, OFF, {}])
def test_an_upgrade_that_an_alarm_may_end_is_blocked(before: dict[str, Any]) -> None:
    blocked = plan(before, ON, new="8.10.2")
    assert found(blocked) == {("CAM792", "OrchestrationTaskDefinition")}
    assert "from 8.9 to 8.10" in next(each.message for each in blocked.blocks)
    allowed = plan(before, ON, "CAM792:OrchestrationService", new="8.10.2")
    assert not [each for each in allowed.blocks if each.code == "CAM792"]


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        (ON, OFF, "8.10.2"),
        (ON, ON, "8.9.5"),
        (ON, ON, "8.9.4"),
        ({}, {}, "8.10.2"),
        (OFF, {}, "8.9.5"),
    ],
)
def test_what_an_alarm_may_end_or_none_ends_passes(
    before: dict[str, Any], after: dict[str, Any], new: str
) -> None:
    assert not found(plan(before, after, new=new))


def test_alarms_that_a_template_only_forgets_are_warned_about() -> None:
    forgotten = plan(ON, {})
    assert found(forgotten) == {("CAM793", "OrchestrationService"), ("CAM793", "ConnectorsService")}
    assert not forgotten.blocks
    hints = {each.hint for each in forgotten.gate if each.code == "CAM793"}
    assert any("connectors.rollout.alarms.error_percent" in hint for hint in hints)
    assert any("orchestration.rollout.alarms.error_percent" in hint for hint in hints)

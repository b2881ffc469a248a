"""The gate knows what runs: tasks that somebody scaled, an engine that RDS upgraded."""

from typing import Any

import pytest

from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import Running, Tasks
from camformation.deploy.plan.symbols import Address, Templates
from camformation.layout import Layout
from camformation.report.plan.text import plan_text
from deployments import templates
from plan.sample import sample

BROKERS = "OrchestrationService"
MEMORY = {"memory_mib": 32768, "cpu": 8192}


def spec(**sections: Any) -> Templates:
    return templates(Layout.FLAT, **sections)


def seen(brokers: int = 3, running: int | None = None, connectors: int = 2) -> Running:
    now = brokers if running is None else running
    return Running(
        {
            Address("root", BROKERS): Tasks(brokers, now),
            Address("root", "ConnectorsService"): Tasks(connectors, connectors),
        }
    )


def planned(before: dict[str, Any], after: dict[str, Any], running: Running, *allow: str) -> Plan:
    return make_plan(spec(**before), spec(**after), running=running, allow=allow)


def verdict(plan: Plan) -> set[tuple[str, str]]:
    return {(block.code, str(block.severity)) for block in plan.gate}


BEFORE = {"orchestration": {"brokers": 3}, "connectors": {"tasks": 2}}


def after(**orchestration: Any) -> dict[str, Any]:
    return {**BEFORE, "orchestration": {"brokers": 3, **orchestration}}


@pytest.mark.parametrize("now", [5, 0, 1])
def test_brokers_that_were_scaled_are_not_scaled_back_unasked(now: int) -> None:
    plan = planned(BEFORE, after(**MEMORY), seen(now))
    assert verdict(plan) == {("CAM660", "block")}
    (block,) = plan.blocks
    assert str(now) in block.message
    assert ("for a restore" if now == 0 else f"brokers to {now}") in block.hint
    assert block.allow == f"CAM660:{BROKERS}"
    assert planned(BEFORE, after(**MEMORY), seen(now), f"CAM660:{BROKERS}").exit_code == 2


def test_the_recorded_end_of_scaling_is_confirmed_and_says_so() -> None:
    plan = planned(BEFORE, after(brokers=5), seen(5))
    assert {block.code for block in plan.gate} == {"CAM660"}
    assert any("5 tasks are already requested" in block.message for block in plan.blocks)
    assert {block.allow for block in plan.blocks} == {f"CAM660:{BROKERS}"}
    assert not planned(BEFORE, after(brokers=5), seen(5), f"CAM660:{BROKERS}").blocks


def test_another_number_than_the_live_one_says_both() -> None:
    plan = planned(BEFORE, after(brokers=7), seen(5))
    assert any("from 3 to 7 (5 tasks are requested now)" in b.message for b in plan.blocks)


@pytest.mark.parametrize("now", [0, 5])
def test_no_changes_is_not_said_of_services_that_were_scaled(now: int) -> None:
    plan = planned(BEFORE, BEFORE, seen(now, connectors=0))
    assert (verdict(plan), plan.exit_code) == ({("CAM647", "warning")}, 0)
    assert len(plan.gate) == 2
    assert "what is deployed is what the spec says" not in plan_text(plan)


def test_a_change_that_leaves_the_service_alone_only_warns() -> None:
    plan = planned(BEFORE, {**BEFORE, "database": {"backup_retention_days": 35}}, seen(5))
    assert (verdict(plan), plan.exit_code) == ({("CAM647", "warning")}, 2)


def test_connectors_that_were_scaled_are_warned_of() -> None:
    changed = {**BEFORE, "connectors": {"tasks": 2, "environment": {"A": "b"}}}
    plan = planned(BEFORE, changed, seen(connectors=6))
    assert verdict(plan) == {("CAM647", "warning")}
    assert "sets 2" in plan.gate[0].message
    same = {**BEFORE, "connectors": {"tasks": 6}}
    assert verdict(planned(BEFORE, same, seen(connectors=6))) == set()


def test_brokers_that_are_down_are_warned_of_before_others_are_replaced() -> None:
    plan = planned(BEFORE, after(**MEMORY), seen(3, running=2))
    assert verdict(plan) == {("CAM647", "warning")}
    assert verdict(planned(BEFORE, BEFORE, seen(3, running=2))) == set()


def test_what_runs_as_deployed_is_not_remarked_on() -> None:
    plan = planned(BEFORE, after(**MEMORY), seen())
    assert (verdict(plan), plan.exit_code) == (set(), 2)
    assert verdict(planned(BEFORE, BEFORE, seen())) == set()


def test_what_could_not_be_seen_is_said_where_it_matters() -> None:
    blind = Running(unknown="ecs:DescribeServices is denied")
    plan = planned(BEFORE, after(**MEMORY), blind)
    assert (verdict(plan), plan.exit_code) == ({("CAM647", "warning")}, 2)
    assert "ecs:DescribeServices" in plan.gate[0].message
    assert verdict(planned(BEFORE, BEFORE, blind)) == set()
    assert verdict(planned(BEFORE, {**BEFORE, "tags": {"a": "b"}}, Running())) == set()


CONNECTORS = Address("root", "ConnectorsService")
CHANGED = {**BEFORE, "connectors": {"tasks": 2, "environment": {"A": "b"}}}


@pytest.mark.parametrize(
    ("desired", "scaled", "remarked"),
    [
        (6, (1, 10), False),
        (1, (1, 10), False),
        (10, (1, 10), False),
        (2, (1, 10), False),
        (0, (1, 10), True),
        (11, (1, 10), True),
        (6, None, True),
    ],
)
@pytest.mark.parametrize("changed", [BEFORE, CHANGED])
def test_a_count_that_autoscaling_chose_is_no_difference(
    desired: int, scaled: tuple[int, int] | None, remarked: bool, changed: dict[str, Any]
) -> None:
    running = Running({CONNECTORS: Tasks(desired, desired, scaled)})
    plan = planned(BEFORE, changed, running)
    assert verdict(plan) == ({("CAM647", "warning")} if remarked else set())
    if remarked:
        said = "Application Auto Scaling keeps it from 1 to 10" in plan.gate[0].message
        assert said == (scaled is not None)


def test_brokers_that_are_autoscaled_are_not_scaled_back_unasked() -> None:
    running = Running({Address("root", BROKERS): Tasks(5, 5, (3, 9))})
    (block,) = planned(BEFORE, after(**MEMORY), running).blocks
    assert (block.code, block.allow) == ("CAM660", f"CAM660:{BROKERS}")
    assert "Application Auto Scaling keeps it from 3 to 9" in block.message
    assert "deregister their scalable target" in block.hint
    plan = planned(BEFORE, BEFORE, running)
    assert verdict(plan) == {("CAM647", "warning")}


def test_whether_it_is_autoscaled_is_asked_only_of_what_differs() -> None:
    def run(desired: int) -> Running:
        return Running({CONNECTORS: Tasks(desired, desired)}, scaling_unknown="denied: x")

    assert verdict(planned(BEFORE, CHANGED, run(2))) == set()
    plan = planned(BEFORE, CHANGED, run(6))
    assert "(denied: x)" in plan.gate[0].message


def test_a_first_deployment_has_nothing_to_look_at() -> None:
    assert make_plan(None, spec(**BEFORE), running=Running(unknown="x")).gate == ()


ENGINE = Address("database", "DatabaseCluster")


@pytest.mark.parametrize(
    ("template", "live", "wanted", "says"),
    [
        ("17.9", "17.10", "17.10", None),  # only records what RDS did
        ("17.9", "17.10", "17.11", None),
        ("17.8", "17.10", "17.9", "RDS has already upgraded it to 17.10"),
        ("17.9", "17.9", "17.8", "downgrade"),
        ("17.9", "18.4", "18.4", None),  # somebody upgraded it by hand
        ("17.9", "17.9", "18.4", "major upgrade"),
        ("17.9", None, "18.4", "major upgrade"),
    ],
)
def test_an_engine_is_compared_with_the_one_that_runs(
    template: str, live: str | None, wanted: str, says: str | None
) -> None:
    running = Running({}, {ENGINE: live} if live else {})
    plan = make_plan(
        sample(engine_version=template), sample(engine_version=wanted), running=running
    )
    found = [block for block in plan.gate if block.code == "CAM667"]
    assert [block.severity for block in found] == ([Severity.BLOCK] if says else [])
    assert all(says in block.message for block in found if says)


NEXT: dict[str, Any] = {"image": "camunda/camunda:8.10.1"}


def test_a_major_upgrade_is_a_step_of_its_own() -> None:
    alone = make_plan(sample(**NEXT), sample(**NEXT, engine_version="18.4"))
    assert [b.allow for b in alone.blocks] == ["CAM667:DatabaseCluster"]
    allowed = make_plan(
        sample(**NEXT), sample(**NEXT, engine_version="18.4"), allow=["CAM667:DatabaseCluster"]
    )
    assert allowed.exit_code == 2
    together = make_plan(sample(), sample(**NEXT, engine_version="18.4"))
    assert [(b.code, b.allow) for b in together.blocks] == [("CAM667", None)]
    assert 'engine_version: "17.9"' in together.blocks[0].hint
    patch = make_plan(sample(), sample(image="camunda/camunda:8.9.9", engine_version="17.10"))
    assert patch.exit_code == 2


def test_brokers_do_not_go_where_their_database_cannot_follow() -> None:
    plan = make_plan(sample(engine_version="14.9"), sample(**NEXT, engine_version="14.9"))
    (block,) = plan.blocks
    assert (block.code, block.allow) == ("CAM667", None)
    assert "15 to 18" in block.message and '"17.9"' in block.hint
    for engine in ("15.4", "17.9"):
        known: dict[str, Any] = {"engine_version": engine}
        assert make_plan(sample(**known), sample(**known, **NEXT)).exit_code == 2

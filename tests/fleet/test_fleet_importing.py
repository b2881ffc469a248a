"""Existing stacks join a fleet untouched, and only if nothing speaks against it."""

from typing import Any

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.fleet.events import FleetFinished, StackSetChanged
from camformation.deploy.fleet.stack_import import ImportPlan, import_stacks, plan_import
from fleet.simulated import LONDON, NAME, NEWER, TEMPLATE, Fleet, account, operation, target


def planned(fleet: Fleet, *ids: str, readable: bool = False, **more: Any) -> ImportPlan:
    if readable:
        more["read"] = lambda account, region: fleet.fake.stacks
    return plan_import(
        fleet.sets,
        fleet.clock,
        fleet.request,
        fleet.template,
        ids,
        **more,
    )


def test_stacks_are_imported_ten_at_a_time_into_a_stack_set_made_for_them() -> None:
    fleet = Fleet()
    ids = [fleet.sets.add_stack(account(n), LONDON) for n in range(1, 26)]
    plan = planned(fleet, *ids)
    assert plan.create and not plan.refusals
    assert plan.candidates[0].note == "the account cannot be read from here"
    events = list(import_stacks(fleet.sets, fleet.clock, plan, spec=operation()))
    assert [e.action for e in events if isinstance(e, StackSetChanged)] == ["CREATE"]
    batches = [len(call["stack_ids"]) for call in fleet.sets.called("import_stacks")]
    assert batches == [10, 10, 5] and isinstance(events[-1], FleetFinished)
    fleet.targets = tuple(target(n) for n in range(1, 26))
    fleet.waves = Fleet(fleet.targets).waves
    assert not fleet.plan().has_changes


def test_long_lists_go_to_a_bucket_where_there_is_one() -> None:
    fleet = Fleet()
    ids = [fleet.sets.add_stack(account(n), LONDON) for n in range(1, 31)]

    def upload(text: str) -> str:
        fleet.sets.read_url["https://bucket/list"] = text
        return "https://bucket/list"

    plan = planned(fleet, *ids)
    list(import_stacks(fleet.sets, fleet.clock, plan, upload=upload, spec=operation()))
    (call,) = fleet.sets.called("import_stacks")
    assert call["stack_ids_url"] == "https://bucket/list"
    assert len(list(fleet.sets.instances(NAME))) == 30


def test_a_stack_that_can_be_read_is_compared_with_the_fleet() -> None:
    fleet = Fleet().wants(NEWER)
    stack = fleet.fake.stacks.add("camunda", template=TEMPLATE)
    (candidate,) = planned(fleet, stack.id, readable=True).candidates
    assert candidate.plan and candidate.plan.has_changes and not candidate.problems


def test_everything_that_speaks_against_an_import_is_said_at_once() -> None:
    fleet = Fleet()
    secret = {**TEMPLATE, "Parameters": {"Password": {"Type": "String", "NoEcho": True}}}
    nested = fleet.fake.stacks.add("child", template=TEMPLATE, parent="arn:a/root/1")
    hidden = fleet.fake.stacks.add("hidden", "ROLLBACK_COMPLETE", template=secret)
    plan = planned(fleet, nested.id, hidden.id, "camunda", readable=True)
    said = " | ".join(plan.refusals)
    for part in ("nested stack", "NoEcho parameter, Password", "ROLLBACK_COMPLETE",
                 "camunda is not the ARN of a stack", "two stacks in"):  # fmt: skip
        assert part in said
    with pytest.raises(DeployError) as raised:
        list(import_stacks(fleet.sets, fleet.clock, plan))
    assert raised.value.code == "CAM695" and not fleet.called()


def test_a_template_of_ours_with_a_secret_parameter_is_refused() -> None:
    fleet = Fleet().wants({**TEMPLATE, "Parameters": {"P": {"Type": "String", "NoEcho": "true"}}})
    assert any("the template has a NoEcho" in each for each in planned(fleet).refusals)


def test_a_stack_that_is_in_the_fleet_already_is_refused() -> None:
    fleet = Fleet([target(1)])
    fleet.deploy()
    (instance,) = fleet.sets.instances(NAME)
    assert instance.stack_id
    plan = planned(fleet, instance.stack_id)
    assert "already" in plan.refusals[0] and not plan.create

"""A fleet plan says what happens to whom, and what somebody would lose."""

import json
import time
import tracemalloc
from collections import deque
from dataclasses import replace

import pytest

from camformation.deploy.cloud.errors import Throttled
from camformation.deploy.cloud.stack_sets import AutoDeployment
from camformation.deploy.fleet.live_fleet import read_live
from camformation.deploy.fleet.model import Action, FleetPlan
from camformation.deploy.fleet.plan import plan_fleet
from camformation.fleet.targets import Target
from camformation.report.fleet.plan_text import fleet_plan_text
from fleet.simulated import (
    DUBLIN,
    LONDON,
    NAME,
    NEWER,
    TEMPLATE,
    Fleet,
    account,
    operation,
    target,
    template,
    wave,
)

TOLERANT = operation(failure_tolerance_count=1)


def actions(plan: FleetPlan) -> dict[str, str]:
    return {
        f"{t.account[-2:]}/{t.region}": t.action.value for t in (*plan.targets(), *plan.leftovers)
    }


def codes(plan: FleetPlan) -> set[str]:
    return {entry.block.code for entry in plan.gate}


def deployed(*targets: Target) -> Fleet:
    fleet = Fleet(targets)
    fleet.deploy()
    return fleet


def test_a_first_deployment_creates_the_stack_set_and_every_target() -> None:
    plan = Fleet([target(1), target(2, in_wave="rest")]).plan()
    assert plan.stack_set.action == "create"
    assert actions(plan) == {"01/eu-west-2": "create", "02/eu-west-2": "create"}
    assert plan.common and plan.common.summary.add and not plan.gate
    assert plan.exit_code == 2


def test_nothing_to_do_is_said() -> None:
    plan = deployed(target(1)).plan()
    assert (plan.stack_set.action, plan.exit_code, plan.has_changes) == ("none", 0, False)
    assert plan.counts == {Action.UNCHANGED: 1}


def test_a_changed_template_updates_every_live_target_and_shows_the_change_once() -> None:
    fleet = deployed(target(1), target(2, VpcCidr="10.2.0.0/16"))
    plan = fleet.wants(NEWER).plan()
    assert plan.counts == {Action.UPDATE: 2} and plan.stack_set.template_changed
    assert plan.common and {c.logical_id for c in plan.common.changes()} >= {"OrchestrationTask"}
    assert {v.overridden: v.targets for v in plan.variants} == {(): 1, ("VpcCidr",): 1}


def test_an_override_that_replaces_a_database_is_a_loss_for_that_target_alone() -> None:
    fleet = deployed(target(1), target(2))
    fleet.targets = (target(1), target(2, DatabaseName="orders"))
    plan = fleet.plan()
    changed = next(t for t in plan.targets() if t.action is Action.UPDATE)
    (change,) = changed.overrides
    assert (change.name, change.before, change.after) == ("DatabaseName", None, "orders")
    (variant,) = plan.variants
    assert (variant.step, variant.changed, variant.targets) == ("overrides", ("DatabaseName",), 1)
    blocked = {b.block.logical_id: b.targets for b in plan.blocks}
    assert blocked and set(blocked.values()) == {1} and plan.exit_code == 3
    allowed = fleet.plan(*(b.block.allow for b in plan.blocks if b.block.allow))
    assert not allowed.blocks and allowed.exit_code == 2


def test_another_network_for_a_live_target_shows_what_is_replaced() -> None:
    fleet = deployed(target(1))
    fleet.targets = (target(1, VpcCidr="10.9.0.0/16"),)
    (variant,) = fleet.plan().variants
    assert {c.logical_id for c in variant.plan.changes() if c.action.value == "replace"} >= {"Vpc"}


def test_an_override_that_only_feeds_a_tag_blocks_nothing() -> None:
    fleet = deployed(target(1))
    fleet.targets = (target(1, Owner="claims"),)
    plan = fleet.plan()
    assert not plan.gate and plan.exit_code == 2


def test_a_new_value_of_the_stack_set_spares_those_that_override_it() -> None:
    fleet = deployed(target(1, DatabaseName="orders"))
    plan = fleet.wants(parameters={"DatabaseName": "other"}).plan()
    assert [c.name for c in plan.stack_set.content] == ["parameters.DatabaseName"]
    assert not plan.blocks
    fleet.targets = (*fleet.targets, target(2))
    fleet.wants(parameters={}).deploy()
    plan = fleet.wants(parameters={"DatabaseName": "other"}).plan()
    entry = plan.blocks[0]
    assert (entry.block.code, entry.targets, entry.example) == (
        "CAM650",
        1,
        (account(2), LONDON),
    )


def test_the_state_between_template_and_overrides_is_judged_too() -> None:
    """AWS brings the template first: with the StackSet's own value, and only then the override."""
    before = template()
    body = json.loads(json.dumps(before))
    cluster = next(r for r in body["Resources"].values() if r["Type"] == "AWS::RDS::DBCluster")
    cluster["Properties"]["DatabaseName"] = "orders"
    fleet = Fleet([target(1)]).wants(body)
    fleet.deploy()
    fleet.targets = (target(1, DatabaseName="orders"),)
    plan = fleet.wants(before).plan()
    assert {v.step for v in plan.variants} == {"content", "overrides"}
    assert "CAM650" in {b.block.code for b in plan.blocks}


def test_what_failed_is_repaired_and_what_was_given_up_is_not() -> None:
    fleet = Fleet(
        [target(1), target(2), target(3)], [wave("canary", operation(failure_tolerance_count=2))]
    )
    fleet.sets.failing = {account(2): "VpcLimitExceeded"}
    fleet.deploy()
    fleet.sets.failing = {}
    plan = fleet.plan()
    repaired = next(t for t in plan.targets() if t.action is Action.REPAIR)
    assert repaired.account == account(2) and "VpcLimitExceeded" in repaired.reason
    fleet.deploy()
    assert not fleet.plan().has_changes


def test_live_stacks_that_are_no_target_are_left_alone() -> None:
    fleet = deployed(target(1), target(2))
    fleet.targets = (target(1),)
    plan = fleet.plan()
    assert actions(plan)["02/eu-west-2"] == "leftover" and plan.exit_code == 0
    fleet.wants(NEWER).deploy()
    assert fleet.called("delete_instances") == []
    found = {i.account: i.status for i in fleet.sets.instances(NAME)}
    assert found == {account(1): "CURRENT", account(2): "OUTDATED"}


def test_a_template_cannot_change_before_a_first_wave_of_new_targets_only() -> None:
    fleet = deployed(target(1, in_wave="rest"))
    fleet.targets = (target(2, in_wave="canary"), *fleet.targets)
    fleet.waves = (wave("canary"), wave("rest"))
    assert not fleet.plan().blocks
    plan = fleet.wants(NEWER).plan()
    assert [b.block.code for b in plan.blocks] == ["CAM672"]
    assert "canary" in plan.blocks[0].block.message


def test_settings_change_without_touching_stacks() -> None:
    fleet = deployed(target(1), target(2))
    plan = fleet.wants(description="New", execution_role_name="Deployer").plan()
    assert {c.name for c in plan.stack_set.settings} == {"description", "execution_role_name"}
    assert plan.counts == {Action.UNCHANGED: 2} and plan.exit_code == 2


def test_the_permission_model_stays_while_there_are_instances() -> None:
    fleet = deployed(target(1))
    plan = fleet.wants(
        permission_model="SERVICE_MANAGED", auto_deployment=AutoDeployment(True, True)
    ).plan()
    assert "CAM675" in {b.block.code for b in plan.blocks}


def test_a_nested_stack_that_changes_cannot_be_judged() -> None:
    def nested(url: str) -> dict[str, object]:
        stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        return {"Resources": {"Database": stack}}

    fleet = Fleet([target(1)]).wants(nested("https://a/1"))
    fleet.deploy()
    plan = fleet.wants(nested("https://a/2")).plan()
    assert [(b.block.code, b.block.allow) for b in plan.blocks] == [("CAM673", "CAM673:Database")]
    assert not fleet.plan("CAM673:Database").blocks


def test_a_name_that_nothing_needs_is_said_once() -> None:
    fleet = deployed(target(1), target(2, VpcCidr="10.2.0.0/16"))
    plan = fleet.wants(NEWER).plan("Nonsense")
    assert [b.block.code for b in plan.gate] == ["CAM647", "CAM669"]


def test_overrides_are_read_where_they_matter_and_known_ones_are_not() -> None:
    fleet = deployed(target(1, VpcCidr="10.1.0.0/16"), target(2))
    fleet.sets.calls.clear()
    places = [(account(1), LONDON)]
    live = read_live(fleet.sets, fleet.clock, NAME, places)
    assert fleet.sets.called("overrides") == [(NAME, account(1), LONDON)]
    fleet.sets.calls.clear()
    again = read_live(
        fleet.sets, fleet.clock, NAME, places, known=lambda each: live.overrides[places[0]]
    )
    assert again.overrides == live.overrides and not fleet.sets.called("overrides")


def test_reading_goes_on_after_throttling() -> None:
    fleet = deployed(*(target(n, VpcCidr=f"10.{n}.0.0/16") for n in range(1, 30)))
    for method in ("describe", "instances", "overrides"):
        fleet.sets.faults[method] = deque([Throttled("CAM604", "slower")] * 3)
    plan = fleet.plan()
    assert plan.counts == {Action.UNCHANGED: 29}


@pytest.mark.parametrize("own", [False, True])
def test_ten_thousand_instances_are_planned_in_seconds_with_flat_memory(own: bool) -> None:
    places = [(n, region) for n in range(1, 5001) for region in (LONDON, DUBLIN)]
    cidr = {"VpcCidr": "10.7.0.0/16"} if own else {}
    fleet = Fleet(
        [target(n, r, "canary" if n < 10 else "rest", **cidr) for n, r in places],
        [wave("canary"), wave("rest")],
    )
    fleet.deploy()
    fleet.wants(NEWER)
    live = read_live(fleet.sets, fleet.clock, NAME, [t.place for t in fleet.targets])
    tracemalloc.start()
    began = time.process_time()
    plan = plan_fleet(fleet.request, NEWER, fleet.targets, fleet.waves, live, region=LONDON)
    took = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert plan.counts == {Action.UPDATE: 10_000} and len(plan.variants) == 1
    assert took < 10 and peak < 40_000_000
    assert TEMPLATE != NEWER


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "a stack is INOPERABLE: StackSets skips it"),
        (2, "2 stacks are INOPERABLE: StackSets skips them"),
    ],
)
def test_a_single_stack_is_spoken_of_as_one(number: int, said: str) -> None:
    fleet = Fleet([target(n) for n in range(1, 4)])
    fleet.deploy()
    for n in range(1, number + 1):
        given_up = fleet.sets.sets[NAME].instances[account(n), LONDON]
        given_up.seen = replace(given_up.seen, status="INOPERABLE")
    messages = [entry.block.message for entry in fleet.plan().gate]
    assert any(message.startswith(said) for message in messages)


def test_a_target_whose_creation_failed_has_no_stack_that_could_change() -> None:
    fleet = Fleet([target(n) for n in range(1, 5)], [wave("canary", TOLERANT)])
    fleet.sets.failing = {account(1): "VpcLimitExceeded"}
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    assert [variant.targets for variant in plan.variants] == [3]
    assert plan.counts == {Action.UPDATE: 3, Action.REPAIR: 1}
    assert "CAM674" not in codes(plan), "there is nothing deployed that could be another"
    fleet.sets.failing = {}
    fleet.deploy()
    assert not fleet.plan().has_changes


def test_an_override_of_a_target_without_a_stack_replaces_nothing() -> None:
    fleet = Fleet([target(1, VpcCidr="10.1.0.0/16"), target(2)], [wave("canary", TOLERANT)])
    fleet.sets.failing = {account(1): "VpcLimitExceeded"}
    fleet.deploy()
    fleet.targets = (target(1, VpcCidr="10.2.0.0/16"), target(2))
    plan = fleet.plan()
    assert not plan.blocks and not plan.variants
    fleet.sets.failing = {}
    fleet.deploy()
    assert fleet.deployed((account(1), LONDON)) == {"VpcCidr": "10.2.0.0/16"}


def test_only_stacks_that_failed_to_be_created_change_nothing_live() -> None:
    fleet = Fleet([target(1)])
    fleet.sets.failing = {account(1): "VpcLimitExceeded"}
    fleet.deploy()
    plan = fleet.wants(template(cidr="10.190.32.0/19")).plan()
    assert not plan.blocks and not plan.variants and plan.counts == {Action.REPAIR: 1}
    assert "0 targets" not in fleet_plan_text(plan, colour=False)


SETS = (("Owner", "DatabaseName"),)


def test_what_may_stand_in_any_order_is_no_change_in_another_one() -> None:
    own = {"Owner": "subnet-a", "DatabaseName": "subnet-b"}
    swapped = {"Owner": "subnet-b", "DatabaseName": "subnet-a"}
    fleet = Fleet([target(1), target(2, Owner="subnet-c", DatabaseName="subnet-d")])
    fleet.wants(parameters=own).deploy()
    fleet.wants(parameters=swapped).targets = (
        target(1),
        target(2, Owner="subnet-d", DatabaseName="subnet-c"),
    )
    assert fleet.plan().has_changes  # these two are no list
    fleet.sets_of_parameters = SETS
    assert not fleet.plan().has_changes
    fleet.targets = (target(1), target(2, Owner="subnet-d", DatabaseName="subnet-e"))
    (change,) = next(each for each in fleet.plan().targets() if each.overrides).overrides
    assert (change.name, change.before, change.after) == ("Owner", "subnet-c", "subnet-e")


def test_a_target_without_a_stack_keeps_the_order_of_the_file() -> None:
    fleet = deployed(target(1))
    fleet.sets_of_parameters = SETS
    fleet.targets = (target(1), target(2, Owner="camunda", DatabaseName="platform"))
    (new,) = (each for each in fleet.plan().targets() if each.action is Action.CREATE)
    assert new.target and new.target.parameters == {"Owner": "camunda", "DatabaseName": "platform"}

"""Stacks leave a fleet by name only, and what they hold is lost only if somebody names it."""

import json

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.fleet.events import FleetFinished, StackSetChanged, Stopped
from camformation.deploy.fleet.removal import Removal, plan_removal, remove
from camformation.deploy.plan.deletion import Fate
from fleet.simulated import DUBLIN, LONDON, NAME, TEMPLATE, Fleet, account, target


def fleet_of_three() -> Fleet:
    fleet = Fleet([target(1), target(1, DUBLIN), target(2)])
    fleet.deploy()
    return fleet


def planned(
    fleet: Fleet, *named: str, retain: bool = False, allow: tuple[str, ...] = ()
) -> Removal:
    return plan_removal(fleet.sets, fleet.clock, NAME, named or None, retain=retain, allow=allow)


def everything(removal: Removal) -> tuple[str, ...]:
    return tuple(block.allow for block in removal.blocks if block.allow)


def test_named_targets_are_chosen_by_account_or_by_account_and_region() -> None:
    fleet = fleet_of_three()

    def places(*named: str) -> list[tuple[str, str]]:
        return [(i.account, i.region) for i in planned(fleet, *named).instances]

    assert places(account(1)) == [(account(1), DUBLIN), (account(1), LONDON)]
    assert places(f"{account(1)}/{LONDON}") == [(account(1), LONDON)]
    assert len(places()) == 3
    with pytest.raises(DeployError, match="no instance 000000000009") as raised:
        planned(fleet, account(9))
    assert raised.value.code == "CAM696"


def test_what_a_deletion_loses_blocks_until_each_loss_is_named() -> None:
    fleet = fleet_of_three()
    removal = planned(fleet, account(2))
    lost = everything(removal)
    assert "CAM651:SecretsKey" in lost
    assert {b.code for b in removal.blocks} == {"CAM651"}
    with pytest.raises(DeployError, match="nothing was removed") as raised:
        list(remove(fleet.sets, fleet.clock, removal, confirmed=NAME))
    assert raised.value.code == "CAM671" and not fleet.called("delete_instances")
    assert [b.allow for b in planned(fleet, account(2), allow=lost[1:]).blocks] == [lost[0]]
    events = list(
        remove(fleet.sets, fleet.clock, planned(fleet, account(2), allow=lost), confirmed=NAME)
    )
    assert isinstance(events[-1], FleetFinished)
    assert {i.account for i in fleet.sets.instances(NAME)} == {account(1)}


def test_what_a_template_retains_is_reported_as_left_over() -> None:
    fleet = fleet_of_three()
    removal = planned(fleet, account(2))
    left = {each.address.logical_id for each in removal.of(Fate.RETAIN)}
    policies = {
        name for name, body in TEMPLATE["Resources"].items()
        if body.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")
    }  # fmt: skip
    assert left == policies and left


def test_stacks_can_be_left_as_they_are() -> None:
    fleet = fleet_of_three()
    stacks = set(fleet.sets.stacks)
    removal = planned(fleet, retain=True)
    assert not removal.gate and {each.fate for each in removal.resources} == {Fate.RETAIN}
    events = list(remove(fleet.sets, fleet.clock, removal, confirmed=NAME, delete_stack_set=True))
    changed = [e for e in events if isinstance(e, StackSetChanged)]
    assert [e.action for e in changed] == ["DELETE"] and NAME not in fleet.sets.sets
    assert set(fleet.sets.stacks) == stacks


def test_the_name_confirms_and_the_stack_set_stays_while_it_has_instances() -> None:
    fleet = fleet_of_three()
    with pytest.raises(DeployError, match="named camunda, not other"):
        list(remove(fleet.sets, fleet.clock, planned(fleet, retain=True), confirmed="other"))
    some = planned(fleet, account(2), retain=True)
    with pytest.raises(DeployError, match="keeps instances"):
        list(remove(fleet.sets, fleet.clock, some, confirmed=NAME, delete_stack_set=True))
    assert not fleet.called("delete_instances")


def test_a_protected_resource_would_leave_an_inoperable_instance() -> None:
    body = json.loads(json.dumps(TEMPLATE))
    body["Resources"]["DatabaseCluster"]["Properties"]["DeletionProtection"] = True
    fleet = Fleet([target(1)]).wants(body)
    fleet.deploy()
    removal = planned(fleet)
    stays = planned(fleet, allow=everything(removal))
    assert [(b.code, b.logical_id) for b in stays.blocks] == [("CAM698", "DatabaseCluster")]


def test_a_removal_that_fails_says_why_and_how_to_go_on() -> None:
    fleet = fleet_of_three()
    removal = planned(fleet, allow=everything(planned(fleet)))
    fleet.sets.failing = {account(2): "DELETE_FAILED: The bucket is not empty"}
    end = list(remove(fleet.sets, fleet.clock, removal, confirmed=NAME))[-1]
    assert isinstance(end, Stopped) and "fleet remove" in end.hint
    assert [group.places for group in end.causes] == [((account(2), LONDON),)]


def test_a_removal_is_refused_once_the_fleet_has_moved() -> None:
    fleet = fleet_of_three()
    removal = planned(fleet, retain=True)
    fleet.targets = (*fleet.targets, target(3))
    fleet.deploy()
    with pytest.raises(DeployError, match="changed its instances"):
        list(remove(fleet.sets, fleet.clock, removal, confirmed=NAME))

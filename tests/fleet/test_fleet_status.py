"""A fleet's status: instances by state and cause, what runs, and drift where there is any."""

import pytest

from camformation.deploy.cloud.errors import DeployError, Throttled
from camformation.deploy.cloud.stack_sets import InstanceDrift, Places, Preferences
from camformation.deploy.fleet.status import FleetDrift, detect_drift, read_status
from fleet.simulated import LONDON, NAME, Fleet, account, operation, target, wave


def four() -> Fleet:
    fleet = Fleet(
        [target(n) for n in range(1, 5)], [wave("canary", operation(failure_tolerance_count=4))]
    )
    fleet.sets.failing = {account(2): "VpcLimitExceeded", account(3): "VpcLimitExceeded"}
    fleet.deploy()
    return fleet


def test_instances_are_counted_by_state_and_grouped_by_cause() -> None:
    fleet = four()
    status = read_status(fleet.sets, fleet.clock, NAME)
    assert status.counts == {"CURRENT": 2, "FAILED": 2} and not status.healthy
    (group,) = status.causes
    assert (group.cause.key, [place[0] for place in group.places]) == (
        "vpc-quota",
        [account(2), account(3)],
    )
    assert status.running == ()


def test_a_running_operation_is_shown_with_its_counts() -> None:
    fleet = four()
    places = Places((LONDON,), (account(1), account(4)))
    fleet.sets.update_instances(NAME, places, {"Owner": "x"}, Preferences(), "mine")
    fleet.clock.sleep(5)
    status = read_status(fleet.sets, fleet.clock, NAME)
    (running,) = status.running
    assert (running.id, running.action) == ("mine", "UPDATE")
    assert running.counts == {"RUNNING": 1, "PENDING": 1}
    assert status.counts["RUNNING"] == 1


def test_a_fleet_that_does_not_exist_is_an_error() -> None:
    fleet = Fleet()
    with pytest.raises(DeployError) as raised:
        read_status(fleet.sets, fleet.clock, NAME)
    assert raised.value.code == "CAM679"


def test_drift_asks_for_resources_only_where_an_instance_drifted() -> None:
    fleet = four()
    found = InstanceDrift("Vpc", "AWS::EC2::VPC", "MODIFIED", ("/EnableDnsSupport",))
    fleet.sets.drifted = {(account(4), LONDON): (found,)}
    fleet.sets.fail("drifts", Throttled("CAM604", "slower", None))
    *_, drift = detect_drift(fleet.sets, fleet.clock, NAME)
    assert isinstance(drift, FleetDrift)
    assert drift.counts == {"IN_SYNC": 1, "DRIFTED": 1, "NOT_CHECKED": 2}
    (instance,) = drift.drifted
    assert (instance.account, instance.resources) == (account(4), (found,))
    assert {place for _, place, *_ in fleet.sets.called("drifts")} == {account(4)}

"""What people and machines read of a fleet's status."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from camformation.deploy.cloud.stack_sets import InstanceDrift, Places, Preferences
from camformation.deploy.fleet.status import FleetDrift, FleetStatus, detect_drift, read_status
from camformation.report.fleet.status_text import fleet_status_json, fleet_status_text
from fleet.pictures import QUOTA, TOLERANT, numbered
from fleet.simulated import DUBLIN, LONDON, NAME, Fleet, account, target, wave
from processor_time import timed

Golden = Callable[[str, Any], None]
VPC = InstanceDrift(
    "Vpc", "AWS::EC2::VPC", "MODIFIED", ("/EnableDnsSupport", "/Tags/0/Value")
)  # fmt: skip
GONE = InstanceDrift("FileSystem", "AWS::EFS::FileSystem", "DELETED")


def deployed(number: int, failing: int = 0) -> Fleet:
    wanted = [target(n, region) for n in range(1, number + 1) for region in (LONDON, DUBLIN)]
    fleet = Fleet(wanted, [wave("canary", TOLERANT)])
    fleet.sets.failing = {account(n): QUOTA for n in range(2, 2 + failing)}
    fleet.deploy(ids=numbered())
    return fleet


def read(fleet: Fleet) -> FleetStatus:
    return read_status(fleet.sets, fleet.clock, NAME)


def troubled() -> FleetStatus:
    """Two failed, one is being updated and one waits for it."""
    fleet = deployed(4, failing=1)
    places = Places((LONDON,), (account(1), account(4)))
    fleet.sets.update_instances(NAME, places, {"Owner": "x"}, Preferences(), "mine")
    fleet.clock.sleep(5)
    return read(fleet)


def drifted(number: int = 2) -> tuple[FleetStatus, FleetDrift]:
    fleet = deployed(number)
    fleet.sets.drifted = {
        (account(n), region): (VPC, GONE) for n in range(1, number) for region in (LONDON, DUBLIN)
    }
    *_, drift = detect_drift(fleet.sets, fleet.clock, NAME, ids=lambda: "look")
    assert isinstance(drift, FleetDrift)
    return read(fleet), drift


def test_text(golden: Golden) -> None:
    golden("fleet/status/healthy.txt", fleet_status_text(read(deployed(2)), colour=False))
    golden("fleet/status/troubled.txt", fleet_status_text(troubled(), colour=False))
    golden("fleet/status/every.txt", fleet_status_text(troubled(), colour=False, every=True))
    status, drift = drifted()
    golden("fleet/status/drift.txt", fleet_status_text(status, colour=False, drift=drift))


def test_a_stack_set_without_stacks_is_said_to_have_none() -> None:
    fleet = Fleet()
    fleet.sets.create(fleet.request, "token")
    assert "has no stacks" in fleet_status_text(read(fleet), colour=False)


def test_drift_that_was_found_earlier_is_mentioned() -> None:
    status, _ = drifted()
    assert "2 drifted, 2 in sync, when last" in fleet_status_text(status, colour=False)


def test_drift_is_shown_for_some_and_for_every_instance_on_request() -> None:
    status, drift = drifted(100)
    some = fleet_status_text(status, colour=False, drift=drift)
    assert len(some.splitlines()) < 120 and "more stacks (--every lists them)" in some
    full = fleet_status_text(status, colour=False, drift=drift, every=True)
    assert full.count("~ Vpc  AWS::EC2::VPC  changed") == 198


def test_ten_thousand_stacks_are_a_page() -> None:
    status = read(deployed(5000, failing=900))
    text, seconds = timed(lambda: fleet_status_text(status, colour=False))
    assert seconds < 0.5
    assert len(text.splitlines()) < 20 and len(text) < 2000
    assert "8200 of 10000 stacks up to date" in text


def test_colour_changes_nothing_but_colour() -> None:
    coloured = fleet_status_text(troubled(), colour=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == fleet_status_text(troubled(), colour=False)


def test_json(golden: Golden) -> None:
    golden("fleet/status/troubled.json", json.loads(fleet_status_json(troubled())))
    status, drift = drifted()
    data = json.loads(fleet_status_json(status, drift=drift))
    assert data["drift"]["counts"] == {"DRIFTED": 2, "IN_SYNC": 2}
    assert data["drift"]["drifted"][0]["resources"][1]["status"] == "DELETED"
    assert data["healthy"] and data["counts"] == {"CURRENT": 4}


@pytest.mark.parametrize("every", [False, True])
def test_what_aws_says_cannot_command_the_terminal(every: bool) -> None:
    fleet = deployed(1)
    found = fleet.sets.sets[NAME].instances[account(1), LONDON]
    found.seen = type(found.seen)(
        **{**vars(found.seen), "detailed_status": "FAILED", "reason": "bad \x1b[31m\nthing"}
    )
    text = fleet_status_text(read(fleet), colour=False, every=every)
    assert "\x1b" not in text and "thing" in text

"""Calls are few, within AWS's limits, and for exactly the instances that are meant."""

import random
from collections import Counter

import pytest

from camformation.deploy.cloud.stack_sets import StackInstance
from camformation.deploy.fleet.calls import removals
from camformation.deploy.fleet.model import Action, TargetPlan
from camformation.deploy.fleet.places import MAX_ACCOUNTS, MAX_UNITS, Where
from camformation.deploy.fleet.tolerance import Tolerance, in_order
from camformation.fleet.targets import Place, Target
from fleet.simulated import DUBLIN, LONDON, NAME, Fleet, account, operation, target

REGIONS = (LONDON, DUBLIN, "us-east-1")


def planned(place: Place, unit: str | None = None) -> TargetPlan:
    return TargetPlan(*place, Action.CREATE, Target(*place, "w", unit), None)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("model", ["SELF_MANAGED", "SERVICE_MANAGED"])
def test_rectangles_cover_each_place_once_and_nothing_else(seed: int, model: str) -> None:
    chance = random.Random(seed)
    places = [
        (account(n), region) for n in range(1, 40) for region in REGIONS if chance.random() < 0.6
    ]
    unit = {account(n): f"ou-{n % 3}" for n in range(1, 40)}
    where = Where(model, [planned(p, unit[p[0]]) for p in places], {})
    found = list(where.rectangles(places, whole=True))
    covered = Counter(place for _, covers in found for place in covers)
    assert covered == Counter(places)
    for chosen, covers in found:
        named = {(a, r) for a in chosen.accounts for r in chosen.regions}
        assert named == set(covers)
        units = {unit[a] for a, _ in covers} if model == "SERVICE_MANAGED" else set()
        assert set(chosen.organizational_units) == units
    assert len(found) <= 2 ** len(REGIONS) - 1


def test_a_full_grid_is_one_call() -> None:
    places = [(account(n), region) for n in range(1, 100) for region in REGIONS]
    where = Where("SELF_MANAGED", list(map(planned, places)), {})
    ((chosen, covers),) = where.rectangles(places, whole=False)
    assert (len(chosen.accounts), chosen.regions, len(covers)) == (99, REGIONS, 297)


def test_calls_keep_to_the_limits_of_accounts_and_units() -> None:
    places = [(account(n), LONDON) for n in range(1, 2502)]
    flat = Where("SELF_MANAGED", list(map(planned, places)), {})
    calls = list(flat.rectangles(places, whole=False))
    assert [len(c.accounts) for c, _ in calls] == [MAX_ACCOUNTS, MAX_ACCOUNTS, 501]
    by_unit = [planned(place, f"ou-{number}") for number, place in enumerate(places[:120])]
    units = {f"ou-{number}": frozenset({place[0]}) for number, place in enumerate(places[:60])}
    where = Where("SERVICE_MANAGED", by_unit, units)
    chosen = [c for c, _ in where.rectangles(places[:120], whole=True)]
    assert all(len(c.organizational_units) <= MAX_UNITS for c in chosen)
    assert [bool(c.accounts) for c in chosen] == [False, False, True, True]


def test_live_instances_are_removed_by_the_unit_that_they_came_by() -> None:
    instances = [
        StackInstance(account(n), LONDON, "CURRENT", "SUCCEEDED", "", "arn", f"ou-{n % 2}")
        for n in range(1, 5)
    ]
    (call,) = removals("SERVICE_MANAGED", instances, retain=False)
    assert call.places and call.places.account_filter == "INTERSECTION"
    assert set(call.places.organizational_units) == {"ou-0", "ou-1"}


@pytest.mark.parametrize(
    ("changed", "accounts", "allowed"),
    [
        ({"failure_tolerance_count": 2}, 10, 2),
        ({"failure_tolerance_count": None, "failure_tolerance_percentage": 25}, 10, 2),
        ({"failure_tolerance_count": None, "failure_tolerance_percentage": 9}, 10, 0),
        ({"failure_tolerance_count": None}, 10, 0),
    ],
)
def test_failures_are_counted_by_region(
    changed: dict[str, int | None], accounts: int, allowed: int
) -> None:
    places = [(account(n), region) for n in range(accounts) for region in (LONDON, DUBLIN)]
    tolerance = Tolerance(operation(**changed), places)
    borne = [p for p in places if int(p[0]) < allowed]
    assert tolerance.exceeded(borne) is None
    assert tolerance.exceeded([*borne, (account(9), DUBLIN)]) == (DUBLIN, allowed + 1, allowed)


def test_regions_come_in_the_order_asked_for() -> None:
    assert in_order(REGIONS, ("us-east-1", "eu-north-1")) == ("us-east-1", LONDON, DUBLIN)


def test_later_waves_and_settings_send_neither_template_nor_values() -> None:
    """How that reads as a request to AWS is in test_aws_stack_sets."""
    fleet = Fleet([target(1), target(2, in_wave="rest")]).wants(parameters={"Owner": "a"})
    fleet.deploy()
    fleet.sets.calls.clear()
    fleet.wants(parameters={"Owner": "b"}).deploy()
    fleet.wants(managed_execution=False).deploy()
    updates = [each["request"] for each in fleet.sets.called("update")]
    assert [each.brings_content for each in updates] == [True, False, False]
    found = fleet.sets.describe(NAME)
    assert found and found.parameters == {"Owner": "b"}
    assert {each.status for each in fleet.sets.instances(NAME)} == {"CURRENT"}

"""From a fleet to its targets: waves, units, filters, and a thousand of them."""

import time
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import pytest

from camformation.fleet.targets import expand
from fleet.fleets import UNITS, accounts_of, in_units, loaded, service_managed

UNIT, OTHER, EMPTY = UNITS
A, B, C = UNITS[UNIT]  # C is in the other unit too
D = UNITS[OTHER][1]


def accounts(*entries: dict[str, Any]) -> list[str]:
    fleet = service_managed(list(entries)).fleet
    return [target.account for target in expand(fleet, accounts_of)]


def test_accounts_and_regions_in_the_order_of_the_waves() -> None:
    waves = [
        {"name": "canary", "targets": [{"accounts": [B], "regions": ["eu-west-2"]}]},
        {
            "name": "others",
            "targets": [{"accounts": [B, A], "regions": ["eu-west-2", "eu-central-1"]}],
        },
    ]
    targets = expand(loaded(waves=waves).fleet, accounts_of)
    assert [(*target.place, target.wave) for target in targets] == [
        (B, "eu-west-2", "canary"),
        (B, "eu-central-1", "others"),
        (A, "eu-west-2", "others"),
        (A, "eu-central-1", "others"),
    ]
    assert {target.organizational_unit for target in targets} == {None}


def test_a_canary_is_not_taken_again_by_its_unit() -> None:
    canary = in_units(UNIT, account_filter={"type": "INTERSECTION", "accounts": [B]})
    targets = expand(service_managed([canary], [in_units(UNIT)]).fleet, accounts_of)
    assert [(target.account, target.wave) for target in targets] == [
        (B, "wave 1"),
        (A, "wave 2"),
        (C, "wave 2"),
    ]
    assert {target.organizational_unit for target in targets} == {UNIT}


def test_filters_are_those_of_sets() -> None:
    """Over every choice of units and of accounts."""
    operations: dict[str, Callable[[set[str], set[str]], set[str]]] = {
        "INTERSECTION": lambda units, given: units & given,
        "DIFFERENCE": lambda units, given: units - given,
        "UNION": lambda units, given: units | given,
    }
    everyone = [A, B, C, D, "666666666666"]
    for size in (1, 2, 3):
        for units in combinations(UNITS, size):
            inside = {account for unit in units for account in UNITS[unit]}
            assert set(accounts(in_units(*units))) == inside
            for number in range(1, len(everyone) + 1):
                for given in combinations(everyone, number):
                    for kind, operation in operations.items():
                        chosen = {"type": kind, "accounts": list(given)}
                        found = accounts(in_units(*units, account_filter=chosen))
                        assert len(set(found)) == len(found)
                        assert set(found) == operation(inside, set(given))


def test_an_account_of_two_units_is_in_the_first_and_one_that_union_adds_in_none() -> None:
    extra = {"type": "UNION", "accounts": [A, "666666666666"]}
    fleet = service_managed([in_units(OTHER, UNIT, account_filter=extra)]).fleet
    units = {target.account: target.organizational_unit for target in expand(fleet, accounts_of)}
    assert units == {A: UNIT, B: UNIT, C: OTHER, D: OTHER, "666666666666": None}


def test_each_unit_is_asked_for_once() -> None:
    asked: list[str] = []

    def counted(unit: str) -> Sequence[str]:
        asked.append(unit)
        return UNITS[unit]

    chosen = {"type": "INTERSECTION", "accounts": [A]}
    waves = [[in_units(UNIT, account_filter=chosen)], [in_units(UNIT)], [in_units(UNIT, OTHER)]]
    expand(service_managed(*waves).fleet, counted)
    assert asked == [UNIT, OTHER]


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_many_targets_expand_quickly_in_little_memory(count: int) -> None:
    regions = ["eu-west-2", "eu-central-1"]
    numbers = [str(10**11 + number) for number in range(count // 2)]
    overrides = [
        *({"account": each, "parameters": {"Brokers": 5}} for each in numbers[:1000:2]),
        {"region": "eu-west-2", "parameters": {"LogRetentionDays": 90}},
    ]
    entry = in_units(UNIT, regions=regions)
    fleet = service_managed([entry], overrides=overrides).fleet
    begun = time.perf_counter()
    tracemalloc.start()
    targets = expand(fleet, lambda unit: numbers)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len({target.place for target in targets}) == count
    assert time.perf_counter() - begun < count / 1_000 * 0.5
    assert peak < count * 2_000

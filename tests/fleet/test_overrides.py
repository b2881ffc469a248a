"""The most particular override wins, in every combination of selectors."""

from itertools import combinations, permutations, product
from typing import Any

import pytest

from camformation.fleet.overrides import own_values
from camformation.fleet.targets import expand
from camformation.fleet.values import as_text
from fleet.fleets import DEFINITIONS, UNITS, accounts_of, in_units, loaded, service_managed

UNIT = "ou-ab12-11111111"
ACCOUNT, REGION = "222222222222", "eu-west-2"
KEYS = ("account", "organizational_unit", "region")  # the heaviest first
OWN = {"account": ACCOUNT, "organizational_unit": UNIT, "region": REGION}
SELECTORS = [each for size in (1, 2, 3) for each in combinations(KEYS, size)]


def precedence(chosen: tuple[str, ...]) -> tuple[bool, ...]:
    """Compare selectors as words are compared in a dictionary: the account's letter first."""
    return tuple(key in chosen for key in KEYS)


@pytest.mark.parametrize("number", range(len(SELECTORS) + 1))
def test_most_particular_of_every_set_of_overrides_wins(number: int) -> None:
    for chosen in combinations(SELECTORS, number):
        overrides: list[dict[str, Any]] = [
            {**{key: OWN[key] for key in each}, "parameters": {"Brokers": index + 1}}
            for index, each in enumerate(chosen)
        ]
        entry = in_units(UNIT)
        for ordered in (overrides, overrides[::-1]):  # where they stand does not matter
            fleet = service_managed([entry], overrides=ordered).fleet
            (target,) = (t for t in expand(fleet, accounts_of) if t.account == ACCOUNT)
            winner = max(chosen, key=precedence, default=None)
            expected = {} if winner is None else {"Brokers": str(chosen.index(winner) + 1)}
            assert target.parameters == expected, ordered


def test_overrides_of_different_parameters_add_up() -> None:
    names = [f"P{index}" for index in range(len(SELECTORS))]
    for order in list(permutations(range(len(SELECTORS))))[::97]:
        overrides = [
            {**{key: OWN[key] for key in SELECTORS[n]}, "parameters": {names[n]: n}} for n in order
        ]
        fleet = service_managed([in_units(UNIT)], overrides=overrides).fleet
        target = next(t for t in expand(fleet, accounts_of) if t.account == ACCOUNT)
        assert target.parameters == {name: str(n) for n, name in enumerate(names)}


def test_an_override_reaches_exactly_the_targets_that_it_names() -> None:
    units = [unit for unit, accounts in UNITS.items() if accounts]
    entries = [in_units(unit, regions=["eu-west-2", "eu-central-1"]) for unit in units]
    waves = [[entry] for entry in entries]
    for account, unit, region in product(
        (None, "222222222222", "444444444444", "555555555555"),
        (None, *units),
        (None, "eu-west-2", "eu-central-1"),
    ):
        named = {"account": account, "organizational_unit": unit, "region": region}
        if not any(named.values()):
            continue
        overrides = [{**named, "parameters": {"Brokers": 5}}]
        fleet = service_managed(*waves, overrides=overrides).fleet
        for target in expand(fleet, accounts_of):
            has = {
                "account": target.account,
                "organizational_unit": target.organizational_unit,
                "region": target.region,
            }
            matches = all(value in (None, has[key]) for key, value in named.items())
            assert target.parameters == ({"Brokers": "5"} if matches else {})


def test_what_the_stack_set_has_already_is_no_override() -> None:
    fleet = loaded(
        parameters={"Brokers": 5},
        overrides=[
            {"region": "eu-west-2", "parameters": {"Brokers": "5", "LogRetentionDays": 30.0}},
            {"account": ACCOUNT, "parameters": {"Backup": False, "ImageTag": "8.10.2"}},
        ],
    ).fleet
    own = own_values(fleet, DEFINITIONS)
    assert own["Brokers"] == "5" and own["LogRetentionDays"] == "30"
    (target,) = expand(fleet, accounts_of, own)
    assert target.parameters == {"Backup": "false", "ImageTag": "8.10.2"}
    assert all(type(each) is str for pair in target.parameters.items() for each in pair)


def test_the_more_particular_can_take_back_what_the_less_particular_says() -> None:
    fleet = loaded(
        parameters={"Brokers": 3},
        overrides=[
            {"region": "eu-west-2", "parameters": {"Brokers": 5}},
            {"account": ACCOUNT, "parameters": {"Brokers": 3}},
        ],
    ).fleet
    (target,) = expand(fleet, accounts_of)
    assert target.parameters == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((True, "true"), (False, "false"), (30, "30"), (30.0, "30"), (0.5, "0.5"), (-2, "-2")),
        *((1e-7, "0.0000001"), (1e20, "100000000000000000000"), ("8.10", "8.10"), ("", "")),
    ],
)
def test_values_are_text_as_cloudformation_passes_it(value: Any, text: str) -> None:
    assert as_text(value) == text

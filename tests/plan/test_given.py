"""Values of parameters: those of one list keep the places that they are deployed in."""

import pytest

from camformation.deploy.plan.given import defaults, given_values, kept_in_order, sets_of
from camformation.units import Parameter

NAMES = ("A", "B", "C")


@pytest.mark.parametrize(
    ("wanted", "deployed", "expected"),
    [
        ("abc", "abc", "abc"),
        ("bca", "abc", "abc"),
        ("dab", "abc", "abd"),  # who is new takes the place of who has gone
        ("xyz", "abc", "xyz"),
        ("cde", "abc", "dec"),
        ("aab", "aba", "aba"),
        ("abc", "", "abc"),
        ("abb", "bbb", "bba"),
    ],
)
def test_each_keeps_its_place(wanted: str, deployed: str, expected: str) -> None:
    values = dict(zip(NAMES, wanted, strict=True)) | {"Other": "o"}
    known = dict(zip(NAMES, deployed, strict=False)) | {"Other": "p"}
    found = kept_in_order(NAMES, values, known)
    assert "".join(found[name] for name in NAMES) == expected
    assert found["Other"] == "o" and list(found) == list(values)


def parameter(name: str, default: str, *path: str | int) -> Parameter:
    return Parameter(name, path, {"Type": "String", "Default": default})


def test_lists_of_the_network_are_such_lists() -> None:
    existing = ("network", "existing")
    parameters = [
        parameter("One", "a", *existing, "private_subnet_ids", 0),
        parameter("Two", "b", *existing, "private_subnet_ids", 1),
        parameter("Public", "c", *existing, "public_subnet_ids", 0),
        parameter("Table", "d", *existing, "private_route_table_ids", 0),
        parameter("Vpc", "e", *existing, "vpc_id"),
        parameter("Zone", "f", "network", "availability_zones", 0),
    ]
    assert sets_of(parameters) == (("One", "Two"), ("Public",), ("Table",))
    assert sets_of(parameters[4:]) == ()
    given = given_values(iter(parameters), {"One": "b", "Two": "a", "Vpc": "z", "Zone": "y"})
    assert given == {"One": "b", "Two": "a", "Public": "c", "Table": "d", "Vpc": "e", "Zone": "f"}


def test_defaults_are_those_of_the_root() -> None:
    root = {"Parameters": {"A": {"Default": 1}, "B": {"Type": "String"}}}
    assert defaults({"root": root, "other": {"Parameters": {"C": {"Default": "x"}}}}) == {"A": "1"}
    assert defaults({}) == {}

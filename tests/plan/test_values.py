"""Differences of property values: which leaves, and where they are said to be."""

from typing import Any

import pytest

from camformation.deploy.plan.symbols import Address, Symbol, Text
from camformation.deploy.plan.values import (
    ABSENT,
    Item,
    Steps,
    differences,
    item_name,
    parsed,
    pointer,
    same,
)

A, B = Symbol(Address("t", "A")), Symbol(Address("t", "B"))


def at(path: Steps) -> str:
    """Write a path with the label and the index of each item of a list."""
    return "/".join(f"{s.label}[{s.index}]" if isinstance(s, Item) else s for s in path)


def pair(name: str, value: Any = "v", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Value": value, **more}


Leaf = tuple[str, Any, Any]
DIFFERENCES: dict[str, tuple[Any, Any, list[Leaf]]] = {
    # scalars
    "the same": ("a", "a", []),
    "another text": ("a", "b", [("", "a", "b")]),
    "a number and its text": (5, "5", []),
    "true and its text": (True, "true", []),
    "another number": (5, 6, [("", 5, 6)]),
    "null and nothing": (None, ABSENT, [("", None, ABSENT)]),
    # objects
    "a new key first": ({"b": 1}, {"a": 2, "b": 3}, [("a", ABSENT, 2), ("b", 1, 3)]),
    "a key that goes": ({"a": 1, "b": 2}, {"b": 2}, [("a", 1, ABSENT)]),
    "a deep leaf": ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a/b", 1, 2)]),
    "an object that comes": ({}, {"a": {"b": 1}}, [("a/b", ABSENT, 1)]),
    "an object that goes": ({"a": {"b": 1}}, {}, [("a/b", 1, ABSENT)]),
    "an empty object that comes": ({}, {"a": {}}, []),
    "a list that comes": ({}, {"a": ["x"]}, [("a/0[0]", ABSENT, "x")]),
    "a list that goes": ({"a": ["x"]}, {}, [("a/0[0]", "x", ABSENT)]),
    "an object for a text": ({"a": 1}, "x", [("", {"a": 1}, "x")]),
    "a list for an object": ({"a": 1}, ["x"], [("", {"a": 1}, ["x"])]),
    # plain lists
    "an item at the end": (["a"], ["a", "b"], [("1[1]", ABSENT, "b")]),
    "an item at the start": (["b"], ["a", "b"], [("0[0]", ABSENT, "a")]),
    "an item less": (["a", "b", "c"], ["a", "c"], [("1[1]", "b", ABSENT)]),
    "an item replaced": (["a", "b"], ["a", "c"], [("1[1]", "b", "c")]),
    "two replaced": (
        ["a", "x", "y", "b"],
        ["a", "z", "c", "b"],
        [("1[1]", "x", "z"), ("2[2]", "y", "c")],
    ),
    "two for one": (["a"], ["b", "c"], [("0[0]", "a", "b"), ("1[1]", ABSENT, "c")]),
    "one for two": (["a", "b"], ["c"], [("0[0]", "a", "c"), ("1[1]", "b", ABSENT)]),
    "amid others": (["x", "a", "y"], ["x", "b", "y"], [("1[1]", "a", "b")]),
    "objects without names": ([{"a": 1}], [{"a": 2}], [("0[0]/a", 1, 2)]),
    "a named item for an unnamed one": (
        [{"Name": "n", "X": 1}, "s"],
        ["t", "s"],
        [
            ("n[0]/Name", "n", ABSENT),
            ("n[0]/X", 1, ABSENT),
            ("0[0]", ABSENT, "t"),
        ],
    ),
    # lists of named items
    "a pair's value": ([pair("a", 1)], [pair("a", 2)], [("a[0]", 1, 2)]),
    "a pair that comes": ([pair("a")], [pair("b", 2), pair("a")], [("b[0]", ABSENT, 2)]),
    "a pair that goes": ([pair("a"), pair("b", 2)], [pair("a")], [("b[1]", 2, ABSENT)]),
    "more than a pair": (
        [pair("a", 1, X=1)],
        [pair("a", 1, X=2)],
        [("a[0]/X", 1, 2)],
    ),
    "a pair that gets more": ([pair("a", 1)], [pair("a", 1, X=2)], [("a[0]/X", ABSENT, 2)]),
    "more than a pair that goes": (
        [pair("a"), {"Name": "b", "X": 1}],
        [pair("a")],
        [("b[1]/Name", "b", ABSENT), ("b[1]/X", 1, ABSENT)],
    ),
    "another order": (
        [pair("a"), pair("b")],
        [pair("b"), pair("a")],
        [("", "order a, b", "order b, a")],
    ),
    "another order, and one more": (
        [pair("a"), pair("b")],
        [pair("b"), pair("a"), pair("c", 1)],
        [("c[2]", ABSENT, 1)],
    ),
    "one for another": (
        [pair("a", 1)],
        [pair("b", 2)],
        [("b[0]", ABSENT, 2), ("a[0]", 1, ABSENT)],
    ),
    "two of one name are aligned": (
        [pair("a", 1), pair("a", 2)],
        [pair("a", 1), pair("a", 3)],
        [("a[1]/Value", 2, 3)],
    ),
    "named by a symbol": (
        [{"Key": A, "Value": 1}],
        [{"Key": A, "Value": 2}],
        [("${A}[0]", 1, 2)],
    ),
    "named before keyed": (
        [{"Name": "n", "Key": "k", "X": 1}],
        [{"Name": "n", "Key": "l", "X": 1}],
        [("n[0]/Key", "k", "l")],
    ),
    # JSON in text
    "JSON in text": ('{"a": [1]}', '{"a": [2]}', [("a/0[0]", 1, 2)]),
    "JSON written another way": ('{"a":1}', '{ "a": 1 }', []),
    "a list as JSON": ("[1]", "[1, 2]", [("1[1]", ABSENT, 2)]),
    "text that is no JSON": ("{a", "{b", [("", "{a", "{b")]),
    "a number is no JSON": ("5", "6", [("", "5", "6")]),
    # symbols and open functions
    "another symbol": (A, B, [("", A, B)]),
    "a symbol for a text": ("a", A, [("", "a", A)]),
    "the same parts": (Text(("a", A)), Text(("a", A)), []),
    "another part": (Text(("a", A)), Text(("a", B)), [("", Text(("a", A)), Text(("a", B)))]),
    "more parts": (
        Text(("a", A)),
        Text(("a", A, "b")),
        [("", Text(("a", A)), Text(("a", A, "b")))],
    ),
    "the same function": ({"Fn::Base64": 5}, {"Fn::Base64": "5"}, []),
    "another argument": (
        {"Fn::Base64": "a"},
        {"Fn::Base64": "b"},
        [("", {"Fn::Base64": "a"}, {"Fn::Base64": "b"})],
    ),
    "another function": (
        {"Fn::Base64": "a"},
        {"Fn::Length": "a"},
        [("", {"Fn::Base64": "a"}, {"Fn::Length": "a"})],
    ),
    "a function that goes": ({"a": {"Ref": "B"}}, {}, [("a", {"Ref": "B"}, ABSENT)]),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_leaves_differ(case: str) -> None:
    before, after, expected = DIFFERENCES[case]
    found = [(at(leaf.path), leaf.before, leaf.after) for leaf in differences(before, after)]
    assert found == expected
    assert same(before, after) is not bool(expected)


def test_absent_is_shown_as_such() -> None:
    assert repr(ABSENT) == "ABSENT"


def test_a_pointer_has_no_items() -> None:
    assert pointer(("Tags", Item("team", 0), "Value")) == ("Tags", "Value")


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"Name": "n", "Key": "k"}, "n"),
        ({"Key": "k", "Sid": "s"}, "k"),
        ({"Sid": "s"}, "s"),
        ({"Id": "i"}, "i"),
        ({"PolicyName": "p"}, "p"),
        ({"ContainerName": "c"}, "c"),
        ({"SourceVolume": "v"}, "v"),
        ({"Name": 1, "Key": "k"}, "k"),
        ({"Other": "o"}, None),
        ("Name", None),
    ],
)
def test_an_item_is_named_by_the_first_of_its_names(item: Any, name: str | None) -> None:
    assert item_name(item) == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1]", [1]),
        ("", ""),
        ("1", "1"),
        ('"a"', '"a"'),
        ("{", "{"),
        ("[", "["),
        ("a{}", "a{}"),
    ],
)
def test_json_objects_and_lists_are_read(text: str, value: Any) -> None:
    assert parsed(text) == value

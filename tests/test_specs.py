"""Spec objects: data becomes frozen dataclasses whose texts and numbers know their place."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from types import MappingProxyType

import pytest

from camformation.deployment import Deployment
from camformation.frozen import frozen
from camformation.specs import Number, Text, decode, key
from deployments import deployment


@frozen
class Inner:
    """An inner section."""

    size: int
    from_: str | None


@frozen
class Outer:
    """A section with a field of every kind."""

    name: str
    ratio: float
    on: bool
    inner: Inner
    maybe: Inner | None
    names: tuple[str, ...]
    inners: tuple[Inner, ...]
    free: Mapping[str, str]
    zones: int | tuple[str, ...]


DATA = {
    "name": "a",
    "ratio": 0.5,
    "on": True,
    "inner": {"size": 3, "from": "b"},
    "maybe": None,
    "names": ["c", "d"],
    "inners": [{"size": 4, "from": None}],
    "free": {"K": "v"},
    "zones": ["e"],
}


def test_decode_builds_every_kind_of_field() -> None:
    found = decode(Outer, DATA)
    assert found == Outer(
        "a", 0.5, True, Inner(3, "b"), None, ("c", "d"), (Inner(4, None),), {"K": "v"}, ("e",)
    )
    assert isinstance(found.free, MappingProxyType)
    assert found.on is True
    assert decode(Outer, DATA | {"zones": 3}).zones == 3
    assert decode(Outer, DATA | {"maybe": {"size": 1, "from": None}}).maybe == Inner(1, None)


def path(value: object) -> object:
    assert isinstance(value, Text | Number), value
    return value.path


def test_texts_and_numbers_remember_where_they_stand() -> None:
    found = decode(Outer, DATA)
    assert path(found.name) == ("name",)
    assert path(found.inner.size) == ("inner", "size")
    assert path(found.inner.from_) == ("inner", "from")
    assert path(found.names[1]) == ("names", 1)
    assert path(found.inners[0].size) == ("inners", 0, "size")
    assert path(found.free["K"]) == ("free", "K")
    assert isinstance(found.zones, tuple) and path(found.zones[0]) == ("zones", 0)


def test_they_behave_as_the_plain_values() -> None:
    found = decode(Outer, DATA)
    assert found.name == "a" and hash(found.name) == hash("a") and f"{found.name}b" == "ab"
    assert found.inner.size + 1 == 4 and type(found.inner.size + 1) is int


def test_what_is_derived_has_no_place() -> None:
    assert type(decode(Outer, DATA).name + "x") is str


def test_reserved_words_carry_an_underscore() -> None:
    assert key("from_") == "from" and key("name") == "name"


def test_a_deployment_cannot_be_changed() -> None:
    found = deployment(tags={"team": "bpm"})
    assert isinstance(found, Deployment)
    with pytest.raises(FrozenInstanceError):
        found.name = "other"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del found.orchestration.cpu
    with pytest.raises(TypeError):
        found.tags["team"] = "other"  # type: ignore[index]

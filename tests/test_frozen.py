"""Our frozen dataclasses behave as the standard library's do."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from camformation.frozen import frozen, named

Maker = Callable[[type], Any]
MAKERS = [pytest.param(frozen, id="ours"), pytest.param(dataclass(frozen=True), id="theirs")]


def made(maker: Maker) -> Any:
    """Return a class with a required field, a default and a factory."""

    class Point:
        x: int
        y: int = 2
        tags: tuple[str, ...] = field(default_factory=tuple)

        @property
        def total(self) -> int:
            return self.x + self.y

    return maker(Point)


@pytest.mark.parametrize("maker", MAKERS)
def test_constructor(maker: Maker) -> None:
    point = made(maker)
    assert point(1).y == 2 and point(1).tags == ()
    assert point(1, 3).y == 3 and point(x=1, y=4).y == 4 and point(1, tags=("a",)).tags == ("a",)
    assert point(1, 5).total == 6


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(
    ("args", "kwargs"), [((), {}), ((1, 2, (), 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]
)
def test_wrong_arguments(maker: Maker, args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError):
        made(maker)(*args, **kwargs)


@pytest.mark.parametrize("maker", MAKERS)
def test_cannot_be_changed(maker: Maker) -> None:
    point = made(maker)(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2
    with pytest.raises(FrozenInstanceError):
        point.new = 2
    with pytest.raises(FrozenInstanceError):
        del point.x
    assert point.x == 1


@pytest.mark.parametrize("maker", MAKERS)
def test_comparison_and_hash(maker: Maker) -> None:
    point, other = made(maker), made(maker)
    assert point(1) == point(1, 2) and point(1) != point(2)
    assert point(1) != other(1) and point(1) != (1, 2, ())
    assert hash(point(1)) == hash(point(1, 2)) and len({point(1), point(1), point(2)}) == 2


@pytest.mark.parametrize("maker", MAKERS)
def test_is_a_dataclass(maker: Maker) -> None:
    point = made(maker)
    assert [each.name for each in fields(point)] == ["x", "y", "tags"]
    assert asdict(point(1)) == {"x": 1, "y": 2, "tags": ()}
    assert replace(point(1), y=9) == point(1, 9)
    assert repr(point(1)).endswith("Point(x=1, y=2, tags=())")
    match point(1, 2):
        case point(x, y):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("positional patterns do not match")


def test_fields_given_by_name_alone() -> None:
    @named
    class Point:
        x: int
        y: int = 2

    assert Point(x=1) == Point(y=2, x=1)
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Point(y=1)  # type: ignore[call-arg]
    with pytest.raises(FrozenInstanceError):
        Point(x=1).x = 2  # type: ignore[misc]

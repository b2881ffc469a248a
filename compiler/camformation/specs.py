"""Spec objects from resolved data: frozen dataclasses whose fields are the spec's keys.

Text and whole numbers come out as subclasses that remember their path in the spec. They behave as
the plain values they are; where one reaches a template unchanged, the linker knows the very field
that put it there.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin

from camformation.diagnostics import Path
from camformation.frozen import replaced

T = TypeVar("T")


class Text(str):
    """Text of the spec, with its path."""

    path: Path


class Number(int):
    """A whole number of the spec, with its path; its text has the path too."""

    path: Path

    def __str__(self) -> str:
        text = Text(int(self))
        text.path = self.path
        return text


class Real(float):
    """Another number of the spec, with its path."""

    path: Path


class Open:
    """A value that is left open until deployment: a parameter, equal to nothing but itself.

    As a value it is the parameter's default, for code that needs to know the kind of value.
    """

    path: Path
    parameter: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Open) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)


class OpenText(Open, Text):
    """Text that is left open."""


class OpenNumber(Open, Number):
    """A whole number that is left open; so is its text."""

    def __str__(self) -> str:
        text = OpenText(int(self))
        text.path, text.parameter = self.path, self.parameter
        return text


class OpenReal(Open, Real):
    """Another number that is left open."""


def key(field: str) -> str:
    """Return the spec key of a field: Python's reserved words carry an underscore."""
    return field.removesuffix("_")


def decode(cls: type[T], data: Any) -> T:
    """Build `cls` from complete data that fits its schema."""
    return cast(T, _decoder(cast(Any, cls))(data, ()))


Decoder = Callable[[Any, Path], Any]


@cache
def _decoder(kind: Any) -> Decoder:
    if is_dataclass(kind):
        parts = [(f.name, key(f.name), _decoder(cast(Any, f.type))) for f in fields(kind)]

        def build(data: Any, path: Path) -> Any:
            if data is None:
                return None
            values = {name: part(data[k], (*path, k)) for name, k, part in parts}
            return cast(type[Any], kind)(**values)

        return build
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        options = [each for each in arguments if each is not NoneType]
        many = next((_decoder(o) for o in options if get_origin(o) is tuple), None)
        return _either(_decoder(options[0]), many)
    if origin is tuple:
        item = _decoder(arguments[0])
        return lambda data, path: tuple(item(each, (*path, i)) for i, each in enumerate(data))
    if origin is Mapping:
        value = _decoder(arguments[1])
        return lambda data, path: MappingProxyType(
            {_scalar(k, (*path, k)): value(v, (*path, k)) for k, v in data.items()}
        )
    return _scalar


def _either(one: Decoder, many: Decoder | None) -> Decoder:
    def decide(data: Any, path: Path) -> Any:
        return many(data, path) if many and isinstance(data, list) else one(data, path)

    return decide


def _scalar(data: Any, path: Path) -> Any:
    value: Text | Number | Real
    if isinstance(data, str):
        value = Text(data)
    elif isinstance(data, bool):
        return data
    elif isinstance(data, int):
        value = Number(data)
    elif isinstance(data, float):
        value = Real(data)
    else:
        return data
    value.path = path
    return value


_OPEN: tuple[tuple[type, type], ...] = (
    (Text, OpenText),
    (Number, OpenNumber),
    (Real, OpenReal),
)


def leave_open(spec: T, path: Path, parameter: str) -> T:
    """Return a decoded spec with the value at a path left open, as the parameter of that name."""
    return cast(T, _opened(spec, path, parameter, path))


def _opened(spec: Any, path: Path, parameter: str, rest: Path) -> Any:
    def inner(value: Any) -> Any:
        return _opened(value, path, parameter, rest[1:])

    if not rest:
        kind = next(open_ for closed, open_ in _OPEN if isinstance(spec, closed))
        value = kind(spec)
        value.path, value.parameter = path, parameter
        return value
    if isinstance(spec, tuple):
        return tuple(inner(each) if i == rest[0] else each for i, each in enumerate(spec))
    if isinstance(spec, Mapping):
        return MappingProxyType({k: inner(v) if k == rest[0] else v for k, v in spec.items()})
    name = next(field.name for field in fields(spec) if key(field.name) == rest[0])
    return replaced(spec, **{name: inner(getattr(spec, name))})

"""From resolved data to spec objects: frozen dataclasses whose fields are the spec's keys.

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

T = TypeVar("T")


class Text(str):
    """Text of the spec, and the path it stands at."""

    path: Path


class Number(int):
    """A whole number of the spec, and the path it stands at; its text knows the path too."""

    path: Path

    def __str__(self) -> str:
        text = Text(int(self))
        text.path = self.path
        return text


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
    value: Text | Number
    if isinstance(data, str):
        value = Text(data)
    elif isinstance(data, int) and not isinstance(data, bool):
        value = Number(data)
    else:
        return data
    value.path = path
    return value

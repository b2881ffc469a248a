"""Dataclasses, most of them frozen, that cost nothing to define.

`@dataclass(frozen=True)` compiles several methods for each class, a millisecond of start-up time
apiece before Python 3.13; the compiler has sixty such classes. Here the methods are written once.
Type checkers and `dataclasses.fields` see an ordinary frozen dataclass.
"""

from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass: constructor, comparison, hash and representation."""
    cls = dataclass(init=False, repr=False, eq=False)(cls)
    for name, method in _METHODS.items():
        setattr(cls, name, method)
    return cls


@dataclass_transform(frozen_default=True, kw_only_default=True)
def named(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass whose fields are given by name only: for many fields of one
    type."""
    cls = frozen(cls)
    setattr(cls, "__init__", _init_by_name)  # noqa: B010
    return cls


@dataclass_transform()
def changeable(cls: type[T]) -> type[T]:
    """Make a class a dataclass whose fields can be set; instances are compared by identity."""
    cls = dataclass(init=False, repr=False, eq=False)(cls)
    setattr(cls, "__init__", _init)  # noqa: B010
    return cls


def replaced(instance: T, **changes: Any) -> T:
    """Return a copy of a frozen instance with other values in some fields."""
    return type(instance)(**{**instance.__dict__, **changes})


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    names = self.__match_args__
    if len(args) + len(kwargs) == len(names):  # as most often: all are given, in one way
        if not kwargs:
            self.__dict__.update(zip(names, args, strict=True))
            return
        if not args and all(map(kwargs.__contains__, names)):
            self.__dict__.update(kwargs)
            return
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} has {len(names)} fields, not {len(args)}")
    values = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name in values or name not in names:
            raise TypeError(f"{type(self).__name__}: unexpected {name!r}")
        values[name] = value
    if len(values) < len(names):
        for field in fields(self):
            if field.name not in values:
                values[field.name] = _default(self, field)
    self.__dict__.update(values)


def _init_by_name(self: Any, **kwargs: Any) -> None:
    _init(self, **kwargs)


def _default(self: Any, field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise TypeError(f"{type(self).__name__}: {field.name!r} is missing")


def _refuse(self: Any, name: str, *_: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot change {name!r} of a {type(self).__name__}")


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(self.__dict__[name] for name in self.__match_args__)


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__name__}({shown})"


_METHODS = {
    "__init__": _init,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
}

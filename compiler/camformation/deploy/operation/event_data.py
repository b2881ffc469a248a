"""Events as JSON data, which `--json` prints and records keep, and the reverse."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from camformation.deploy.operation.events import (
    Delayed,
    Denied,
    Detached,
    Event,
    Failure,
    Finished,
    Notice,
    Progress,
    ResourceEvent,
    Rollout,
    Started,
)

KINDS: dict[type[Any], str] = {
    Started: "started",
    ResourceEvent: "resource",
    Progress: "progress",
    Rollout: "rollout",
    Failure: "failure",
    Notice: "notice",
    Denied: "denied",
    Delayed: "delayed",
    Finished: "finished",
    Detached: "detached",
}
_TYPES = {kind: cls for cls, kind in KINDS.items()}


def event_data(event: Event) -> dict[str, Any]:
    """Return an event as JSON data: `event` is its kind; times are ISO 8601, in UTC."""
    found: dict[str, Any] = {"event": KINDS[type(event)], **as_data(event)}
    if isinstance(event, Progress):
        found["elapsed"] = event.elapsed
    return found


def event_of(data: Any) -> Event | None:
    """Return the event from JSON data; None for an unknown kind, such as one of a later version.

    Raises ValueError for other data.
    """
    found: Event | None = of_kind(_TYPES, data)
    return found


def of_kind(types: Mapping[str, type[Any]], data: Any) -> Any:
    """Return the value from JSON data whose `event` names its type; None for another kind.

    Raises ValueError for other data.
    """
    if not isinstance(data, dict) or not isinstance(data.get("event"), str):
        raise ValueError("an event is an object with its kind")
    cls = types.get(data["event"])
    return None if cls is None else of_data(cls, data)


def as_data(value: Any) -> Any:
    """Return a value of an event as JSON data."""
    if is_dataclass(value):
        return {each.name: as_data(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple | list):
        return [as_data(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): as_data(each) for key, each in value.items()}
    return value


def of_data(kind: Any, data: Any) -> Any:
    """Return a value of a type from JSON data, the reverse of `as_data`.

    Unknown keys are left out, missing ones get the defaults. Raises ValueError for data of another
    type.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        if data is None and NoneType in arguments:
            return None
        return of_data(next(each for each in arguments if each is not NoneType), data)
    if origin is tuple:
        return _tuple_of(arguments, data)
    if origin is Mapping or origin is dict:
        return {key: of_data(arguments[1], each) for key, each in _checked(dict, data).items()}
    if is_dataclass(kind):
        return _instance_of(kind, _checked(dict, data))
    if kind is datetime:
        time = datetime.fromisoformat(_checked(str, data))
        if time.tzinfo is None:
            raise ValueError("a time has its zone")
        return time
    if kind is float and type(data) is int:
        return float(data)
    return _checked(kind, data)


def _tuple_of(arguments: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    items = _checked(list, data)
    if arguments[-1] is Ellipsis:
        return tuple(of_data(arguments[0], each) for each in items)
    if len(items) != len(arguments):
        raise ValueError(f"{len(arguments)} values are expected, not {len(items)}")
    return tuple(of_data(kind, each) for kind, each in zip(arguments, items, strict=True))


def _instance_of(kind: Any, data: dict[str, Any]) -> Any:
    hints = get_type_hints(kind)
    given = {
        each.name: of_data(hints[each.name], data[each.name])
        for each in fields(kind)
        if each.name in data
    }
    missing = [
        each.name
        for each in fields(kind)
        if each.name not in given and each.default is MISSING and each.default_factory is MISSING
    ]
    if missing:
        raise ValueError(f"{kind.__name__} has no {missing[0]}")
    return kind(**given)


def _checked(kind: type[Any], data: Any) -> Any:
    if type(data) is not kind:
        raise ValueError(f"{kind.__name__} is expected, not {type(data).__name__}")
    return data

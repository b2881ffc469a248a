"""The record of an operation: every event survives it, and a record that was cut off is read."""

import json
import random
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

import pytest

from camformation.deploy.operation.event_data import KINDS, event_data, event_of
from camformation.deploy.operation.events import Detached, Event, Failure, Finished, Notice
from camformation.deploy.operation.record import (
    Header,
    OperationRecord,
    header_text,
    newest_first,
    read_events,
    read_header,
)

BEGAN = datetime(2026, 11, 28, 12, tzinfo=UTC)


def made(kind: Any, rng: random.Random) -> Any:
    """Return some value of a type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        options = [each for each in arguments if each is not NoneType or rng.random() < 0.5]
        return made(rng.choice(options), rng)
    if kind is NoneType:
        return None
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return tuple(made(arguments[0], rng) for _ in range(rng.randrange(3)))
        return tuple(made(each, rng) for each in arguments)
    if origin is Mapping:
        return {made(str, rng): made(arguments[1], rng) for _ in range(rng.randrange(3))}
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        build = cast(type[Any], kind)
        return build(**{each.name: made(hints[each.name], rng) for each in fields(kind)})
    some: dict[Any, Any] = {
        datetime: BEGAN + timedelta(seconds=rng.randrange(10_000)),
        str: f"text-{rng.randrange(1000)} \u202e\x1b",
        bool: rng.random() < 0.5,
        int: rng.randrange(1000),
        float: float(rng.randrange(1000)),
    }
    return some[kind]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_comes_back_as_it_was(kind: type[Any]) -> None:
    rng = random.Random(kind.__name__)
    for _ in range(50):
        event = made(kind, rng)
        data = json.loads(json.dumps(event_data(event)))
        assert event_of(data) == event


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_data_of_another_shape_is_refused(kind: type[Any]) -> None:
    data = event_data(made(kind, random.Random(kind.__name__)))
    required = [name for name in data if name not in ("event", "elapsed")]
    for name in required:
        with pytest.raises(ValueError, match=r"expected|zone|has no"):
            event_of(data | {name: {1: 2} if not isinstance(data[name], dict) else []})
    with pytest.raises(ValueError, match="has no"):
        event_of({"event": data["event"]})


@pytest.mark.parametrize("data", [None, [], "started", {}, {"event": 1}])
def test_what_is_no_event_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="an event is an object"):
        event_of(data)


def test_times_need_a_zone() -> None:
    data = event_data(notice(0)) | {"time": "2026-11-28T12:00:00"}
    with pytest.raises(ValueError, match="zone"):
        event_of(data)


def test_what_later_versions_add_is_left_out() -> None:
    assert event_of({"event": "of a later version"}) is None
    event = notice(3)
    assert event_of(event_data(event) | {"added": [1]}) == event


def test_a_record_that_was_cut_off_keeps_what_is_whole() -> None:
    lines = [json.dumps(event_data(notice(number))) for number in range(3)]
    torn = [lines[0], "", lines[1][:40], "[" * 100_000, '{"event": "new"}', lines[2]]
    assert read_events(torn) == (notice(0), notice(2))


def test_the_header_comes_back_as_it_was() -> None:
    assert read_header(json.loads(header_text(header()))) == header()
    for bad in (None, {}, {"id": 1}):
        with pytest.raises(ValueError, match=r"expected|has no"):
            read_header(bad)


def test_headers_are_listed_newest_first() -> None:
    old, new = header(), header(began=BEGAN + timedelta(hours=1), id="2")
    assert newest_first([old, new]) == (new, old)


def test_the_end_says_what_failed() -> None:
    end = finished(failure(5, "Cluster"), failure(9, "Late", rolling_back=True))
    record = OperationRecord(header(), (failure(5, "Cluster"), end))
    assert record.end == end
    assert record.failures == end.failures


def test_without_an_end_what_was_told_is_what_failed_each_once() -> None:
    events: tuple[Event, ...] = (
        failure(9, "Late", rolling_back=True),
        failure(5, "Cluster", reason="first words"),
        notice(6),
        failure(5, "Cluster", reason="more words"),
        Detached(time=BEGAN, stack="camunda", stack_id="arn", reattach="watch"),
    )
    record = OperationRecord(header(), events)
    assert record.end is None
    assert [(each.logical_id, each.reason) for each in record.failures] == [
        ("Cluster", "more words"),
        ("Late", "no"),
    ]
    assert record.notices == (notice(6),)


def header(**changes: Any) -> Header:
    """Return a header."""
    given = {
        "id": "1",
        "kind": "CREATE",
        "began": BEGAN,
        "stack": "camunda",
        "stack_id": "arn:aws:cloudformation:eu-west-2:1:stack/camunda/1",
        "account": "1",
        "region": "eu-west-2",
    }
    return Header(**{**given, **changes})


def notice(number: int) -> Notice:
    """Return a notice."""
    return Notice(time=BEGAN + timedelta(seconds=number), code="CAM631", message=str(number))


def failure(
    second: int, logical_id: str, *, reason: str = "no", rolling_back: bool = False
) -> Failure:
    """Return a resource that failed."""
    return Failure(
        time=BEGAN + timedelta(seconds=second),
        component="root",
        logical_id=logical_id,
        type="AWS::ECS::Service",
        status="CREATE_FAILED",
        reason=reason,
        rolling_back=rolling_back,
    )


def finished(*failures: Failure) -> Finished:
    """Return a bad end."""
    return Finished(
        time=BEGAN,
        stack="camunda",
        stack_id="arn",
        status="ROLLBACK_COMPLETE",
        succeeded=False,
        elapsed=1.0,
        failures=failures,
    )

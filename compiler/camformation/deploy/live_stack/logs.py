"""The log of a deployment's tasks: its group, its streams, and new events."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from camformation.deploy.cloud.errors import DeployError, Refused, Throttled, Unreachable
from camformation.deploy.cloud.protocols import Clock, Services
from camformation.deploy.cloud.services import LogEvent
from camformation.deploy.live_stack.data_health import live
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.ops_task import ANSWERS
from camformation.deploy.live_stack.own_services import OwnService
from camformation.frozen import frozen

LOG_GROUP = "AWS::Logs::LogGroup"
OUTPUT = "LogGroupName"
OVERLAP = timedelta(seconds=30)  # events arrive late, and out of order
POLL_S = 2.0


@frozen
class Wanted:
    """The streams to read. Without services, all streams are read, including the seed's."""

    groups: tuple[str, ...]
    prefixes: tuple[str, ...]
    pattern: str


def wanted_logs(deployed: Deployed, services: Sequence[OwnService], pattern: str) -> Wanted:
    """Return the location of the logs of these services, or of everything. Raises DeployError."""
    named = deployed.stack.outputs.get(OUTPUT)
    groups = list(dict.fromkeys([named] if named else []))
    if not services:
        groups += [name for _, name in live(deployed, LOG_GROUP) if name not in groups]
    elif not groups:
        groups = [
            name for logical_id, name in live(deployed, LOG_GROUP) if "Seed" not in logical_id
        ]
    prefixes = tuple(each for own in services for each in own.streams.values() if each)
    if not groups or (services and not prefixes):
        raise DeployError(
            "CAM727",
            f"{deployed.name} has no log group: its tasks log elsewhere",
            "look at the place to which the containers' log configuration sends the log",
        )
    return Wanted(tuple(groups), prefixes, pattern)


def read_logs(services: Services, wanted: Wanted, since: datetime) -> Iterator[LogEvent]:
    """Yield the events since a time, in order. Raises DeployError."""
    found = [
        _read(services, group, prefix, wanted.pattern, since)
        for group in wanted.groups
        for prefix in wanted.prefixes or ("",)
    ]
    return merge(*found, key=lambda each: each.time)


def followed_logs(
    services: Services, clock: Clock, wanted: Wanted, since: datetime
) -> Iterator[LogEvent | None]:
    """Yield events as they arrive, each once, and None before each pause; it does not end.

    While AWS throttles or does not answer, nothing arrives; missed events follow later.
    """
    seen: dict[str, datetime] = {}
    while True:
        try:
            for each in read_logs(services, wanted, since):
                if each.id not in seen:
                    seen[each.id] = each.time
                    yield each
        except (Throttled, Unreachable):
            yield None
            clock.sleep(POLL_S)
            continue
        newest = max(seen.values(), default=since)
        since = max(since, newest - OVERLAP)
        seen = {id: time for id, time in seen.items() if time >= since}
        yield None
        clock.sleep(POLL_S)


EVENT = ("message", "exception", "stack_trace")  # of Camunda's appenders, and Logback's

LEVELS = ("severity", "level", "log.level")


def json_fields(text: str) -> Mapping[str, Any] | None:
    """Return a line that is a JSON object, as data."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def plain_text(text: str) -> str:
    """Return a line with its message and stack trace as text, if it is a JSON event."""
    data = json_fields(text)
    said = [data[name] for name in EVENT if isinstance(data.get(name), str)] if data else []
    return "\n".join(said) if said else text


def event_level(text: str) -> str:
    """Return the level of a line that is a JSON event, if it has one."""
    data = json_fields(text) or {}
    return next((str(data[name]) for name in LEVELS if isinstance(data.get(name), str)), "")


def field(data: Mapping[str, Any], path: str) -> Any:
    """Return a field by its name, or by names with dots; None if there is none."""
    if path in data:
        return data[path]
    found: Any = data
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return found


def _read(
    services: Services, group: str, prefix: str, pattern: str, since: datetime
) -> Iterator[LogEvent]:
    try:
        for each in services.log_events(group, since, prefix=prefix, pattern=pattern):
            if not ANSWERS.fullmatch(each.text.strip()):  # compressed: not readable
                yield each
    except Refused as error:
        if "NotFound" in error.aws_code:
            return
        raise

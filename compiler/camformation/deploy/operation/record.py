"""The record of one operation: the facts about it, wherever they were read. A diagnosis needs
nothing else.

A recorder writes one while an operation runs: `operation.json`, the header, and `events.jsonl`, an
event on each line. Otherwise it is read from CloudFormation, afterwards.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from camformation import __version__
from camformation.deploy.cloud.services import DeniedCall
from camformation.deploy.operation.event_data import as_data, event_of, of_data
from camformation.deploy.operation.events import (
    Denied,
    Event,
    Failure,
    Finished,
    Notice,
    Rollout,
)
from camformation.deploy.operation.giving_up import given_up_first
from camformation.frozen import frozen, named, replaced

HEADER = "operation.json"
EVENTS = "events.jsonl"


@named
class Header:
    """The identity of an operation. `id` sorts by time within a stack."""

    id: str
    kind: str  # CREATE | UPDATE | DELETE | IMPORT | ROLLBACK
    began: datetime
    stack: str
    stack_id: str
    account: str
    region: str
    partition: str = "aws"
    version: str | None = None  # Camunda's
    spec: str | None = None  # the spec file, as it was given
    tool: str = __version__


@frozen
class OperationRecord:
    """An operation: its header, and its events in the order in which they were seen."""

    header: Header
    events: tuple[Event, ...]

    @property
    def end(self) -> Finished | None:
        """Its final status; None while it runs, or if the end was not seen."""
        ends = [each for each in self.events if isinstance(each, Finished)]
        return ends[-1] if ends else None

    def completed(self, seen: "OperationRecord") -> "OperationRecord":
        """Return this record with the evidence of another one of the same operation, recorded while
        its tasks and services existed."""
        evidence = {each.service.arn: each.evidence for each in seen.rollouts if each.evidence}
        told = {(each.component, each.logical_id): each for each in seen.failures}

        def complete(failure: Failure) -> Failure:
            known = told.get((failure.component, failure.logical_id))
            if known is None:
                found = failure.evidence or evidence.get(failure.physical_id or "")
                return replaced(failure, evidence=found)
            return replaced(
                failure,
                evidence=known.evidence or failure.evidence,
                output=known.output or failure.output,
                service_events=known.service_events or failure.service_events,
                location=known.location or failure.location,
            )

        given_up = [each for each in seen.failures if each.repeated]

        def changed(event: Event) -> Event:
            if isinstance(event, Failure):
                return complete(event)
            if isinstance(event, Finished) and not event.succeeded:
                found = given_up_first(given_up, event.failures, event.stack_id)
                return replaced(event, failures=tuple(map(complete, found)))
            return event

        header = replaced(seen.header, stack_id=self.header.stack_id)
        return OperationRecord(header, tuple(map(changed, self.events)))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The resources that failed by themselves, the root cause first, failures of the rollback
        last."""
        if self.end and self.end.failures:
            return self.end.failures
        told = [each for each in self.events if isinstance(each, Failure)]
        latest = {(each.component, each.logical_id, each.rolling_back): each for each in told}
        return tuple(sorted(latest.values(), key=lambda each: (each.rolling_back, each.time)))

    @property
    def rollouts(self) -> tuple[Rollout, ...]:
        """The last state of each ECS service."""
        found = {each.service.arn: each for each in self.events if isinstance(each, Rollout)}
        return tuple(found.values())

    @property
    def denied(self) -> tuple[DeniedCall, ...]:
        """The calls that AWS denied during the operation."""
        return tuple(
            call for each in self.events if isinstance(each, Denied) for call in each.calls
        )

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Notices other than CloudFormation's events, such as missing permissions."""
        return tuple(each for each in self.events if isinstance(each, Notice))


def operation_id(began: datetime, kind: str) -> str:
    """Return the id of an operation: `20261128T120000.000Z-create`.

    Two may start in one second: the protection of a first deployment, and the next update.
    """
    time = began.astimezone(UTC)
    return f"{time:%Y%m%dT%H%M%S}.{time.microsecond // 1000:03}Z-{kind.lower()}"


def header_text(header: Header) -> str:
    """Return the content of `operation.json`."""
    return json.dumps(as_data(header), indent=2) + "\n"


def read_header(data: Any) -> Header:
    """Return the header of JSON data. Raises ValueError for anything else."""
    header: Header = of_data(Header, data)
    return header


def read_events(lines: Iterable[str]) -> tuple[Event, ...]:
    """Return the events of lines of JSON.

    A recorder may have been killed while writing, and its lines overwritten by a later one: invalid
    lines are left out, and so are events of kinds that a later version added.
    """
    found: list[Event] = []
    for line in lines:
        try:
            event = event_of(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if event is not None:
            found.append(event)
    return tuple(found)


def newest_first(headers: Sequence[Header]) -> tuple[Header, ...]:
    """Return headers by the start of their operations."""
    return tuple(sorted(headers, key=lambda each: (each.began, each.id), reverse=True))

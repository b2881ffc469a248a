"""The recorder of a fleet's deployment: writes its events, and the evidence of failed stacks."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.fleet.event_data import fleet_event_data
from camformation.deploy.fleet.events import (
    FleetEvent,
    InstanceFailed,
    OperationStarted,
    StackSetChanged,
    WaveProgress,
)
from camformation.deploy.operation.events import Delayed, Notice
from camformation.deploy.operation.record import Header, OperationRecord, operation_id
from camformation.deploy.operation.recorder import ROOM, Journal, unrecorded
from camformation.deploy.operation.redaction import without_secrets
from camformation.fleet.targets import Place
from camformation.frozen import replaced

PASSING = (WaveProgress, Delayed)
"""Momentary events, which are not recorded."""

STACKS = 6  # whose events, tasks and logs are read in one deployment
EACH = 2  # of them with the same cause

Look = Callable[[str, str], OperationRecord]
"""Returns the record of the last operation on the stack in an account and region. Raises
DeployError where it cannot be read."""


class FleetJournal(Journal, Protocol):
    """The destination of records."""

    def add(self, place: Place, record: OperationRecord) -> None:
        """Add the record of a stack that failed. Raises `OSError`."""


class FleetRecorder:
    """Records one deployment. A record that cannot be written is reported, but is not an error."""

    def __init__(self, journal: FleetJournal, about: Header, look: Look, clock: Clock) -> None:
        self._journal = journal
        self._about = about
        self._look = look
        self._clock = clock
        self._before: list[FleetEvent] = []
        self._begun = False
        self._broken = False
        self._written = 0
        self._read: Counter[str] = Counter()
        self._told: set[str] = set()
        self.failures = 0

    def recorded(self, events: Iterable[FleetEvent]) -> Iterator[FleetEvent]:
        """Yield the events after they are written, and notices of failed reads and writes."""
        for event in events:
            self.failures += isinstance(event, InstanceFailed)
            yield from self._safely(event)
            yield event
            if isinstance(event, InstanceFailed):
                for notice in self._evidence(event):
                    yield from self._safely(notice)
                    yield notice

    def _safely(self, event: FleetEvent) -> Iterator[Notice]:
        if self._broken or isinstance(event, PASSING):
            return
        try:
            self._take(event)
        except OSError as error:
            self._broken = True
            yield unrecorded(event.time, error)

    def _take(self, event: FleetEvent) -> None:
        if self._begun:
            self._write(event)
            return
        self._before.append(event)
        if isinstance(event, StackSetChanged | OperationStarted):
            began = self._before[0].time
            named = operation_id(began, self._about.kind)
            self._about = replaced(self._about, id=named, began=began)
            self._journal.begin(self._about)
            self._begun = True
            for each in self._before:
                self._write(each)
            self._before.clear()

    def _write(self, event: FleetEvent) -> None:
        line = json.dumps(without_secrets(fleet_event_data(event))) + "\n"
        if self._written + len(line) <= ROOM:
            self._journal.write(line)
            self._written += len(line)

    def _evidence(self, event: InstanceFailed) -> Iterator[Notice]:
        """Read the evidence of the first few failed stacks, while their tasks are known."""
        if self._read.total() >= STACKS or self._read[event.cause.key] >= EACH:
            return
        self._read[event.cause.key] += 1
        place = (event.account, event.region)
        try:
            record = self._look(*place)
        except CredentialsExpired:
            raise
        except DeployError as error:
            if error.message not in self._told:
                self._told.add(error.message)
                yield unread(self._clock, place, error)
            return
        try:
            if self._begun and not self._broken:
                self._journal.add(place, record)
        except OSError as error:
            self._broken = True
            yield unrecorded(self._clock.now(), error)


def unread(clock: Clock, place: Place, error: DeployError) -> Notice:
    """Return the notice that a stack's own evidence cannot be read, and why."""
    return Notice(
        time=clock.now(),
        code="CAM631",
        message=f"cannot read the stack in {'/'.join(place)}: {error.message}",
        hint=error.hint,
    )

"""The recorder of an operation: passes its events on and writes those that are evidence."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from camformation.deploy.operation.event_data import event_data
from camformation.deploy.operation.events import (
    Delayed,
    Event,
    Finished,
    Notice,
    Progress,
    ResourceEvent,
    Started,
)
from camformation.deploy.operation.record import Header, OperationRecord, operation_id
from camformation.deploy.operation.redaction import without_secrets
from camformation.frozen import replaced

PASSING = (Progress, Delayed)
"""Momentary events, which are not recorded."""

MANY = (Started, ResourceEvent)
"""Events that are recorded only up to the first limit."""

ROOM = 4 << 20  # bytes of all events
ROOM_AT_END = 8 << 20  # bytes, with failures, notices and the end


class Journal(Protocol):
    """The destination of records."""

    def begin(self, header: Header) -> None:
        """Start a record, or continue that of the same operation. Raises `OSError`."""

    def write(self, line: str) -> None:
        """Add a line with its newline; it must survive the process. Raises `OSError`."""


class Recorder:
    """Records one operation. A record that cannot be written is reported, but is not an error.

    `about` is the header, as far as it is known before the operation starts.
    """

    def __init__(self, journal: Journal, about: Header) -> None:
        self._journal = journal
        self._about = about
        self._events: list[Event] = []
        self._before: list[Event] = []
        self._begun = False
        self._broken = False
        self._written = 0

    def recorded(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield the events, after they are written."""
        for event in events:
            if not isinstance(event, PASSING):
                self._events.append(event)
                try:
                    self._take(event)
                except OSError as error:
                    self._broken = True
                    yield unrecorded(event.time, error)
            yield event

    @property
    def record(self) -> OperationRecord:
        """The recorded events, whether or not they could be written."""
        return OperationRecord(self._about, tuple(self._events))

    def _take(self, event: Event) -> None:
        if self._broken:
            return
        if self._begun:
            self._write(event)
            return
        self._before.append(event)
        if isinstance(event, Started):
            changes = {"kind": event.kind, "stack": event.stack, "stack_id": event.stack_id}
            self._about = replaced(self._about, began=event.time, **changes)
        opens = isinstance(event, ResourceEvent) and event.of_stack and self._is_root(event)
        if opens or (isinstance(event, Finished) and event.changed):
            if opens:  # its time is the same for all watchers
                self._about = replaced(self._about, began=event.time)
            began, kind = self._about.began, self._about.kind
            self._about = replaced(self._about, id=operation_id(began, kind))
            self._journal.begin(self._about)
            self._begun = True
            for each in self._before:
                self._write(each)
            self._before.clear()

    def _is_root(self, event: ResourceEvent) -> bool:
        return event.physical_id == self._about.stack_id

    def _write(self, event: Event) -> None:
        line = json.dumps(without_secrets(event_data(event))) + "\n"
        room = ROOM if isinstance(event, MANY) else ROOM_AT_END
        if self._written + len(line) <= room:
            self._journal.write(line)
            self._written += len(line)


def unrecorded(time: datetime, error: OSError) -> Notice:
    """Return the notice that a record cannot be written, and why."""
    where = f" {error.filename}" if error.filename else ""
    return Notice(
        time=time,
        code="CAM776",
        message=f"the operation is not recorded: {error.strerror}{where}",
        hint="the deployment goes on; set XDG_STATE_HOME to a folder that can be written",
    )

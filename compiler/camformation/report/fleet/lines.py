"""Events of work on a fleet as plain lines with timestamps: for logs, pipes and CI."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo

from camformation.deploy.fleet.causes import Cause
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    OperationEnded,
    OperationStarted,
    StackSetChanged,
    Stopped,
    WaveEnded,
    WaveProgress,
    WaveStarted,
)
from camformation.deploy.fleet.status import FleetDrift
from camformation.deploy.operation.events import Delayed, Notice
from camformation.report.deployment.lines import REMIND_S
from camformation.report.deployment.views import Written, notice_lines
from camformation.report.deployment.words import duration
from camformation.report.fleet import event_words as words
from camformation.report.fleet.words import one_line

FAILURES = 20
"""Limit of failures that are named for one cause; the others are counted."""

DRIFTED = 20  # instances that are named


class FleetLines(Written):
    """Writes each event as a line; `write` takes text with its newline.

    Times are in `zone`, None being this machine's.
    """

    def __init__(self, write: Callable[[str], object], zone: tzinfo | None = None) -> None:
        super().__init__(write)
        self._zone = zone
        self._said: datetime | None = None
        self._failed: Counter[str] = Counter()
        self._untold: dict[str, tuple[Cause, int]] = {}

    def show(self, event: FleetEvent | FleetDrift) -> None:
        """Write the lines of an event."""
        for line in self._lines(event):
            self._said = event.time
            self._write(f"{event.time.astimezone(self._zone):%H:%M:%S} {line}\n")

    def _lines(self, event: FleetEvent | FleetDrift) -> Iterator[str]:
        match event:
            case StackSetChanged():
                yield words.stack_set_changed(event)
            case WaveStarted():
                yield words.wave_started(event)
            case OperationStarted():
                yield f"{words.of_wave(event.wave)}: {words.operation_started(event)}"
            case WaveProgress():
                if (event.time - (self._said or event.began)).total_seconds() >= REMIND_S:
                    yield words.progress(event)
            case InstanceFailed():
                yield from self._failure(event)
            case OperationEnded():
                yield f"{words.of_wave(event.wave)}: {words.operation_ended(event)}"
            case WaveEnded():
                yield from self._counted()
                yield words.wave_ended(event)
            case Stopped():
                yield from self._counted()
                yield from words.stopped(event)
            case FleetFinished():
                yield from self._counted()
                yield from words.finished(event)
            case FleetDetached():
                yield from self._counted()
                yield from words.detached(event)
            case FleetDrift():
                for instance in event.drifted[:DRIFTED]:
                    yield from (f"  {line}" for line in words.drifted_lines(instance))
                if more := len(event.drifted[DRIFTED:]):
                    yield f"  and {more} more"
                yield words.drift_summary(event)
            case Notice():
                yield from notice_lines(event)
            case Delayed():
                yield f"{event.reason}; trying again in {duration(event.seconds)}"

    def _failure(self, event: InstanceFailed) -> Iterator[str]:
        key = event.cause.key
        self._failed[key] += 1
        number = self._failed[key]
        if number > FAILURES:
            cause, untold = self._untold.get(key, (event.cause, 0))
            self._untold[key] = (cause, untold + 1)
            return
        first, *rest = words.instance_failed(event)
        yield f"FAILED {first}"
        yield from rest
        if number == 1:
            yield f"    hint: {event.cause.advice}"
        if number == FAILURES:
            yield "    further failures with this cause are only counted"

    def _counted(self) -> Iterator[str]:
        """Yield the number of failures that were not named, and reset it."""
        for cause, number in self._untold.values():
            yield f"FAILED {number} more: {one_line(cause.text)}"
        self._untold.clear()

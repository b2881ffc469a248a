"""Events of a running deployment as plain lines with timestamps: for logs, pipes and CI."""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo

from camformation.deploy.operation.events import (
    Delayed,
    Denied,
    Detached,
    Event,
    Evidence,
    Failure,
    Finished,
    Notice,
    Progress,
    ResourceEvent,
    Rollout,
    Started,
)
from camformation.report.deployment import words
from camformation.report.deployment.views import Written, notice_lines

REMIND_S = 60
"""Interval of the lines that name pending resources while nothing else happens."""


class DeployLines(Written):
    """Writes each event as a line; `write` takes text with its newline.

    Times are in `zone`, None being this machine's.
    """

    def __init__(self, write: Callable[[str], object], zone: tzinfo | None = None) -> None:
        super().__init__(write)
        self._zone = zone
        self._said: datetime | None = None
        self._evidence: dict[str, Evidence] = {}
        self._waits: dict[str, str | None] = {}

    def show(self, event: Event) -> None:
        """Write the lines of an event."""
        for line in self._lines(event):
            self._said = event.time
            self._write(f"{event.time.astimezone(self._zone):%H:%M:%S} {line}\n")

    def _lines(self, event: Event) -> Iterator[str]:
        match event:
            case Started():
                self._said = None
                yield words.started(event)
            case ResourceEvent():
                yield _resource(event)
            case Progress():
                yield from self._reminder(event)
            case Rollout():
                name = f"{event.component}/{event.logical_id}"
                yield from (f"  {name} {line}" for line in words.service(event.service))
                if event.evidence and self._evidence.get(name) != event.evidence:
                    self._evidence[name] = event.evidence
                    yield from (f"  {name} {line}" for line in words.evidence(event.evidence))
                if event.waits_for and self._waits.get(name) != event.waits_for:
                    yield f"  {name} {words.passing(event.waits_for)}"
                self._waits[name] = event.waits_for
            case Failure():
                first, *rest = words.failure(event)
                yield f"FAILED {first}"
                yield from rest
            case Notice():
                yield from notice_lines(event)
            case Denied():
                yield from (f"  denied: {line}" for line in words.denied(event.calls))
            case Delayed():
                yield f"{event.reason}; trying again in {words.duration(event.seconds)}"
            case Finished():
                yield words.finished(event)
            case Detached():
                yield from words.detached(event)

    def _reminder(self, event: Progress) -> Iterator[str]:
        since = self._said or event.began
        if event.waiting and (event.time - since).total_seconds() >= REMIND_S:
            for each in event.waiting[:3]:
                yield f"waiting for {words.waiting(each, _seconds(event.time, each.since))}"
            more = len(event.waiting) - 3
            if more > 0:
                yield f"and for {more} more"


def _resource(event: ResourceEvent) -> str:
    what = event.component if event.of_stack else f"{event.component}/{event.logical_id}"
    kind = "stack" if event.of_stack else event.type
    reason = f": {event.reason}" if event.reason and "Initiated" not in event.reason else ""
    where = f" ({event.location})" if event.location else ""
    return f"{event.status:<28} {what}  {kind}{reason}{where}"


def _seconds(now: datetime, since: datetime) -> float:
    return max(0.0, (now - since).total_seconds())

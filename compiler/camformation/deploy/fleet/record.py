"""The record of a fleet's deployment: its events, and the records of failed stacks."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import field

from camformation.deploy.fleet.causes import CauseGroup, grouped
from camformation.deploy.fleet.event_data import fleet_event_of
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    OperationStarted,
    Stopped,
)
from camformation.deploy.operation.events import Notice
from camformation.deploy.operation.record import Header, OperationRecord
from camformation.fleet.targets import Place
from camformation.frozen import frozen

FLEET = "FLEET"
"""The kind of operation that a fleet's deployment is in a header."""

End = Stopped | FleetFinished | FleetDetached


@frozen
class FleetRecord:
    """A deployment of a fleet. `stacks` are the operations of failed stacks that were read; `stack`
    in the header is the StackSet."""

    header: Header
    events: tuple[FleetEvent, ...]
    stacks: Mapping[Place, OperationRecord] = field(default_factory=dict)

    @property
    def end(self) -> End | None:
        """Its final status; None while it runs, or if the end was not seen."""
        ends = [each for each in self.events if isinstance(each, End)]
        return ends[-1] if ends else None

    @property
    def succeeded(self) -> bool | None:
        """Whether it succeeded; None if the end was not seen."""
        end = self.end
        if end is None or isinstance(end, FleetDetached):
            return None
        return isinstance(end, FleetFinished)

    @property
    def failures(self) -> Mapping[Place, str]:
        """The reason of each stack that failed, the last one of each."""
        found = (each for each in self.events if isinstance(each, InstanceFailed))
        return {(each.account, each.region): each.reason for each in found}

    @property
    def causes(self) -> tuple[CauseGroup, ...]:
        """The causes of failures, the most frequent one first."""
        return grouped(self.failures.items())

    @property
    def operations(self) -> frozenset[str]:
        """The ids of the StackSet's operations that belong to it."""
        return frozenset(each.id for each in self.events if isinstance(each, OperationStarted))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Notices other than AWS's results, such as missing permissions."""
        return tuple(each for each in self.events if isinstance(each, Notice))


def read_fleet_events(lines: Iterable[str]) -> tuple[FleetEvent, ...]:
    """Return the events of lines of JSON; invalid lines are left out, because a recorder may have
    been killed while writing."""
    found: list[FleetEvent] = []
    for line in lines:
        try:
            event = fleet_event_of(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if event is not None:
            found.append(event)
    return tuple(found)

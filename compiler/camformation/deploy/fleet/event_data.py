"""Events of work on a fleet as JSON data, which `--json` prints and records keep, and the
reverse."""

from typing import Any

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
from camformation.deploy.operation.event_data import as_data, of_kind
from camformation.deploy.operation.events import Delayed, Notice

KINDS: dict[type[Any], str] = {
    StackSetChanged: "stack_set",
    WaveStarted: "wave_started",
    OperationStarted: "operation_started",
    WaveProgress: "progress",
    InstanceFailed: "instance_failed",
    OperationEnded: "operation_ended",
    WaveEnded: "wave_ended",
    Stopped: "stopped",
    FleetFinished: "finished",
    FleetDetached: "detached",
    FleetDrift: "drift",
    Notice: "notice",
    Delayed: "delayed",
}
_TYPES = {kind: cls for cls, kind in KINDS.items()}


def fleet_event_data(event: FleetEvent | FleetDrift) -> dict[str, Any]:
    """Return an event as JSON data: `event` is its kind; times are ISO 8601, in UTC."""
    found: dict[str, Any] = {"event": KINDS[type(event)], **as_data(event)}
    if isinstance(event, WaveProgress):
        found["elapsed"] = event.elapsed
    return found


def fleet_event_of(data: Any) -> FleetEvent | None:
    """Return the event of JSON data; None for a kind that is not known, as of a later version.

    Raises ValueError for data that is no event.
    """
    found: FleetEvent | None = of_kind(_TYPES, data)
    return found

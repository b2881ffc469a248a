"""Events of work on a fleet as JSON: one object on each line, `event` naming its kind."""

import json
from collections.abc import Callable
from typing import Any

from camformation.deploy.fleet.event_data import fleet_event_data
from camformation.deploy.fleet.events import FleetEvent, WaveProgress
from camformation.deploy.fleet.status import FleetDrift
from camformation.report.deployment.views import Written
from camformation.report.terminal_text import visible


class FleetJson(Written):
    """Writes every event; progress only when it has changed. `write` takes text with its
    newline."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__(write)
        self._progress: tuple[Any, ...] = ()

    def show(self, event: FleetEvent | FleetDrift) -> None:
        """Write an event."""
        if isinstance(event, WaveProgress):
            moved = (event.wave, event.counts, event.running, event.waiting)
            if moved == self._progress:
                return
            self._progress = moved
        self._write(fleet_event_json(event) + "\n")


def fleet_event_json(event: FleetEvent | FleetDrift) -> str:
    """Return an event as JSON on one line; times are ISO 8601, in UTC."""
    found = fleet_event_data(event)
    text = json.dumps(found, ensure_ascii=False)
    return text if visible(text) == text else json.dumps(found)

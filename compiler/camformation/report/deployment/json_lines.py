"""Events of a running deployment as JSON: one object on each line, `event` naming its kind."""

import json
from collections.abc import Callable
from typing import Any

from camformation.deploy.operation.event_data import event_data
from camformation.deploy.operation.events import Event, Progress
from camformation.report.deployment.views import Written
from camformation.report.terminal_text import visible


class DeployJson(Written):
    """Writes every event; progress only when it has changed. `write` takes text with its
    newline."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__(write)
        self._progress: tuple[Any, ...] = ()

    def show(self, event: Event) -> None:
        """Write an event."""
        if isinstance(event, Progress):
            moved = (event.stacks, event.waiting)
            if moved == self._progress:
                return
            self._progress = moved
        self._write(event_json(event) + "\n")


def event_json(event: Event) -> str:
    """Return an event as JSON on one line."""
    found = event_data(event)
    text = json.dumps(found, ensure_ascii=False)
    return text if visible(text) == text else json.dumps(found)

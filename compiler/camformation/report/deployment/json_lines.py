"""Events of a running deployment as JSON: one object on each line, `event` naming its kind."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from camformation.deploy.operation.events import Event, Progress
from camformation.report.deployment.views import Written
from camformation.report.terminal_text import visible

KINDS = {
    "Started": "started",
    "ResourceEvent": "resource",
    "Progress": "progress",
    "Rollout": "rollout",
    "Failure": "failure",
    "Notice": "notice",
    "Delayed": "delayed",
    "Finished": "finished",
    "Detached": "detached",
}


class DeployJson(Written):
    """Writes every event; progress only when it moved. `write` takes text with its newline."""

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
    """Return an event as JSON on one line; times are ISO 8601, in UTC."""
    found: dict[str, Any] = {"event": KINDS[type(event).__name__], **event_data(event)}
    if isinstance(event, Progress):
        found["elapsed"] = event.elapsed
    text = json.dumps(found, ensure_ascii=False)
    return text if visible(text) == text else json.dumps(found)


def event_data(value: Any) -> Any:
    """Return an event, or whatever is in one, as JSON data."""
    if is_dataclass(value):
        return {each.name: event_data(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple | list):
        return [event_data(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): event_data(each) for key, each in value.items()}
    return value

"""Restarts, stops and starts of services, as lines and as JSON."""

import json
from collections.abc import Callable
from datetime import tzinfo

from camformation.deploy.operation.service_moves import Move, Moved
from camformation.report.deployment.views import Written
from camformation.report.terminal_text import visible


class MoveLines(Written):
    """Writes each event as a line. Times are in `zone`, None being this machine's."""

    def __init__(self, write: Callable[[str], object], zone: tzinfo | None = None) -> None:
        super().__init__(write)
        self._zone = zone

    def show(self, event: Move) -> None:
        """Write the lines of an event."""
        time = f"{event.time.astimezone(self._zone):%H:%M:%S}"
        if isinstance(event, Moved):
            self._write(f"{time} {event.subject}: {event.message}\n")
            return
        self._write(f"{time} {event.message}\n")
        if event.hint:
            self._write(f"    hint: {event.hint}\n")


class MoveJson(Written):
    """Writes each event as a JSON object on a line, `event` naming its kind."""

    def show(self, event: Move) -> None:
        """Write an event."""
        about: dict[str, object] = {"time": event.time.isoformat()}
        if isinstance(event, Moved):
            about = {"event": "moved", **about, "subject": event.subject, "message": event.message}
        else:
            about = {
                "event": "finished",
                **about,
                "succeeded": event.succeeded,
                "left": event.left,
                "message": event.message,
                "hint": event.hint,
            }
        text = json.dumps(about, ensure_ascii=False)
        self._write((text if visible(text) == text else json.dumps(about)) + "\n")

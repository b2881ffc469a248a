"""Lines of a log, as text and as JSON, without values that look like secrets."""

import json
from collections.abc import Sequence
from typing import Any

from camformation.deploy.cloud.services import LogEvent
from camformation.deploy.live_stack.logs import field, json_fields
from camformation.deploy.operation.redaction import redacted
from camformation.report.terminal_text import visible, visible_lines


def log_line(event: LogEvent, fields: Sequence[str]) -> str:
    """Return an event with its time and source; for JSON, only the requested fields."""
    text = redacted(event.text.rstrip("\n"))
    data = json_fields(text) if fields else None
    if data is not None:
        text = " ".join(_written(field(data, name)) for name in fields)
    return visible_lines(f"{event.time:%Y-%m-%dT%H:%M:%SZ} {_source(event)} {text}")


def log_json(event: LogEvent, fields: Sequence[str]) -> str:
    """Return an event as a JSON object on one line."""
    text = redacted(event.text.rstrip("\n"))
    about: dict[str, Any] = {
        "time": event.time.isoformat(),
        "stream": event.stream,
        "message": text,
    }
    data = json_fields(text)
    if data is not None:
        about["fields"] = {name: field(data, name) for name in fields} if fields else dict(data)
    found = json.dumps(about, ensure_ascii=False)
    return found if visible(found) == found else json.dumps(about)


def _source(event: LogEvent) -> str:
    """Return the container, and the start of the task's id."""
    parts = event.stream.split("/")
    return f"{parts[1]}/{parts[2][:8]}" if len(parts) == 3 else event.stream


def _written(value: Any) -> str:
    return value if isinstance(value, str) else "-" if value is None else json.dumps(value)

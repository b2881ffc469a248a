"""The format of logs: `observability.log_format`."""

from collections.abc import Mapping

JSON = "json"


def appender(
    log_format: str, variable: tuple[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the variable that makes an application log JSON, unless the spec has its own."""
    name, value = variable
    return {name: value} if log_format == JSON and name not in environment else {}


def line_start(log_format: str, pattern: str) -> str | None:
    """Return the start of an event's first line; as JSON, each line is an event."""
    return None if log_format == JSON else pattern

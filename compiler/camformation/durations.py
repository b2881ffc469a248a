"""Durations as Camunda reads them from its settings."""

import re

_ISO = (
    r"P(?:(?P<D>\d{1,19})D)?(?:T(?:(?P<H>\d{1,19})H)?(?:(?P<M>\d{1,19})M)?"
    r"(?:(?P<S>\d{1,19}(?:\.\d+)?)S)?)?"
)  # of as many digits as a long has
_SCALE = {"D": 86_400, "H": 3_600, "M": 60, "S": 1}
_SIMPLE = r"(?P<number>\d{1,19})(?P<unit>ns|us|ms|s|m|h|d|)"
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "": 1e-3, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(duration: str) -> float | None:
    """Return an ISO 8601 duration of days and times, or one such as `120s`, in seconds.

    None for anything else, such as a cron expression. A number without a unit is in milliseconds
    (Spring Boot docs, Converting durations).
    """
    if found := re.fullmatch(_ISO, duration.strip().upper()):
        parts = found.groupdict()
        return sum(float(value) * _SCALE[unit] for unit, value in parts.items() if value)
    if found := re.fullmatch(_SIMPLE, duration.strip().lower()):
        return int(found["number"]) * _UNITS[found["unit"]]
    return None

"""Suggestions for a text that does not fit its pattern: other notations of the same value."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from camformation.schema import Schema, matches

_UNITS = {"second": "S", "minute": "M", "hour": "H", "day": "D", "week": "W"}
_SHORT, _LONGEST = 12, 300  # characters of texts whose length may be what is wrong
_CHANGES: tuple[Callable[[str], str], ...] = (
    lambda text: re.sub("[_ ]", "-", text.lower()),
    lambda text: text.rstrip("/"),
    lambda text: f"/{text.strip('/')}",
    lambda text: f"/{text.strip('/')}/",
    lambda text: re.sub(r"^[a-z]+://([^/]+).*", r"\1", text.lower()),  # a host's address
    lambda text: re.sub(r"^https?://", "", text),
    lambda text: text.partition("/")[0],
    lambda text: re.sub(r"^https://", "http://", text),
    lambda text: text.removeprefix("/hostedzone/"),
    lambda text: re.sub(r"^jdbc:[a-z:-]+//([^:/]+).*", r"\1", text),
    lambda text: re.sub(r"^([a-z]{2,4}(?:-[a-z]+)+-\d)[a-z]$", r"\1", text),  # a zone's region
    lambda text: f"{text}/32",  # of one address
    lambda text: f"{text}/128",
    lambda text: text.removeprefix("*"),
    lambda text: f"0 {text}" if text.count(" ") > 3 else text,  # a second before the minute
    lambda text: re.sub(r":\d{1,5}$", "", text),  # a host without its port
    lambda text: re.sub(r"(?<=\d)[ -](?=\d)", "", text),  # digits in groups
)


def nearly(text: str, pattern: str) -> str | None:
    """Return a text that fits the pattern and is as good as the one that does not, or None.

    A pattern with letters of both cases is not about case.
    """
    for close in (*_interval(text), *(change(text) for change in _CHANGES)):
        if close == text or not close or not matches(pattern, close):
            continue
        if close.lower() == close != text and text.lower() == close and "A-Z" in pattern:
            continue
        return close
    return None


def longest(text: str, pattern: str) -> int | None:
    """Return how many characters a text may have that fits its pattern but for its length."""
    for length in range(min(len(text) - 1, _LONGEST), _SHORT - 1, -1):
        if matches(pattern, text[:length]):
            other = text[: length - 1] + text[length]  # the next character is no worse than others
            return length if matches(pattern, other) else None
    return None


def _interval(text: str) -> Iterator[str]:
    """Yield an interval in ISO 8601 that is meant by `7d`, `12 hours` or `P2W`."""
    found = re.fullmatch(r"(?i)\s*p?(\d{1,6})\s*([a-z]+)\s*", text)
    if not found:
        return
    number, unit = int(found[1]), found[2].lower()
    unit = _UNITS.get(unit.removesuffix("s"), unit.upper())
    unit = {"MIN": "M", "MINS": "M", "HRS": "H", "SEC": "S", "SECS": "S"}.get(unit, unit)
    if unit == "W":
        yield f"P{7 * number}D"
    elif unit == "D":
        yield f"P{number}D"
    elif unit in ("H", "M", "S"):
        yield f"PT{number}{unit}"


def cpu_units(value: Any, part: Schema) -> int | None:
    """Return the CPU units of `0.5`, `2 vCPU` or `500m`, or None."""
    found = re.fullmatch(r"(?i)(\d{1,5}(?:\.\d{1,3})?)\s*(m|v?cpus?|)", str(value))
    if not found or isinstance(value, bool):
        return None
    units = round(float(found[1]) * (1.024 if found[2].lower() == "m" else 1024))
    return units if 128 <= units <= 32768 and units in part.get("enum", (units,)) else None

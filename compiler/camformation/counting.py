"""Counts with their nouns."""


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 target`, `37 targets`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spoken(seconds: float) -> str:
    """Return a duration in one unit: `3 hours`, `100 minutes`, `1 second`."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return counted(round(seconds / size), unit)
    return counted(round(seconds), "second")

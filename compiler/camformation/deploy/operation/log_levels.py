"""The levels of events in the logs of containers."""

import re

LEVEL = re.compile(
    r"(?<![\w./-])(?:(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?)\b|(?:ERROR|FATAL|SEVERE|CRITICAL)\b(?!:))"
)
"""A mild level, or a severe one; PostgreSQL's `ERROR:` and `FATAL:` may stand in a stack trace."""

WITHIN = 400  # characters: date, thread and context come before the level


def leveled(text: str) -> bool:
    """Whether an event has a level: a logger has written it."""
    return LEVEL.search(text, 0, WITHIN) is not None


def severe(text: str) -> bool:
    """Whether an event is no mild one; one without a level is severe."""
    found = LEVEL.search(text, 0, WITHIN)
    return found is None or found[1] is None

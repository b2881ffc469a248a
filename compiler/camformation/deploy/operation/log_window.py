"""The lines of a failed container's log that tell its cause: the last ones, and one above them.

After the line that says why it ends, an application may log its shutdown in many others; and a
stack trace that no logger has written has an event for each of its lines.
"""

import re
from collections.abc import Sequence

from camformation.deploy.cloud.services import LogLine
from camformation.deploy.operation.log_levels import leveled
from camformation.deploy.operation.signatures import LOG, Said, ending, recognised

LAST = 20
READ = 200
"""Number of lines that are kept, and that are read."""

STARTED = re.compile(r"\bStarted \w+ in [\d.]+ seconds")
"""Spring Boot's line of an application that has started: what is above it has not ended it."""

HEAD = re.compile(r"^(?:Caused by: |Exception in thread |(?:[\w$]+\.)+\w+(?:Exception|Error)\b)")
"""The line of a stack trace that names its exception."""


def telling(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Return the last lines, after the line above them that tells why the process has ended."""
    last = tuple(lines[-LAST:])
    if any(STARTED.search(line.text) for line in last):
        return last
    known = recognised(Said(LOG, line.text) for line in reversed(last))
    if known and known.kind and not known.generic:
        return last
    above = lines[: -len(last)]
    number = _telling(above, raw=not any(leveled(line.text) for line in last))
    return last if number is None else (above[number], *last)


def _telling(above: Sequence[LogLine], raw: bool) -> int | None:
    """Return the number of the line that tells most. `raw`: whether the log ends in lines without
    levels, which no logger has written."""
    best = head = None
    for number in range(len(above) - 1, -1, -1):
        text = above[number].text
        raw = raw and not leveled(text)
        if STARTED.search(text):
            break
        says = ending(text)
        if says or raw:
            known = recognised([Said(LOG, text)])
            if known and known.kind and not known.generic:
                return number
            if best is None and (says or (known and not known.generic)):
                best = number
            if raw and head is None and HEAD.match(text):
                head = number
    return best if best is not None else head

"""The operations on a deployment, as a table and as JSON."""

import json
from collections.abc import Sequence

from camformation.deploy.operation.event_data import as_data
from camformation.deploy.operation.history import PastOperation
from camformation.report.deployment.words import duration
from camformation.report.terminal_text import readable

GREEN, RED, YELLOW = "32", "31", "33"
HEADINGS = ("OPERATION", "BEGAN (UTC)", "TOOK", "STATUS", "BY")


@readable
def history_text(stack: str, found: Sequence[PastOperation], *, colour: bool = False) -> str:
    """Return a table, newest first; recorded operations are marked with an asterisk."""
    if not found:
        return f"{stack} has no operation yet\n"
    rows = [HEADINGS, *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = []
    for row, each in zip(rows, (None, *found), strict=True):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(_painted(text.rstrip(), each) if colour and each else text.rstrip())
    if any(each.recorded for each in found):
        lines += ["", "* recorded here: `camformation diagnose --operation` explains it"]
    return "\n".join(lines) + "\n"


def history_json(stack: str, found: Sequence[PastOperation]) -> str:
    """Return the operations as JSON."""
    data = [
        {"id": each.id, **as_data(each), "succeeded": each.succeeded, "seconds": _seconds(each)}
        for each in found
    ]
    return json.dumps({"stack": stack, "operations": data}, indent=2) + "\n"


def _row(each: PastOperation) -> tuple[str, ...]:
    seconds = _seconds(each)
    took = "running" if seconds is None else duration(seconds)
    mark = " *" if each.recorded else ""
    return f"{each.id}{mark}", f"{each.began:%Y-%m-%d %H:%M:%S}", took, each.status, each.by or ""


def _seconds(each: PastOperation) -> float | None:
    return (each.ended - each.began).total_seconds() if each.ended else None


def _painted(text: str, each: PastOperation) -> str:
    code = {True: GREEN, False: RED, None: YELLOW}[each.succeeded]
    return f"\x1b[{code}m{text}\x1b[0m"

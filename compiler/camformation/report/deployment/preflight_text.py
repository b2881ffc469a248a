"""The checklist before a deployment, as text and as JSON."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from camformation.counting import counted
from camformation.deploy.preflight.model import Checked, Status
from camformation.diagnostics import Location, Path
from camformation.report.terminal_text import readable

COLOURS = {Status.OK: "32", Status.NO: "31", Status.SKIPPED: "33"}
Locate = Callable[[Path], Location | None]


@readable
def preflight_text(
    stack: str, found: Sequence[Checked], locate: Locate, *, colour: bool = False
) -> str:
    """Return a line for each result; below it the place in the spec, and the advice."""
    return "\n".join([*_lines(found, locate, colour=colour), "", summary(stack, found)]) + "\n"


@readable
def machine_text(found: Sequence[Checked], *, colour: bool = False) -> str:
    """Return the checks of this machine in the same form."""
    problems = sum(each.result.status is Status.NO for each in found)
    end = counted(problems, "problem") if problems else "this machine is ready"
    return "\n".join([*_lines(found, lambda _: None, colour=colour), "", end]) + "\n"


def _lines(found: Sequence[Checked], locate: Locate, *, colour: bool) -> list[str]:
    width = max((len(each.title) for each in found), default=0)
    lines = []
    for each in found:
        status = each.result.status
        word = status.value.ljust(len(Status.SKIPPED))
        shown = f"\x1b[{COLOURS[status]}m{word}\x1b[0m" if colour else word
        lines.append(f"{each.id}  {shown}  {each.title.ljust(width)}  {each.result.reason}")
        indent = " " * (len(each.id) + len(Status.SKIPPED) + width + 6)
        if status is not Status.OK:
            if place := locate(each.result.path) if each.result.path else None:
                lines.append(f"{indent}at {_place(place)}")
            if each.result.fix:
                lines.append(f"{indent}fix: {each.result.fix}")
    return lines


def preflight_json(stack: str, found: Sequence[Checked], locate: Locate) -> str:
    """Return the results as JSON."""
    ready = not any(each.result.status is Status.NO for each in found)
    data = {"stack": stack, "ready": ready, "checks": _data(found, locate)}
    return json.dumps(data, indent=2) + "\n"


def machine_json(found: Sequence[Checked]) -> str:
    """Return the checks of this machine as JSON."""
    return json.dumps({"checks": _data(found, lambda _: None)}, indent=2) + "\n"


def _data(found: Sequence[Checked], locate: Locate) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "title": each.title,
            "status": each.result.status.value,
            "reason": each.result.reason,
            "fix": each.result.fix or None,
            "certain": each.result.certain,
            "location": _place(place) if place else None,
        }
        for each in found
        for place in [locate(each.result.path) if each.result.path else None]
    ]


def summary(stack: str, found: Sequence[Checked]) -> str:
    """Return the result of all checks in a line."""
    numbers = {status: sum(each.result.status is status for each in found) for status in Status}
    if obstacles := numbers[Status.NO]:
        says = f"{counted(obstacles, 'obstacle')}: {stack} is not ready to be deployed"
    else:
        says = f"nothing found that would keep {stack} from being deployed"
    skipped = numbers[Status.SKIPPED]
    return f"{says} ({numbers[Status.OK]} OK, {skipped} skipped)"


def _place(place: Location) -> str:
    return f"{place.file}:{place.line}:{place.column}"

"""The checklist before a deployment, as text and as JSON."""

import json
from collections.abc import Callable, Sequence

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
    """Return a line for each result; below it the place in the spec, and what to do."""
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
    return "\n".join([*lines, "", summary(stack, found)]) + "\n"


def preflight_json(stack: str, found: Sequence[Checked], locate: Locate) -> str:
    """Return the results as JSON."""
    data = [
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
    ready = not any(each.result.status is Status.NO for each in found)
    return json.dumps({"stack": stack, "ready": ready, "checks": data}, indent=2) + "\n"


def summary(stack: str, found: Sequence[Checked]) -> str:
    """Return the result of all checks in a line."""
    numbers = {status: sum(each.result.status is status for each in found) for status in Status}
    if obstacles := numbers[Status.NO]:
        says = f"{counted(obstacles, 'obstacle')}: {stack} is not ready to be deployed"
    else:
        says = f"nothing found that keeps {stack} from being deployed"
    skipped = numbers[Status.SKIPPED]
    return f"{says} ({numbers[Status.OK]} OK, {skipped} skipped)"


def _place(place: Location) -> str:
    return f"{place.file}:{place.line}:{place.column}"

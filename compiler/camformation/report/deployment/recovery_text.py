"""The condition of a deployment and the ways to recover, as text and JSON."""

import json
from collections.abc import Sequence

from camformation.deploy.operation.event_data import as_data
from camformation.deploy.recovery.condition import Condition
from camformation.deploy.recovery.ways import Call, Way, meaning
from camformation.report.terminal_text import readable

BOLD, CYAN = "1", "36"
SHOWN = 12


@readable
def recovery_text(condition: Condition, ways: Sequence[Way], *, colour: bool = False) -> str:
    """Return the state, its cause, the existing resources, and the ways with their calls."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    lines = [paint(f"{condition.stack.name} is in {condition.status}", BOLD)]
    lines.append(f"  {meaning(condition)}")
    if condition.stack.status_reason and ways:
        lines.append(f"  CloudFormation: {condition.stack.status_reason}")
    if condition.failed:
        lines += ["", "failed:"]
        for each in condition.failed[:SHOWN]:
            lines.append(f"  {each.path} ({each.type}): {each.reason}")
            lines += [f"    hint: {each.hint}"] if each.hint else []
        if len(condition.failed) > SHOWN:
            lines.append(f"  and {len(condition.failed) - SHOWN} more")
    if ways and (condition.alive or condition.others):
        lines += ["", "existing, and holding data:"]
        lines += [
            f"  {each.address.logical_id} ({each.what}, {each.physical_id})"
            for each in condition.alive
        ] or ["  nothing"]
        if condition.others:
            lines.append(f"  and {condition.others} resources that hold no data")
    if not ways:
        lines += ["", "nothing to recover"]
    for number, way in enumerate(ways, 1):
        lines += ["", paint(f"{number}. {way.id}: {way.title}", CYAN)]
        lines += [f"   {each}" for each in way.consequences]
        lines += [f"   $ {way.command}"] if way.command else []
        lines += [f"   calls {call_text(each)}" for each in way.calls]
        if way.names:
            lines.append(f"   name them: {' '.join(f'{way.option} {each}' for each in way.names)}")
        if way.deletes:
            named = " ".join(f"--delete {each}" for each in way.deletes)
            lines.append(f"   deletes data; only named resources: {named}")
    return "\n".join(lines) + "\n"


def recovery_json(condition: Condition, ways: Sequence[Way]) -> str:
    """Return the same as JSON."""
    data = {
        "name": condition.name,
        "stack": condition.stack.name,
        "status": condition.status,
        "meaning": meaning(condition),
        "failed": as_data(condition.failed),
        "alive": as_data(condition.alive),
        "ways": as_data(tuple(ways)),
    }
    return json.dumps(data, indent=2) + "\n"


def call_text(call: Call) -> str:
    """Return a call on one line."""
    arguments = (f"{name}={_value(value)}" for name, value in call.arguments.items())
    return f"{call.action}({', '.join(arguments)})"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)

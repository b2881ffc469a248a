"""Transcripts: everything that an operation tells and asks, a line each, for golden files."""

from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any

from camformation.deploy.operation.events import Progress
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START

CHANGING = {
    *(
        "delete_stack",
        "delete_stack_as",
        "cancel_update",
        "set_termination_protection",
        "set_stack_policy",
    ),
    *("set_desired_count", "create_snapshot", "set_deletion_protection", "empty"),
}


def transcript(fake: FakeCloud, events: Iterable[Any]) -> str:
    """Return a line for each event and, between them, for each call that changes something.

    Progress is told where it is other than before.
    """
    lines: list[str] = []
    progress = ""
    seen = 0
    made: list[tuple[str, Any]] = []
    for faulty in (fake.stacks, fake.services, fake.databases, fake.objects):
        faulty.calls = made  # in one order
    for event in events:
        lines += [f"  -> {name} {what}" for name, what in made[seen:] if name in CHANGING]
        seen = len(made)
        line = told(event)
        if isinstance(event, Progress):
            before, progress = progress, line.partition(" began=")[2]
            if progress == before:
                continue
        lines.append(line)
    slept = f"slept {sum(fake.clock.slept):g} s in {len(fake.clock.slept)} pauses"
    return "\n".join([*lines, slept, ""])


def told(value: Any) -> str:
    """Write a value with those fields that are not as usual, times in seconds from the start."""
    if isinstance(value, datetime):
        return f"+{(value - START).total_seconds():g}"
    if isinstance(value, tuple):
        return f"({', '.join(map(told, value))})"
    if not is_dataclass(value):
        return str(value)
    said = [
        f"{field.name}={told(getattr(value, field.name))}"
        for field in fields(value)
        if field.default is MISSING or getattr(value, field.name) != field.default
    ]
    return " ".join([type(value).__name__, *said])

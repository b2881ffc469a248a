"""Backups and restorable times, as text and as data."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from camformation.counting import counted
from camformation.deploy.live_stack.backups import Restorable
from camformation.report.terminal_text import readable


@readable
def backups_text(found: Restorable, colour: bool) -> str:
    """Return the backups, newest first, then the database's, then the restorable times of both."""
    return "".join(f"{line}\n" for line in _lines(found, colour))


@readable
def verdict_text(number: int | None, found: Restorable, wrong: Sequence[str]) -> str:
    """Return the problems of a backup, or that there are none."""
    lines = list(wrong)
    if not wrong:
        lines = [f"a restore could use backup {number}", *_window(found)]
    elif not found.backups:
        lines.append("hint: `camformation backup create` takes one")
    elif number and all(each.id != number for each in found.backups):
        lines.append("hint: `camformation backup list` lists the existing ones")
    return "".join(f"{line}\n" for line in (*lines, *(f"unknown: {u}" for u in found.unknown)))


def _lines(found: Restorable, colour: bool) -> Iterator[str]:
    for each in found.backups:
        state = f"{each.state:<11}"
        if colour and each.state != "IN_PROGRESS":
            state = click.style(state, fg="green" if each.state == "COMPLETED" else "red")
        version = f", version {each.version}" if each.version else ""
        why = f": {each.reason}" if each.reason else ""
        partitions = counted(len(each.partitions), "partition")
        yield f"{each.id}  {_time(each.taken)}  {state}  {partitions}{version}{why}"
    if not found.backups:
        yield "there are no backups of brokers"
    if found.cluster:
        yield ""
        yield (
            f"database {found.cluster}: any time from {_time(found.earliest)} to "
            f"{_time(found.latest)}"
        )
        for snapshot in found.snapshots:
            yield f"  snapshot {snapshot.id}  {_time(snapshot.created)}  {snapshot.status}"
    yield ""
    yield from _window(found) or ["no time can be restored"]
    yield from (f"unknown: {each}" for each in found.unknown)


def _window(found: Restorable) -> list[str]:
    if found.window is None:
        return []
    start, end = found.window
    return [f"a restore can return to any time from {_time(start)} to {_time(end)}"]


def _time(when: datetime | None) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else "unknown"


def backups_json(found: Restorable, *, wrong: Sequence[str] | None = None) -> str:
    """Return the same as JSON; with `wrong`, the verdict too."""
    window = found.window
    data = {
        "backups": [
            {
                "id": each.id,
                "state": each.state,
                "taken": _iso(each.taken),
                "version": each.version or None,
                "reason": each.reason or None,
                "partitions": {str(number): state for number, state in each.partitions.items()},
            }
            for each in found.backups
        ],
        "ranges": [
            {"partition": each.partition, "start": _iso(each.start), "end": _iso(each.end)}
            for each in found.ranges
        ],
        "database": {
            "cluster": found.cluster,
            "earliest": _iso(found.earliest),
            "latest": _iso(found.latest),
            "snapshots": [
                {"id": each.id, "status": each.status, "created": _iso(each.created)}
                for each in found.snapshots
            ],
        }
        if found.cluster
        else None,
        "restorable": {"from": _iso(window[0]), "to": _iso(window[1])} if window else None,
        "unknown": list(found.unknown),
    }
    if wrong is not None:
        data |= {"usable": not wrong, "faults": list(wrong)}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None

"""The diagnosis and the history of a fleet's deployments, as text and JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from camformation.counting import counted
from camformation.deploy.cloud.stack_sets import Operation
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.fleet.events import Stopped
from camformation.deploy.fleet.record import FleetRecord
from camformation.deploy.operation.event_data import as_data
from camformation.report.deployment.diagnosis_text import diagnosis_data, diagnosis_text
from camformation.report.deployment.words import duration
from camformation.report.fleet.words import (
    cause_data,
    cause_lines,
    one_line,
    place_data,
    place_text,
    states_text,
)
from camformation.report.plan.text import BOLD, DIM, Paint, painter
from camformation.report.terminal_text import readable

MISSING = "CAM631"


@readable
def fleet_diagnosis_text(record: FleetRecord, *, colour: bool = False) -> str:
    """Return a deployment's end, the causes of failures, and evidence from stacks."""
    paint = painter(colour=colour)
    lines = [paint(_summary(record), BOLD)]
    if isinstance(record.end, Stopped):
        lines.append(f"stopped: {one_line(record.end.why)}")
    if causes := record.causes:
        lines += ["", *cause_lines(causes, paint)]
    for place, each in record.stacks.items():
        lines += ["", paint(place_text(place), BOLD)]
        text = diagnosis_text(diagnose(each), colour=colour)
        lines += [f"  {line}".rstrip() for line in text.splitlines()]
    lines += _unread(record, paint)
    return "\n".join(lines) + "\n"


def fleet_diagnosis_json(record: FleetRecord) -> str:
    """Return the same as JSON; `stacks` have what `diagnose --format json` has."""
    end = record.end
    data: dict[str, Any] = {
        "stack_set": record.header.stack,
        "id": record.header.id,
        "began": as_data(record.header.began),
        "succeeded": record.succeeded,
        "seconds": getattr(end, "elapsed", None),
        "counts": dict(getattr(end, "counts", {})),
        "why": end.why if isinstance(end, Stopped) else None,
        "operations": sorted(record.operations),
        "causes": cause_data(record.causes),
        "stacks": [
            {**place_data(place), "diagnosis": diagnosis_data(diagnose(each))}
            for place, each in record.stacks.items()
        ],
        "unread": [as_data(each) for each in record.notices if each.code == MISSING],
    }
    return json.dumps(data, indent=2) + "\n"


@readable
def fleet_history_text(
    name: str, found: Sequence[Operation], records: Sequence[FleetRecord]
) -> str:
    """Return a table of a StackSet's operations, newest first, with the deployment of each."""
    if not found:
        return f"{name} has no operation yet\n"
    rows = [("OPERATION", "ACTION", "BEGAN (UTC)", "TOOK", "STATUS", "DEPLOYMENT")]
    for each in found:
        seconds = _seconds(each)
        rows.append(
            (
                each.id,
                each.action,
                f"{each.created:%Y-%m-%d %H:%M:%S}",
                "running" if seconds is None else duration(seconds),
                each.status,
                _deployment(each, records) or "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines += ["", "`camformation fleet diagnose --operation ID` explains one"]
    return "\n".join(lines) + "\n"


def fleet_history_json(
    name: str, found: Sequence[Operation], records: Sequence[FleetRecord]
) -> str:
    """Return the operations as JSON, and the deployments that are recorded here."""
    data = {
        "stack_set": name,
        "operations": [
            {**as_data(each), "seconds": _seconds(each), "deployment": _deployment(each, records)}
            for each in found
        ],
        "deployments": [
            {
                "id": each.header.id,
                "began": as_data(each.header.began),
                "succeeded": each.succeeded,
                "seconds": getattr(each.end, "elapsed", None),
                "operations": sorted(each.operations),
            }
            for each in records
        ],
    }
    return json.dumps(data, indent=2) + "\n"


def _summary(record: FleetRecord) -> str:
    end, failed = record.end, len(record.failures)
    began = f"{record.header.began:%Y-%m-%d %H:%M:%S} UTC"
    counts, elapsed = getattr(end, "counts", {}), getattr(end, "elapsed", None)
    after = "" if elapsed is None else f" after {duration(elapsed)}"
    how = {True: "succeeded", False: "failed", None: "was left to run on" if end else "runs"}
    what = f"deploying {record.header.stack} ({began}) {how[record.succeeded]}{after}"
    states = f": {states_text(counts)}" if counts else ""
    return what + (states or (f": {counted(failed, 'stack')} failed" if failed else ""))


def _unread(record: FleetRecord, paint: Paint) -> Iterator[str]:
    for notice in record.notices:
        if notice.code == MISSING:
            hint = f" ({notice.hint})" if notice.hint else ""
            yield ""
            yield paint(f"not read: {notice.message}{hint}", DIM)


def _seconds(each: Operation) -> float | None:
    return (each.ended - each.created).total_seconds() if each.ended else None


def _deployment(each: Operation, records: Sequence[FleetRecord]) -> str | None:
    found = (record.header.id for record in records if each.id in record.operations)
    return next(found, None)

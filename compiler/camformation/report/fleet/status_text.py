"""The status of a fleet, as text and JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC
from typing import Any

from camformation.counting import counted
from camformation.deploy.cloud.stack_sets import StackInstance
from camformation.deploy.fleet.causes import essence
from camformation.deploy.fleet.status import FleetDrift, FleetStatus, state_of
from camformation.deploy.operation.event_data import as_data
from camformation.fleet.targets import Place
from camformation.report.fleet.event_words import drift_counts, drifted_lines
from camformation.report.fleet.words import (
    CAUSES,
    EVERY,
    cause_data,
    cause_lines,
    one_line,
    place_data,
    place_text,
    places_text,
    region_of,
    states_text,
    titled,
)
from camformation.report.plan.text import BOLD, RED, YELLOW, Paint, painter
from camformation.report.terminal_text import readable

STATES = ("CURRENT", "RUNNING", "PENDING", "OUTDATED", "FAILED", "INOPERABLE", "SUSPENDED")
COLOURS = {"CURRENT": "32", "FAILED": RED, "INOPERABLE": RED, "SUSPENDED": RED}
DRIFTED = 20  # instances whose drift is shown


@readable
def fleet_status_text(
    status: FleetStatus, *, colour: bool, every: bool = False, drift: FleetDrift | None = None
) -> str:
    """Return the status as text, ending with a newline; with `every`, each instance on a line.

    `drift` is the latest result of drift detection.
    """
    paint = painter(colour=colour)
    stack_set = status.stack_set
    parts = (f"StackSet {stack_set.name}", region_of(stack_set.arn), stack_set.permission_model)
    lines = [paint("  ".join(part for part in parts if part), BOLD)]
    if status.instances:
        lines += ["", *_states(status, paint, every)]
    if status.running:
        lines += ["", titled("running", "", paint), *_running(status)]
    if causes := status.causes:
        number = sum(len(group.places) for group in causes)
        lines += ["", titled("not in the expected state", counted(number, "stack"), paint)]
        lines += cause_lines(causes, paint, None if every else CAUSES)
    if drift:
        lines += ["", *_drift(drift, paint, every)]
    elif known := _known_drift(status):
        lines += ["", titled("drift", f"{drift_counts(known)}, when last checked", paint)]
    return "\n".join([*lines, "", paint(_summary(status, drift), BOLD)]) + "\n"


def fleet_status_json(status: FleetStatus, *, drift: FleetDrift | None = None) -> str:
    """Return the status as JSON."""
    stack_set = status.stack_set
    document = {
        "stack_set": {
            "name": stack_set.name,
            "id": stack_set.id,
            "region": region_of(stack_set.arn) or None,
            "permission_model": stack_set.permission_model,
            "managed_execution": stack_set.managed_execution,
        },
        "healthy": status.healthy,
        "counts": dict(sorted(status.counts.items())),
        "running": [as_data(each) for each in status.running],
        "causes": cause_data(status.causes),
        "instances": [_instance_data(each) for each in status.instances.values()],
        "drift": _drift_data(drift) if drift else None,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _states(status: FleetStatus, paint: Paint, every: bool) -> Iterator[str]:
    places: dict[str, list[Place]] = {}
    for place, instance in status.instances.items():
        places.setdefault(state_of(instance), []).append(place)
    known = [state for state in STATES if state in places]
    for state in (*known, *sorted(set(places) - set(STATES))):
        some = places[state]
        line = f"  {state:<10} {len(some):>6}"
        yield f"{paint(line, COLOURS.get(state, YELLOW))}  {places_text(some)}"
        if every:
            yield from (f"      {_instance(status.instances[place])}" for place in some)


def _instance(instance: StackInstance) -> str:
    stack = "".join((instance.stack_id or "").split("/")[1:2]) or "no stack"
    said = one_line(essence(instance.reason))
    drift = instance.drift_status if instance.drift_status == "DRIFTED" else ""
    place = place_text((instance.account, instance.region))
    return "  ".join(part for part in (place, stack, drift, said) if part)


def _running(status: FleetStatus) -> Iterator[str]:
    for each in status.running:
        since = f"{each.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        counts = f": {states_text(each.counts)}" if each.counts else ""
        yield f"  {each.action} {each.id}  {each.status} since {since}{counts}"


def _known_drift(status: FleetStatus) -> dict[str, int]:
    """Return the number of instances in each DriftStatus, if drift was ever detected."""
    found: dict[str, int] = {}
    for each in status.instances.values():
        found[each.drift_status] = found.get(each.drift_status, 0) + 1
    return found if set(found) - {"NOT_CHECKED"} else {}


def _drift(drift: FleetDrift, paint: Paint, every: bool) -> Iterator[str]:
    yield titled("drift", drift_counts(drift.counts), paint)
    shown = drift.drifted if every else drift.drifted[:DRIFTED]
    for each in shown:
        yield from (f"  {line}" for line in drifted_lines(each))
    if more := len(drift.drifted) - len(shown):
        yield f"  and {counted(more, 'more stack')} ({EVERY} lists them)"


def _summary(status: FleetStatus, drift: FleetDrift | None) -> str:
    total, current = len(status.instances), status.counts.get("CURRENT", 0)
    drifted = f"; {len(drift.drifted)} drifted" if drift and drift.drifted else ""
    if not total:
        return "Fleet: the StackSet has no stacks."
    if status.healthy:
        return f"Fleet: {counted(total, 'stack')} up to date{drifted}."
    return f"Fleet: {current} of {counted(total, 'stack')} up to date{drifted}."


def _instance_data(instance: StackInstance) -> dict[str, Any]:
    return {
        "account": instance.account,
        "region": instance.region,
        "state": state_of(instance),
        "status": instance.status,
        "detailed_status": instance.detailed_status,
        "reason": instance.reason,
        "stack_id": instance.stack_id,
        "organizational_unit": instance.organizational_unit,
        "drift_status": instance.drift_status,
        "last_operation_id": instance.last_operation_id,
    }


def _drift_data(drift: FleetDrift) -> dict[str, Any]:
    return {
        "operation": drift.operation,
        "counts": dict(sorted(drift.counts.items())),
        "drifted": [
            {
                **place_data((each.account, each.region)),
                "stack_id": each.stack_id,
                "resources": [asdict(resource) for resource in each.resources],
            }
            for each in drift.drifted
        ],
    }

"""Wording shared by the reports of work on a fleet."""

from collections.abc import Iterator, Mapping

from camformation.counting import counted
from camformation.deploy.fleet.causes import essence
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetFinished,
    InstanceFailed,
    OperationEnded,
    OperationStarted,
    StackSetChanged,
    Stopped,
    WaveEnded,
    WaveProgress,
    WaveStarted,
)
from camformation.deploy.fleet.status import DriftedInstance, FleetDrift
from camformation.report.deployment.words import duration
from camformation.report.fleet.words import (
    ACCOUNTS,
    REGIONS,
    cause_lines,
    done,
    named,
    one_line,
    place_text,
    states_text,
)
from camformation.report.plan.text import Paint, painter
from camformation.report.plan.values import value

DOING = {
    "CREATE": "creating stacks",
    "UPDATE": "updating stacks",
    "DELETE": "removing stacks",
    "IMPORT": "importing stacks",
    "DETECT_DRIFT": "detecting drift",
}
OVERRIDES = 3
NAMES = 5  # of waves, of operations
PLAIN = painter(colour=False)


def of_wave(name: str) -> str:
    """Return the name of a wave; without one, it is about the StackSet."""
    return f"wave {name}" if name else "StackSet"


def stack_set_changed(event: StackSetChanged) -> str:
    """Return one line on a created or deleted StackSet."""
    return f"{'created' if event.action == 'CREATE' else 'deleted'} StackSet {event.name}"


def wave_started(event: WaveStarted) -> str:
    """Return one line on the start of a wave."""
    size = f"{counted(event.instances, 'stack')}, {counted(event.operations, 'operation')}"
    return f"{of_wave(event.wave)} ({event.number} of {event.waves}): {size}"


def operation_started(event: OperationStarted) -> str:
    """Return one line on the start of an operation: its kind, places and overrides."""
    doing = DOING.get(event.action, event.action)
    if event.resumed:
        return f"{doing}: already running, operation {event.id}"
    where = _where(event)
    own = [f"{k} {one_line(value(v))}" for k, v in sorted(event.overrides.items())]
    overrides = f", with {named(own, OVERRIDES, 'overrides')}" if own else ""
    return f"{doing}{where}{overrides}, operation {event.id}"


def operation_ended(event: OperationEnded) -> str:
    """Return one line on the end of an operation."""
    became = f": {states_text(event.counts)}" if event.counts else ""
    reason = f": {one_line(event.reason)}" if event.reason else ""
    took = duration(event.elapsed)
    return f"operation {event.id} ({event.action}) {event.status} in {took}{became}{reason}"


def wave_ended(event: WaveEnded) -> str:
    """Return one line on the end of a wave."""
    return f"{of_wave(event.wave)} ended in {duration(event.elapsed)}: {states_text(event.counts)}"


def progress(event: WaveProgress) -> str:
    """Return one line on the progress of a wave."""
    ended, total = done(event.counts)
    shown = f"{ended} of {total} done: {states_text(event.counts)}" if total else "waiting"
    running = f"; {at_work(event)}" if event.running or event.waiting else ""
    return f"{of_wave(event.wave)} {duration(event.elapsed)}: {shown}{running}"


def at_work(event: WaveProgress) -> str:
    """Return the number of running operations, and of those not yet started."""
    waiting = f", {event.waiting} to start" if event.waiting else ""
    return f"{counted(len(event.running), 'operation')} running{waiting}"


def instance_failed(event: InstanceFailed) -> Iterator[str]:
    """Yield lines on a failure: its place, its cause, and AWS's original reason."""
    place = place_text((event.account, event.region))
    text = one_line(event.cause.text)
    said = one_line(essence(event.reason))
    yield f"{place}: {said if said and event.cause.key == event.cause.text else text}"
    if said and event.cause.key != event.cause.text:
        yield f"    {said}"


def stopped(event: Stopped, paint: Paint = PLAIN) -> Iterator[str]:
    """Yield lines on an early end; the first says why."""
    counts = f" ({states_text(event.counts)})" if event.counts else ""
    took = duration(event.elapsed)
    yield f"stopped in {of_wave(event.wave)} after {took}: {one_line(event.why)}{counts}"
    yield from cause_lines(event.causes, paint)
    if event.remaining:
        yield f"not started: {named(event.remaining, NAMES, 'waves')}"
    yield f"hint: {event.hint}"


def finished(event: FleetFinished, paint: Paint = PLAIN) -> Iterator[str]:
    """Yield lines on the end: the duration, and the tolerated failures."""
    if not event.changed:
        yield f"no changes: {event.name} is up to date"
        return
    counts = f": {states_text(event.counts)}" if event.counts else ""
    yield f"StackSet {event.name} done in {duration(event.elapsed)}{counts}"
    yield from cause_lines(event.causes, paint)


def detached(event: FleetDetached) -> Iterator[str]:
    """Yield lines on detaching."""
    going = f": AWS continues with operation {named(event.operations, NAMES, 'operations')}"
    yield "detached" + (going if event.operations else "")
    if event.remaining:
        yield f"not started: {named(event.remaining, NAMES, 'waves')}"
    yield f"hint: {event.hint}"


def drift_summary(drift: FleetDrift) -> str:
    """Return one line on the drift of a fleet."""
    return f"drift of {drift.name}: {drift_counts(drift.counts) or 'no stacks'}"


def drift_counts(counts: Mapping[str, int]) -> str:
    """Return the number of instances in each DriftStatus, drifted ones first."""
    words = {"DRIFTED": "drifted", "IN_SYNC": "in sync", "NOT_CHECKED": "not checked"}
    return ", ".join(
        f"{counts[each]} {words.get(each, each.lower())}"
        for each in sorted(counts, key=lambda each: (each != "DRIFTED", each))
        if counts[each]
    )


def drifted_lines(instance: DriftedInstance) -> Iterator[str]:
    """Yield lines on a drifted instance, as in `camformation drift`."""
    yield place_text((instance.account, instance.region))
    for each in instance.resources:
        sign, what = {"MODIFIED": ("~", "changed"), "DELETED": ("-", "deleted")}.get(
            each.status, ("?", each.status)
        )
        yield f"  {sign} {each.logical_id}  {each.type}  {what}"
        for path in each.differences:
            yield f"      {one_line(path.strip('/').replace('/', '.'))}"


def _where(event: OperationStarted) -> str:
    units = named(event.organizational_units, ACCOUNTS, "units")
    accounts = named(event.accounts, ACCOUNTS, "accounts")
    regions = named(event.regions, REGIONS, "regions")
    of = f"{units} ({accounts})" if units and accounts else units or accounts
    if not of or not regions:
        return f" in {of or regions}" if of or regions else ""
    return f" in {regions} of {of}"

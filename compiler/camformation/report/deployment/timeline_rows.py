"""The rows of a schedule or timeline, drawn by the text and the HTML report."""

from camformation.deploy.operation.schedule import Schedule
from camformation.deploy.operation.timeline import Timeline
from camformation.deploy.plan.symbols import STACK
from camformation.frozen import frozen


@frozen
class Row:
    """One bar; times in seconds from the start. `stack` spans the rows of its component."""

    component: str
    name: str
    type: str
    start: float
    finish: float
    critical: bool
    stack: bool
    state: str  # expected, or CloudFormation's status in lower case
    note: str


@frozen
class Chart:
    """Rows in the order of drawing: each nested stack, then its resources."""

    title: str
    total: float
    rows: tuple[Row, ...]


def expected_chart(name: str, schedule: Schedule) -> Chart:
    """Return the chart of the expected creation or update."""
    critical = set(schedule.critical)
    rows = [
        Row(
            step.nested or step.address.template,
            step.address.logical_id,
            step.type,
            step.start,
            step.finish,
            step.address in critical,
            step.type == STACK,
            "expected",
            f"usually {step.usual.low}-{step.usual.high} s ({step.usual.source})",
        )
        for step in schedule.steps
        if step.seconds
    ]
    title = f"{name}: expected, about {clock(schedule.total)}"
    return Chart(title, schedule.total, _grouped(rows))


def actual_chart(timeline: Timeline) -> Chart:
    """Return the chart of the actual operation."""
    critical = set(timeline.critical)
    rows = [
        Row(
            bar.nested or bar.address.template,
            bar.address.logical_id,
            bar.type,
            bar.start,
            bar.finish,
            bar.address in critical and bar.action in ("CREATE", "UPDATE"),
            bar.type == STACK,
            bar.status.lower(),
            bar.reason or "",
        )
        for bar in timeline.bars
    ]
    verb = "running for" if timeline.running else "took"
    when = f"{timeline.began:%Y-%m-%d %H:%M:%S %Z}"
    title = f"{timeline.stack}: {timeline.status}, {verb} {clock(timeline.total)}, started {when}"
    return Chart(title, timeline.total, _grouped(rows))


NOTABLE_S = 30
"""Shorter steps are hidden or folded, unless others wait for them."""


def is_short(row: Row) -> bool:
    """Return whether a row takes only seconds and nothing waits for it."""
    failed = row.state.endswith("_failed")
    return not (row.stack or row.critical or failed or row.finish - row.start >= NOTABLE_S)


def clock(seconds: float) -> str:
    """Return seconds in readable form: `45s`, `7m30s`, `1h02m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def _grouped(rows: list[Row]) -> tuple[Row, ...]:
    begins: dict[str, float] = {}
    for row in rows:
        begins[row.component] = min(begins.get(row.component, row.start), row.start)
    return tuple(
        sorted(
            rows, key=lambda r: (begins[r.component], r.component, not r.stack, r.start, r.finish)
        )
    )

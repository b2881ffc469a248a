"""A timeline on a terminal: one bar on each line, the critical path marked."""

from collections.abc import Iterator

from camformation.counting import counted
from camformation.deploy.operation.schedule import NestingCost, Schedule
from camformation.deploy.operation.timeline import Comparison, Timeline
from camformation.report.deployment.timeline_rows import (
    NOTABLE_S,
    Chart,
    Row,
    actual_chart,
    clock,
    expected_chart,
    is_short,
)
from camformation.report.terminal_text import readable

BOLD, RED, YELLOW, DIM = "1", "31", "33", "2"
BAR, NAME = 40, 40
LEAST_BAR, LEAST_NAME = 8, 17
BESIDES = 11  # columns: mark, spaces, time
WIDTH = 200
COMPARED = 10


@readable
def expected_text(
    name: str,
    schedule: Schedule,
    *,
    cost: NestingCost | None = None,
    everything: bool = False,
    colour: bool = False,
    width: int = WIDTH,
) -> str:
    """Return the expected schedule, and the share of nesting, ending with a newline."""
    lines = [*_chart(expected_chart(name, schedule), everything, colour, width)]
    steps = {step.address: step for step in schedule.steps}
    lines += ["", "Resources on the critical path, and the source of each estimate:"]
    for address in schedule.critical:
        step = steps[address]
        usual = step.usual
        lines.append(f"  {address}  {usual.low}-{usual.high} s: {usual.source}")
    if cost is not None:
        extra = cost.nested - cost.resources
        lines += [
            "",
            f"Nested stacks account for {clock(extra)} of it, {cost.ratio - 1:.0%} more than the "
            f"same resources without them ({clock(cost.resources)}).",
        ]
    return "\n".join(lines) + "\n"


@readable
def actual_text(
    timeline: Timeline,
    comparison: Comparison | None = None,
    *,
    everything: bool = False,
    colour: bool = False,
    width: int = WIDTH,
) -> str:
    """Return the actual timeline, and its comparison with the expectation, ending with a
    newline."""
    lines = [*_chart(actual_chart(timeline), everything, colour, width)]
    if comparison is not None:
        lines += _comparison(comparison)
    return "\n".join(lines) + "\n"


def _chart(chart: Chart, everything: bool, colour: bool, width: int) -> Iterator[str]:
    left = width - BESIDES - max((len(_state(row)) for row in chart.rows), default=0)
    bar = max(LEAST_BAR, min(BAR, left // 3 if left < BAR + NAME else BAR))
    name = max(LEAST_NAME, min(NAME, left - bar))

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text

    yield paint(chart.title, BOLD)
    hidden = 0
    for row in chart.rows:
        if is_short(row) and not everything:
            hidden += 1
            continue
        failed = row.state.endswith("_failed")
        code = RED if failed else YELLOW if row.critical else DIM if row.stack else ""
        yield paint(_line(row, chart.total, name, bar), code)
        if failed and row.note:
            yield f"      {row.note}"
    if hidden:
        less = f"of less than {NOTABLE_S} s" + (" each" if hidden > 1 else "")
        yield f"  and {counted(hidden, 'resource')} {less} (--all shows them)"
    yield "  * on the critical path: other resources wait for it"


def _line(row: Row, total: float, names: int, bars: int) -> str:
    scale = bars / total if total else 0.0
    start = min(bars - 1, int(row.start * scale))
    length = max(1, min(bars - start, round((row.finish - row.start) * scale)))
    mark = "*" if row.critical else " "
    indent = "" if row.stack or row.component == "root" else "  "
    name = f"{indent}{row.component if row.stack else row.name}"[:names]
    bar = (" " * start + ("─" if row.stack else "█") * length).ljust(bars)
    return f"{mark} {name:<{names}} {bar} {clock(row.finish - row.start):>7}{_state(row)}"


def _state(row: Row) -> str:
    return "" if row.state in ("expected", "create_complete") else f"  {row.state}"


def _comparison(comparison: Comparison) -> Iterator[str]:
    if comparison.expected_total is not None:
        difference = comparison.actual_total - comparison.expected_total
        more = "more" if difference > 0 else "less"
        yield ""
        yield (
            f"Expected {clock(comparison.expected_total)}, took {clock(comparison.actual_total)}: "
            f"{clock(abs(difference))} {more}."
        )
    outside = [row for row in comparison.rows if row.excess]
    if not outside:
        return
    outside.sort(key=lambda row: -abs(row.excess))
    yield ""
    yield "Largest differences from usual durations:"
    for row in outside[:COMPARED]:
        yield (
            f"  {row.address}  {clock(row.actual)}, usually "
            f"{clock(row.expected.low)}-{clock(row.expected.high)}"
        )

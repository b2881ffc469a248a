"""A timeline as HTML: the bottleneck first, then each component's chart, short steps folded."""

from collections.abc import Iterator, Sequence
from itertools import count, takewhile

from camformation.deploy.operation.timeline import Comparison
from camformation.report.deployment.timeline_rows import NOTABLE_S, Chart, Row, clock
from camformation.report.html.markup import Content, Html, fold, join, table, tag
from camformation.report.html.page import page

TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
MOST_TICKS = 6  # the number that fits a narrow screen
LONGEST = 5
"""Limit of resources that the bottleneck names."""

STYLE = """
.chart { margin: 8px 0; } .chart details { border: none; margin: 0; background: none; }
.chart .row, .chart .axis { display: grid; grid-template-columns: minmax(0, 19em) minmax(0, 1fr)
  4.6em; gap: 0 10px; align-items: center; padding: 2px 4px; font-size: 14px; }
.chart .row:nth-child(even) { background: var(--band); }
.chart .row > :last-child { text-align: right; color: var(--soft); white-space: nowrap; }
.chart .of-stack { font-weight: 600; } .chart .of-resource > :first-child { padding-left: 14px; }
.chart .is-critical > :first-child { font-weight: 600; color: var(--critical); }
.chart .is-failed > :first-child { font-weight: 600; color: var(--failed); }
.chart svg { display: block; width: 100%; height: 14px; overflow: visible; }
.chart .axis svg { height: 16px; } .chart .axis text { fill: var(--soft); font-size: 12px; }
.chart .grid { stroke: var(--line); } .chart .bar { fill: var(--bar); }
.chart .stack { fill: var(--stack); } .chart .critical { fill: var(--critical); }
.chart .failed { fill: var(--failed); } .chart .back { fill: var(--back); }
.chart summary { color: var(--soft); font-size: 14px; padding: 3px 18px; border: none !important; }
.bottleneck li { margin: 3px 0; } .legend { color: var(--soft); font-size: 14px; }
.legend svg { width: 12px; height: 12px; margin: 0 6px 0 14px; vertical-align: -1px; }
.legend .critical { fill: var(--critical); } .legend .bar { fill: var(--bar); }
.legend .stack { fill: var(--stack); } .legend .back { fill: var(--back); }
.legend .failed { fill: var(--failed); }
@media (max-width: 700px) {
  .chart .row, .chart .axis { grid-template-columns: minmax(0, 1fr) auto; }
  .chart .row > :nth-child(2), .chart .axis > :nth-child(2) { grid-column: 1 / -1; grid-row: 2; }
  .chart .row { padding: 5px 0; } .chart .of-resource > :first-child { padding-left: 0; } }
"""
LEGEND = (
    ("critical", "critical path: other resources wait for it"),
    ("bar", "resource"),
    ("stack", "nested stack"),
    ("back", "deleted or rolled back"),
    ("failed", "failed"),
)


def timeline_html(name: str, charts: Sequence[Chart], comparison: Comparison | None = None) -> str:
    """Return a page with a chart below the other, and a table of expected and actual times."""
    body = [tag("h1", name)]
    for chart in charts:
        body += [tag("h2", chart.title), *chart_html(chart)]
    if comparison is not None and comparison.rows:
        body += [tag("h2", "Expected and actual"), _table(comparison)]
    return page(f"{name}: timeline", *body, style=STYLE)


def chart_html(chart: Chart) -> Iterator[Html]:
    """Yield the bottleneck and the chart, styled by `STYLE`."""
    if longest := _longest(chart):
        yield tag("h3", "Bottleneck")
        yield tag("ol", *(_share(row, chart.total) for row in longest), class_="bottleneck")
    kinds = {_kind(row) for row in chart.rows}
    yield tag("p", *(_key(kind, words) for kind, words in LEGEND if kind in kinds), class_="legend")
    groups: dict[str, list[Row]] = {}
    for row in chart.rows:
        groups.setdefault(row.component, []).append(row)
    rows = [join(*_group(each, chart.total)) for each in groups.values()]
    yield tag("div", _axis(chart.total), *rows, class_="chart")


def _longest(chart: Chart) -> list[Row]:
    """Return the longest step on the critical path, or of all if that is unknown."""
    rows = [row for row in chart.rows if not row.stack and not _takes_seconds(row)]
    rows = [row for row in rows if row.critical] or rows
    return sorted(rows, key=lambda row: row.start - row.finish)[:LONGEST]


def _share(row: Row, total: float) -> Html:
    seconds = row.finish - row.start
    share = f", {seconds / total:.0%} of the time" if total else ""
    component = "" if row.component == "root" else f"{row.component}/"
    return tag(
        "li",
        tag("strong", f"{component}{row.name}"),
        f" {clock(seconds)}{share} ",
        tag("span", row.type, class_="soft"),
    )


def _group(rows: list[Row], total: float) -> Iterator[Html]:
    """Yield the rows of a component; those that take seconds are folded into one."""
    short = [row for row in rows if _takes_seconds(row)]
    shown = [row for row in rows if row not in short]
    yield from (_row(row, total) for row in shown)
    if short:
        longest = clock(max(row.finish - row.start for row in short))
        what = "1 resource" if len(short) == 1 else f"{len(short)} resources"
        of = "" if shown or rows[0].component == "root" else f" of {rows[0].component}"
        summary = f"{what}{of}, {longest} at most"
        yield fold(
            f"and {summary}" if shown else summary,
            *(_row(row, total) for row in short),
            class_="rest",
        )


def _takes_seconds(row: Row) -> bool:
    """Return whether a row is folded: also dependencies, if they take only seconds."""
    failed = row.state.endswith("_failed")
    return not (row.stack or failed) and row.finish - row.start < NOTABLE_S


def _row(row: Row, total: float) -> Html:
    """Return a row. The bar's position is in percent, so that it fits any width."""
    kind = _kind(row)
    scale = 100 / max(total, 1.0)
    width = max(0.4, (row.finish - row.start) * scale)
    start = min(row.start * scale, 100 - width)
    top, high = (4, 6) if row.stack else (1, 12)
    tip = f"{row.name} ({row.type}), {row.state.replace('_', ' ')}: {clock(row.start)} to "
    tip += f"{clock(row.finish)}" + (f"; {row.note}" if row.note else "")
    bar = Html(
        f'<svg aria-hidden="true"><rect class="{kind}" x="{start:.2f}%" y="{top}" '
        f'width="{width:.2f}%" height="{high}" rx="2"/></svg>'
    )
    state = f" {row.state.replace('_', ' ')}" if kind in ("failed", "back") else ""
    mark = f" is-{kind}" if kind in ("critical", "failed") else ""
    return tag(
        "div",
        tag("span", row.component if row.stack else row.name, state),
        bar,
        tag("span", clock(row.finish - row.start)),
        class_=f"row {'of-stack' if row.stack else 'of-resource'}{mark}",
        title=tip,
    )


def _axis(total: float) -> Html:
    tick = next((each for each in TICKS if total / each <= MOST_TICKS), TICKS[-1])
    parts = []
    for seconds in takewhile(lambda each: each <= total, count(0, tick)):
        x = 100 * seconds / max(total, 1.0)
        anchor = "start" if not seconds else "end" if x > 95 else "middle"
        parts.append(f'<text x="{x:.2f}%" y="12" text-anchor="{anchor}">{clock(seconds)}</text>')
    drawn = Html(f'<svg aria-hidden="true">{"".join(parts)}</svg>')
    return tag("div", tag("span"), drawn, tag("span"), class_="axis")


def _kind(row: Row) -> str:
    if row.state.endswith("_failed"):
        return "failed"
    if row.critical:
        return "critical"
    if row.stack:
        return "stack"
    return "back" if row.state.startswith(("delete", "rollback", "update_rollback")) else "bar"


def _key(kind: str, words: str) -> Html:
    square = f'<svg aria-hidden="true"><rect class="{kind}" width="12" height="12" rx="2"/></svg>'
    return join(Html(square), words)


def _table(comparison: Comparison) -> Html:
    rows: list[list[Content]] = [
        [
            str(row.address),
            row.type,
            f"{clock(row.expected.low)} to {clock(row.expected.high)}",
            clock(row.actual),
            row.expected.source,
        ]
        for row in comparison.rows
    ]
    return table(["Resource", "Type", "Usual", "Took", "Known from"], rows)

"""A timeline as one self-contained HTML page: a Gantt chart in SVG."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import count, takewhile

from camformation.deploy.operation.timeline import Comparison
from camformation.report.deployment.timeline_rows import Chart, Row, clock
from camformation.report.terminal_text import readable

LABEL, WIDTH, RIGHT = 300, 1200, 70  # of the names, of the whole, and of the last duration
ROW, HEAD = 20, 28
TICKS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)

STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5c667a; --line: #d9dee8;
  --page: #ffffff; --band: #f3f5f9; --bar: #7d9cc9; --stack: #b9c2d2; --critical: #d9480f;
  --failed: #c0152f; --back: #9a6fb0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --soft: #98a2b6; --line: #343c4d;
  --page: #151a23; --band: #1c2330; --bar: #5b7fb5; --stack: #4a5468; --critical: #ff8a4c;
  --failed: #ff5c70; --back: #b792cc; } }
body { margin: 24px; background: var(--page); color: var(--ink);
  font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 20px; } h2 { font-size: 16px; font-weight: 600; margin: 28px 0 8px; }
figure { margin: 0; overflow-x: auto; }
svg { display: block; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .soft { fill: var(--soft); }
svg .critical-name { font-weight: 600; fill: var(--critical); }
svg .stack-name { font-weight: 600; }
.grid { stroke: var(--line); } .band { fill: var(--band); }
.bar { fill: var(--bar); } .stack { fill: var(--stack); } .critical { fill: var(--critical); }
.failed { fill: var(--failed); } .back { fill: var(--back); }
.key { display: inline-block; width: 12px; height: 12px; margin: 0 6px 0 16px;
  border-radius: 2px; vertical-align: -1px; }
table { border-collapse: collapse; } td, th { padding: 3px 14px 3px 0; text-align: left;
  border-bottom: 1px solid var(--line); } td.number { text-align: right; }
"""

LEGEND = (
    ("critical", "critical path: other resources wait for it"),
    ("bar", "resource"),
    ("stack", "nested stack"),
    ("back", "deleted or rolled back"),
    ("failed", "failed"),
)


@readable
def timeline_html(name: str, charts: Sequence[Chart], comparison: Comparison | None = None) -> str:
    """Return a page with a chart below the other, and a table of expected and actual times."""
    body = [f"<h1>{escape(name)}</h1>", f"<p>{_legend()}</p>"]
    for chart in charts:
        body += [f"<h2>{escape(chart.title)}</h2>", f"<figure>{timeline_svg(chart)}</figure>"]
    if comparison is not None and comparison.rows:
        body += ["<h2>Expected and actual</h2>", *_table(comparison)]
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}: timeline</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    return head + "\n".join(body) + "\n</body>\n</html>\n"


@readable
def timeline_svg(chart: Chart) -> str:
    """Return the chart as an SVG element, styled by the page it stands in."""
    height = HEAD + ROW * len(chart.rows) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(chart.title)}">'
    ]
    scale = (WIDTH - LABEL - RIGHT) / max(chart.total, 1.0)
    for number, row in enumerate(chart.rows):
        if row.stack:
            top = HEAD + ROW * number
            parts.append(f'<rect class="band" x="0" y="{top}" width="{WIDTH}" height="{ROW}"/>')
    parts += _grid(chart.total, scale, height)
    for number, row in enumerate(chart.rows):
        parts += _row(row, HEAD + ROW * number, scale)
    return "\n".join([*parts, "</svg>"])


def _grid(total: float, scale: float, height: int) -> Iterator[str]:
    tick = next((each for each in TICKS if total / each <= 12), TICKS[-1])
    for seconds in takewhile(lambda each: each <= total, count(0, tick)):
        x = LABEL + seconds * scale
        yield f'<line class="grid" x1="{x:.1f}" y1="{HEAD - 6}" x2="{x:.1f}" y2="{height}"/>'
        yield (
            f'<text class="soft" x="{x:.1f}" y="{HEAD - 11}" text-anchor="middle">'
            f"{clock(seconds)}</text>"
        )


def _row(row: Row, top: int, scale: float) -> Iterator[str]:
    x, width = LABEL + row.start * scale, max(2.0, (row.finish - row.start) * scale)
    kind = _kind(row)
    name = row.component if row.stack else row.name
    indent = 0 if row.stack or row.component == "root" else 14
    style = {"critical": "critical-name", "stack": "stack-name"}.get(kind, "")
    thin = 6 if row.stack else 0
    tip = f"{row.name} ({row.type}), {row.state.replace('_', ' ')}: {clock(row.start)} to "
    tip += f"{clock(row.finish)}" + (f"; {row.note}" if row.note else "")
    yield f"<g><title>{escape(tip)}</title>"
    yield f'<text class="{style}" x="{4 + indent}" y="{top + 14}">{escape(_short(name))}</text>'
    yield (
        f'<rect class="{kind}" x="{x:.1f}" y="{top + 4 + thin // 2}" width="{width:.1f}" '
        f'height="{ROW - 8 - thin}" rx="2"/>'
    )
    yield (
        f'<text class="soft" x="{x + width + 5:.1f}" y="{top + 14}">'
        f"{clock(row.finish - row.start)}</text></g>"
    )


def _kind(row: Row) -> str:
    if row.state.endswith("_failed"):
        return "failed"
    if row.critical:
        return "critical"
    if row.stack:
        return "stack"
    return "back" if row.state.startswith(("delete", "rollback", "update_rollback")) else "bar"


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"


def _legend() -> str:
    return "".join(
        f'<span class="key" style="background: var(--{kind})"></span>{text}'
        for kind, text in LEGEND
    )


def _table(comparison: Comparison) -> Iterator[str]:
    names = ("Resource", "Type", "Usual", "Took", "Known from")
    yield "<table><tr>" + "".join(f"<th>{name}</th>" for name in names) + "</tr>"
    for row in comparison.rows:
        usual = f"{clock(row.expected.low)} to {clock(row.expected.high)}"
        yield (
            f"<tr><td>{escape(str(row.address))}</td><td>{escape(row.type)}</td><td>{usual}</td>"
            f'<td class="number">{clock(row.actual)}</td>'
            f"<td>{escape(row.expected.source)}</td></tr>"
        )
    yield "</table>"

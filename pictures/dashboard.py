"""The picture of the CloudWatch dashboard: its widgets, as the compiled body has them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from camformation.layout import ROOT, Layout
from camformation.pipeline import compile_spec

SPEC = Path(__file__).parents[1] / "spec" / "production.yaml"
CELL, ROW = 40, 26  # pixels of a column and of a row of the dashboard's grid
GAP = 4
STYLE = (
    "rect{fill:#fff;stroke:#d5dbdb}text{font:11px sans-serif;fill:#16191f}"
    ".title{font-weight:bold}.line{stroke:#d13212;stroke-dasharray:4 3}.ok{fill:#1d8102}"
    ".what{fill:#545b64}"
)


def body() -> Mapping[str, Any]:
    """Return the body of the shipped production spec's dashboard."""
    compiled = compile_spec(str(SPEC), lambda file: Path(file).read_bytes(), Layout.FLAT, ())
    found = compiled.templates[ROOT]["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    read: Mapping[str, Any] = json.loads(found["Fn::Sub"][0])
    return read


def dashboard() -> str:
    """Return the picture."""
    widgets = body()["widgets"]
    width = max(each["x"] + each["width"] for each in widgets) * CELL
    height = max(each["y"] + each["height"] for each in widgets) * ROW
    label = "The dashboard of a production deployment: all alarms, and the metric behind each"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{label}">',
        f"<title>{label}</title>",
        f"<style>{STYLE}</style>",
    ]
    for each in widgets:
        lines += _widget(each)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _widget(each: Mapping[str, Any]) -> Iterator[str]:
    x, y = each["x"] * CELL + GAP, each["y"] * ROW + GAP
    width, height = each["width"] * CELL - 2 * GAP, each["height"] * ROW - 2 * GAP
    properties = each["properties"]
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>'
    yield _text(x + 10, y + 18, properties["title"], "title")
    if each["type"] == "alarm":
        across = max(1, width // 155)
        for number, alarm in enumerate(properties["alarms"]):
            left, top = x + 10 + number % across * 155, y + 36 + number // across * 13
            yield f'<rect class="ok" x="{left}" y="{top - 8}" width="9" height="9"/>'
            yield _text(left + 15, top, alarm.removeprefix("${").removesuffix("Alarm.Arn}"))
        return
    names = (
        properties["metrics"][-1] if len(properties["metrics"]) > 1 else properties["metrics"][0]
    )
    yield _text(x + 10, y + 34, f"{names[0]}, {properties['stat']}", "what")
    for line in properties.get("annotations", {}).get("horizontal", ()):
        top = y + height // 2 + 10
        yield f'<line class="line" x1="{x + 10}" y1="{top}" x2="{x + width - 10}" y2="{top}"/>'
        yield _text(x + 10, top - 5, f"{line['label']}: {line['value']:,}")


def _text(x: int, y: int, text: str, kind: str = "") -> str:
    styled = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{styled}>{escape(text)}</text>'

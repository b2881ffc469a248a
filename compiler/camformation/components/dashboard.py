"""The CloudWatch dashboard: all alarms at the top, and below them the metric behind each.

Its body is JSON (Amazon CloudWatch API Reference, Dashboard body structure and syntax).
"""

import json
from collections.abc import Sequence
from typing import Any

from troposphere import Sub

from camformation.components.alarm_condition import Condition
from camformation.specs import Open

WIDTH, HEIGHT, COLUMNS = 8, 6, 3


def dashboard_body(alarms: Sequence[str], shown: Sequence[Condition]) -> Sub:
    """Return the body: `Fn::Sub` puts in names that are known only at deployment."""
    values: dict[str, Any] = {}
    widgets: list[dict[str, Any]] = [
        {
            "type": "alarm",
            "x": 0,
            "y": 0,
            "width": WIDTH * COLUMNS,
            "height": 4,
            "properties": {
                "title": "Is it healthy?",
                "alarms": [f"${{{title}.Arn}}" for title in alarms],
            },
        }
    ]
    for index, each in enumerate(shown):
        widgets.append(
            {
                "type": "metric",
                "x": WIDTH * (index % COLUMNS),
                "y": 4 + HEIGHT * (index // COLUMNS),
                "width": WIDTH,
                "height": HEIGHT,
                "properties": _graph(each, values),
            }
        )
    return Sub(json.dumps({"widgets": widgets}, separators=(",", ":")), values)


def _graph(each: Condition, values: dict[str, Any]) -> dict[str, Any]:
    metric: list[Any] = [each.namespace, each.metric]
    for name, value in each.dimensions:
        variable = next((known for known, held in values.items() if held is value), None)
        if variable is None:
            variable = f"{name}{len(values)}"
            values[variable] = value
        metric += [name, f"${{{variable}}}"]
    metrics: list[Any] = [metric]
    if each.share_of:
        shown, hidden = f"100 * used / {each.seconds} / permitted", {"visible": False}
        permitted = [each.namespace, each.share_of, *metric[2:]]
        metrics = [
            [{"expression": shown, "label": each.title}],
            [*metric, {"id": "used", **hidden}],
            [*permitted, {"id": "permitted", "stat": "Average", **hidden}],
        ]
    return {
        "title": each.metric,
        "region": "${AWS::Region}",
        "stat": each.statistic,
        "period": min(each.seconds, 3600),
        "metrics": metrics,
        **_line(each),
    }


def _line(each: Condition) -> dict[str, Any]:
    if isinstance(each.threshold, Open):
        return {}
    line = {"label": each.title, "value": int(each.threshold)}
    return {"annotations": {"horizontal": [line]}}

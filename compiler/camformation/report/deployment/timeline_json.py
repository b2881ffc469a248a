"""A timeline as JSON."""

import json
from dataclasses import asdict

from camformation.deploy.operation.timeline import Timeline
from camformation.report.deployment.timeline_rows import Chart


def timeline_json(chart: Chart, timeline: Timeline | None = None) -> str:
    """Return the expected timeline, or that of the operation, ending with a newline.

    Times are seconds from the start.
    """
    data = {"title": chart.title, "seconds": chart.total}
    if timeline:
        data |= {
            "stack": timeline.stack,
            "action": timeline.action,
            "status": timeline.status,
            "began": timeline.began.isoformat(),
        }
    data["resources"] = [asdict(row) for row in chart.rows]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

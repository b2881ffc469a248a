"""Drift, as text and JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from camformation.deploy.live_stack.drift import ComponentDrift, Difference, Drift, Drifted
from camformation.report.terminal_text import readable

BOLD, RED, YELLOW = "1", "31", "33"
NONE = "(none)"


@readable
def drift_text(drift: Drift, *, colour: bool = False) -> str:
    """Return the drift by component, ending with a newline."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    lines: list[str] = []
    for component in drift.components:
        if component.resources or component.status in ("FAILED", "UNKNOWN"):
            lines += [paint(component.component, BOLD), *_component(component), ""]
    lines.append(paint(_summary(drift), BOLD))
    return "\n".join(lines) + "\n"


def drift_json(drift: Drift) -> str:
    """Return the drift as JSON."""
    document = {
        "deployment": drift.deployment,
        "drifted": drift.drifted,
        "complete": drift.complete,
        "components": [asdict(component) for component in drift.components],
    }
    return json.dumps(document, indent=2) + "\n"


def _component(component: ComponentDrift) -> Iterator[str]:
    if component.status in ("FAILED", "UNKNOWN"):
        yield f"  could not be examined: {component.reason or component.status}"
    for resource in component.resources:
        yield from _resource(resource)


def _resource(resource: Drifted) -> Iterator[str]:
    place = f"  ({resource.location})" if resource.location else ""
    signs = {"MODIFIED": "~ changed", "DELETED": "- deleted", "UNKNOWN": "? could not be checked"}
    sign, what = signs.get(resource.status, f"? {resource.status}").split(" ", 1)
    reason = f": {resource.reason}" if resource.reason else ""
    yield f"  {sign} {resource.logical_id}  {resource.type}  {what}{reason}{place}"
    for difference in resource.differences:
        yield f"      {_difference(difference)}"


def _difference(difference: Difference) -> str:
    name = difference.path.strip("/").replace("/", ".")
    place = f"  ({difference.location})" if difference.location else ""
    before = NONE if difference.expected is None else difference.expected
    after = NONE if difference.actual is None else difference.actual
    return f"{name}: {before} → {after}{place}"


def _summary(drift: Drift) -> str:
    found = [r for c in drift.components for r in c.resources if r.status != "UNKNOWN"]
    missing = sum(c.status in ("FAILED", "UNKNOWN") for c in drift.components)
    doubt = f"; {missing} of {len(drift.components)} stacks could not be examined" * bool(missing)
    if not found:
        return f"{drift.deployment}: no drift found{doubt}."
    changed = sum(resource.status == "MODIFIED" for resource in found)
    deleted = len(found) - changed
    return f"{drift.deployment}: {changed} changed and {deleted} deleted by other hands{doubt}."

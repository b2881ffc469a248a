"""Plans of real deployments: alike in both layouts, and gated where a spec change is dangerous."""

import json
from typing import Any

import pytest

from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates

CHANGES: list[tuple[dict[str, Any], set[str]]] = [
    ({"orchestration": {"brokers": 5}}, {"CAM660"}),
    ({"orchestration": {"partitions": 6}}, {"CAM661"}),
    ({"orchestration": {"environment": {"A": "b"}}}, set()),
    ({"storage": {"efs": {"performance_mode": "maxIO"}}}, {"CAM650"}),
    ({"storage": {"efs": {"throughput_mode": "bursting"}}}, {"CAM798"}),
    ({"database": {"name": "other"}}, {"CAM650"}),
    # Its password is kept, and its user stays in Camunda.
    ({"connectors": {"enabled": False}}, {"CAM626", "CAM652"}),
    ({"network": {"cidr": "10.0.0.0/16"}}, {"CAM656"}),
]


def planned(layout: Layout, change: dict[str, Any]) -> Plan:
    return make_plan(json.loads(json.dumps(templates(layout))), templates(layout, **change))


@pytest.mark.parametrize(("change", "gate"), CHANGES)
def test_a_spec_change_has_the_same_plan_in_both_layouts(
    change: dict[str, Any], gate: set[str]
) -> None:
    nested, flat = (planned(layout, change) for layout in (Layout.NESTED, Layout.FLAT))

    def essence(plan: Plan) -> list[Any]:
        return sorted(
            (c.logical_id, c.action, c.replacement, c.chain, sorted(p.path for p in c.properties))
            for c in plan.changes()
        )

    assert essence(nested) == essence(flat)
    assert nested.summary == flat.summary
    assert {b.code for b in nested.gate} == {b.code for b in flat.gate} == gate
    assert nested.has_changes


@pytest.mark.parametrize("layout", Layout)
def test_the_same_spec_has_no_changes(layout: Layout) -> None:
    assert planned(layout, {}).exit_code == 0

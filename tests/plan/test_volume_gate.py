"""Brokers' data moves to another file system only if somebody says so."""

import json
from typing import Any

import pytest

from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates

each_layout = pytest.mark.parametrize("layout", Layout)
ONE = {
    "file_system_id": "fs-0a1b2c3d4e5f60001",
    "access_point_id": "fsap-0a1b2c3d4e5f60001",
    "security_group_id": "sg-0a1b2c3d4e5f60001",
}
ALLOW = "CAM763:OrchestrationService"


def planned(layout: Layout, before: Any, after: Any, *allow: str, **sections: Any) -> Plan:
    old, new = (
        templates(layout, storage={"efs": {"existing": existing}}, **more)
        for existing, more in ((before, {}), (after, sections))
    )
    return make_plan(json.loads(json.dumps(old)), new, allow=allow)


MOVES = [
    (None, ONE),
    (ONE, None),
    (ONE, {**ONE, "file_system_id": "fs-0a1b2c3d4e5f60002"}),
    (ONE, {**ONE, "access_point_id": "fsap-0a1b2c3d4e5f60002"}),
]


@each_layout
@pytest.mark.parametrize(("before", "after"), MOVES)
def test_another_place_for_the_data_is_blocked_and_allowed_by_name(
    layout: Layout, before: Any, after: Any
) -> None:
    plan = planned(layout, before, after)
    (block,) = (each for each in plan.blocks if each.code == "CAM763")
    assert block.allow == ALLOW and ALLOW in block.hint
    assert "without their data" in block.message
    allowed = planned(layout, before, after, ALLOW)
    assert "CAM763" not in {each.code for each in allowed.blocks if not each.allowed}


@each_layout
def test_the_own_file_system_that_is_given_up_is_named_too(layout: Layout) -> None:
    plan = planned(layout, None, ONE)
    told = {(each.code, each.logical_id) for each in plan.gate}
    assert ("CAM652", "FileSystem") in told  # it is retained


@each_layout
@pytest.mark.parametrize("existing", [None, ONE])
def test_what_leaves_the_data_in_its_place_is_not_blocked(layout: Layout, existing: Any) -> None:
    same = planned(layout, existing, existing, orchestration={"restart": "2026-11-28", "cpu": 2048})
    assert same.exit_code and "CAM763" not in {each.code for each in same.gate}
    if existing:
        another = {**ONE, "security_group_id": "sg-0a1b2c3d4e5f60002"}
        moved = planned(layout, ONE, another)
        assert moved.exit_code and "CAM763" not in {each.code for each in moved.gate}

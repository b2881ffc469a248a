"""Exports of a live database's logs need their log group first (CAM716)."""

from typing import Any

import pytest

from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates
from plan.sample import LAYOUTS

each_layout = pytest.mark.parametrize("layout", LAYOUTS)


def plan(layout: Layout, before: dict[str, Any], after: dict[str, Any], *allow: str) -> Plan:
    sections = ({"database": {"log_exports": each}} for each in (before, after))
    old, new = (templates(layout, **each) for each in sections)
    return make_plan(old, new, allow=allow)


def found(made: Plan) -> list[tuple[str, bool]]:
    return [(b.severity, b.allowed) for b in made.gate if b.code == "CAM716"]


NONE: Any = None


@each_layout
def test_both_at_once_are_blocked_and_can_be_allowed(layout: Layout) -> None:
    assert found(plan(layout, NONE, {})) == [(Severity.BLOCK, False)]
    assert found(plan(layout, NONE, {}, "CAM716:AuroraCluster")) == [(Severity.BLOCK, True)]


@each_layout
def test_two_steps_pass(layout: Layout) -> None:
    types = {"types": ["postgresql", "instance"]}
    both: tuple[Any, ...] = (NONE, {})
    for before in both:
        assert found(plan(layout, before, {**types, "active": False})) == []
    assert found(plan(layout, {**types, "active": False}, types)) == []


@each_layout
@pytest.mark.parametrize(
    ("before", "after"),
    [({}, {"retention_days": 30}), ({}, NONE), ({"types": ["postgresql", "instance"]}, {})],
)
def test_changes_without_a_new_log_pass(layout: Layout, before: Any, after: Any) -> None:
    assert found(plan(layout, before, after)) == []


@each_layout
def test_one_more_type_is_blocked(layout: Layout) -> None:
    more = {"types": ["postgresql", "iam-db-auth-error"]}
    assert found(plan(layout, {}, more)) == [(Severity.BLOCK, False)]

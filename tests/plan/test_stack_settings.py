"""Settings of a stack that no template has: each difference is told, and equality is silent."""

from typing import Any

import pytest

from camformation.deploy.plan.model import Block, Plan, Target
from camformation.deploy.plan.stack_settings import (
    StackSettings,
    service_role_gate,
    settings_of_manifest,
    stack_settings_gate,
    wanted_settings,
)
from camformation.diagnostics import Location, Path
from camformation.report.plan.text import summary_line
from deployments import deployment

TOPIC = "arn:aws:sns:eu-west-2:111122223333:deployments"


def line(path: Path) -> Location | None:
    return Location(".".join(map(str, path)))


def gate(before: StackSettings, **sections: Any) -> tuple[Block, ...]:
    return tuple(stack_settings_gate(before, wanted_settings(deployment(**sections)), line))


def told(before: StackSettings, **sections: Any) -> list[tuple[str, str]]:
    """Return where and what is said of a live stack's settings, compared with a spec's."""
    blocks = gate(before, **sections)
    return [(block.location.file if block.location else "", block.message) for block in blocks]


@pytest.mark.parametrize(
    ("before", "spec", "where", "said"),
    [
        ({"tags": {"team": "a"}}, {"tags": {"team": "b"}}, "tags", "team: a → b"),
        ({"tags": {}}, {"tags": {"team": "b"}}, "tags", "team: unset → b"),
        ({"tags": {"team": "a"}}, {}, "tags", "team: a → unset"),
        (
            {"notification_topic_arns": ()},
            {"stack": {"notification_topic_arns": [TOPIC]}},
            "stack.notification_topic_arns",
            f"from none to {TOPIC}",
        ),
        (
            {"termination_protection": False},
            {"stack": {"termination_protection": True}},
            "stack.termination_protection",
            "the spec turns it on",
        ),
        (
            {"termination_protection": True},
            {"stack": {"termination_protection": False}},
            "stack.termination_protection",
            "it stays on",
        ),
        ({"region": "eu-west-1"}, {"region": "eu-west-2"}, "region", "another deployment"),
        (
            {"data_protection": True},
            {"stack": {"protect_data": False}},
            "stack.protect_data",
            "those that are there stay",
        ),
        (
            {"data_protection_unknown": "access denied"},
            {"stack": {"protect_data": False}},
            "stack.protect_data",
            "whether any protect data is unknown: access denied",
        ),
    ],
)
def test_a_difference_is_told_at_its_line(
    before: dict[str, Any], spec: dict[str, Any], where: str, said: str
) -> None:
    ((place, message),) = told(StackSettings(**before), **spec)
    assert place == where and said in message


def test_what_is_equal_or_unknown_is_not_told() -> None:
    spec: dict[str, Any] = {
        "region": "eu-west-2",
        "tags": {"team": "a"},
        "stack": {"notification_topic_arns": [TOPIC], "termination_protection": True},
    }
    same = StackSettings({"team": "a", "aws:created": "x"}, (TOPIC,), True, "eu-west-2")
    assert told(same, **spec) == []
    assert told(StackSettings(), **spec) == []
    for unprotected in ({"data_protection": False}, {"data_protection": None}):
        assert told(StackSettings(**unprotected), stack={"protect_data": False}) == []
    unknown = StackSettings(data_protection_unknown="access denied")
    assert told(unknown, **spec) == []


def test_a_manifest_tells_tags_and_region() -> None:
    found = settings_of_manifest({"tags": {"team": "a"}, "region": "eu-west-2", "name": "x"})
    assert found == StackSettings(tags={"team": "a"}, region="eu-west-2")
    assert settings_of_manifest({"tags": [], "region": 1}) == StackSettings()


@pytest.mark.parametrize(
    ("before", "spec", "exit_code", "summary"),
    [
        ({"tags": {"team": "a"}}, {"tags": {"team": "a"}}, 0, "matches the spec"),
        ({"tags": {}}, {"tags": {"team": "b"}}, 2, "1 setting of the stack to change"),
        (
            {"tags": {}, "termination_protection": False},
            {"tags": {"team": "b"}, "stack": {"termination_protection": True}},
            2,
            "2 settings of the stack to change",
        ),
        (
            {"notification_topic_arns": (TOPIC,)},
            {},
            2,
            "1 setting of the stack to change",
        ),
        (
            {"termination_protection": True},
            {"stack": {"termination_protection": False}},
            0,
            "No changes to deploy, but a setting of the stack differs",
        ),
    ],
)
def test_a_setting_that_deploying_changes_is_a_change(
    before: dict[str, Any], spec: dict[str, Any], exit_code: int, summary: str
) -> None:
    target = Target("camunda", "flat", base="deployed")
    plan = Plan(target, gate=gate(StackSettings(**before), **spec))
    assert plan.exit_code == exit_code
    assert summary in summary_line(plan)


def test_a_service_role_that_is_given_up_stays() -> None:
    role = "arn:aws:iam::111122223333:role/cloudformation"
    [block] = service_role_gate(role, None, line)
    assert "CloudFormation keeps the stack's" in block.message and not block.setting
    for before, after in ((None, None), (None, role), (role, role), (role, f"{role}-2")):
        assert not list(service_role_gate(before, after, line))

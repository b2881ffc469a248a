"""The operations of a stack, as its events tell them."""

import json

import pytest

from camformation.deploy.operation.history import PastOperation, operations
from camformation.report.deployment.history_text import history_json, history_text
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import Step

COURSES = [
    (
        ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"],
        [("CREATE", "ROLLBACK_COMPLETE", False)],
    ),
    (
        ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_IN_PROGRESS"],
        [("UPDATE", "UPDATE_IN_PROGRESS", None), ("CREATE", "CREATE_COMPLETE", True)],
    ),
    (
        [
            *("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"),
            *("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"),
        ],
        [("UPDATE", "UPDATE_ROLLBACK_FAILED", False), ("UPDATE", "UPDATE_COMPLETE", True)],
    ),
    (
        ["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_IN_PROGRESS"],
        [
            ("DELETE", "DELETE_IN_PROGRESS", None),
            ("DELETE", "DELETE_FAILED", False),
            ("CREATE", "CREATE_IN_PROGRESS", None),
        ],
    ),
    (
        [
            *("UPDATE_IN_PROGRESS", "UPDATE_FAILED"),
            *("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        ],
        [("ROLLBACK", "UPDATE_ROLLBACK_COMPLETE", True), ("UPDATE", "UPDATE_FAILED", False)],
    ),
    (["REVIEW_IN_PROGRESS"], []),
]


@pytest.mark.parametrize(("statuses", "expected"), COURSES)
def test_operations(statuses: list[str], expected: list[tuple[str, str, bool | None]]) -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.stacks.play(root, [Step(number, status) for number, status in enumerate(statuses)])
    fake.clock.sleep(60)
    found = operations(fake.stacks.events(root.id))
    assert [(each.kind, each.status, each.succeeded) for each in found] == expected


def past() -> list[PastOperation]:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    statuses, _ = COURSES[1]
    fake.stacks.play(root, [Step(100 * number, each) for number, each in enumerate(statuses)])
    fake.clock.sleep(600)
    return list(operations(fake.stacks.events(root.id)))


def test_the_table_names_each_operation_and_its_end() -> None:
    text = history_text("camunda", past())
    assert [line.split()[0] for line in text.splitlines()] == [
        "OPERATION",
        "20260105T120320.000Z-update",
        "20260105T120000.000Z-create",
    ]
    assert "running" in text and "1 min 40 s" in text
    assert history_text("camunda", []) == "camunda has no operation yet\n"
    assert "\x1b[32m" in history_text("camunda", past(), colour=True)


def test_json_has_the_same() -> None:
    data = json.loads(history_json("camunda", past()))
    assert [each["seconds"] for each in data["operations"]] == [None, 100.0]
    assert [each["succeeded"] for each in data["operations"]] == [None, True]

"""Operations are read by CloudFormation's own ids, where it tells them and they may be read."""

from dataclasses import replace

import pytest

from camformation.deploy.aws import answers
from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, DeployError, Refused
from camformation.deploy.cloud.stacks import StackOperation
from camformation.deploy.diagnosis.attempt import AttemptEvents
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.diagnosis.reading import earlier_operation, read_record, record_of
from camformation.deploy.operation.history import operations
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import FakeStack, Step
from deploy.test_diagnosis import CALLER, failed_creation, read


def by_operation(fake: FakeCloud, stack: FakeStack, kind: str, number: int = 1) -> None:
    """Give a stack's events the ids that CloudFormation gives them: a rollback has its own."""
    rolling = False
    own, back = f"{stack.name}-{number}", f"{stack.name}-{number}-rollback"
    for index, event in enumerate(stack.events):
        if event.operation:
            continue
        rolling = rolling or (event.of_stack and "ROLLBACK" in event.status)
        stack.events[index] = replace(event, operation=back if rolling else own)
    found = [StackOperation(own, kind)]
    if rolling:
        found.insert(0, StackOperation(back, "ROLLBACK"))
    stack.operations = (StackOperation("changes", "CREATE_CHANGESET"), *found)


def failed(fake: FakeCloud) -> FakeStack:
    root = failed_creation(fake)
    for stack in fake.stacks.known.values():
        by_operation(fake, stack, "CREATE_STACK")
    return root


def called(fake: FakeCloud, name: str) -> list[str]:
    return [str(what) for method, what in fake.stacks.calls if method == name]


def test_a_failed_attempt_is_two_operations_with_the_cause_in_the_older_one() -> None:
    fake = FakeCloud()
    root = failed(fake)
    found = read(fake)
    assert [each.path for each in found.causes] == ["root/orchestration/OrchestrationService"]
    assert (found.status, found.succeeded) == ("ROLLBACK_COMPLETE", False)
    assert root.id not in called(fake, "events"), "it is told by operation"
    assert {f"{root.name}-1", f"{root.name}-1-rollback"} <= set(called(fake, "operation_events"))
    assert "changes" not in called(fake, "operation_events")


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("CAM601", "no permission: cloudformation:DescribeEvents", None),
        Refused("CAM604", "Operation does not exist", None, "ValidationError"),
    ],
)
def test_without_describe_events_all_events_are_read(error: DeployError) -> None:
    fake = FakeCloud()
    failed(fake)
    fake.stacks.fail("operation_events", *[error] * 20)
    found = read(fake)
    assert [each.path for each in found.causes] == ["root/orchestration/OrchestrationService"]
    assert called(fake, "events")


def test_expired_credentials_end_it() -> None:
    fake = FakeCloud()
    root = failed(fake)
    fake.stacks.fail("operation_events", CredentialsExpired("CAM602", "expired", None))
    with pytest.raises(CredentialsExpired):
        AttemptEvents(fake.stacks).events(root.id)


def test_a_rollback_whose_beginning_is_not_told_is_read_as_a_whole() -> None:
    fake = FakeCloud()
    root = failed(fake)
    root.operations = tuple(each for each in root.operations if each.type == "ROLLBACK")
    found = read(fake)
    assert found.causes and found.header.kind == "CREATE"
    assert root.id in called(fake, "events")


def test_an_earlier_operation_that_nobody_recorded_is_read_from_its_events() -> None:
    fake = FakeCloud()
    root = failed(fake)
    ids = operations(fake.stacks.events(root.id))
    assert ids[0].operations == (f"{root.name}-1", f"{root.name}-1-rollback")
    fake.stacks.play(root, [Step(0, "DELETE_IN_PROGRESS"), Step(9, "DELETE_FAILED")])
    fake.clock.sleep(60)
    for wanted in (ids[0].id, f"{root.name}-1"):
        last = earlier_operation(fake.stacks, "camunda", wanted)
        record = record_of(fake.cloud, CALLER, last, fake.stacks, fake.clock.now())
        found = diagnose(record)
        assert (found.header.kind, found.status) == ("CREATE", "ROLLBACK_COMPLETE")
        assert [each.path for each in found.causes] == ["root/orchestration/OrchestrationService"]
    with pytest.raises(DeployError, match="no record of the operation 2020"):
        earlier_operation(fake.stacks, "camunda", "2020")


RAW = {
    "EventId": "1",
    "StackId": "arn:aws:cloudformation:eu-west-2:111122223333:stack/camunda/1",
    "OperationId": "op",
    "OperationType": "CREATE_STACK",
    "LogicalResourceId": "Vpc",
    "PhysicalResourceId": "",
    "ResourceType": "AWS::EC2::VPC",
    "Timestamp": FakeCloud().clock.now(),
}
HOOK = {
    "EventType": "HOOK_INVOCATION_ERROR",
    "HookType": "Company::Net::Cidr",
    "HookStatus": "HOOK_COMPLETE_FAILED",
    "HookStatusReason": "10.0.0.0/8 is not yours",
    "HookFailureMode": "FAIL",
}
VALIDATION = {
    "EventType": "VALIDATION_ERROR",
    "ValidationName": "NAME_CONFLICT_VALIDATION",
    "ValidationStatusReason": "it exists",
    "ValidationPath": "/Resources/Vpc",
    "ValidationFailureMode": "FAIL",
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (HOOK, ("CREATE_FAILED", "Company::Net::Cidr: 10.0.0.0/8 is not yours")),
        ({**HOOK, "HookFailureMode": "WARN"}, None),
        (VALIDATION, ("CREATE_FAILED", "NAME_CONFLICT_VALIDATION: it exists (/Resources/Vpc)")),
        (
            {"EventType": "PROVISIONING_ERROR", "ResourceStatusReason": "no", "x": 1},
            ("CREATE_FAILED", "no"),
        ),
        (
            {"EventType": "PROGRESS_EVENT", "ResourceStatus": "CREATE_COMPLETE"},
            ("CREATE_COMPLETE", None),
        ),
        ({"EventType": "STACK_EVENT"}, None),
        ({**HOOK, "OperationType": "ROLLBACK"}, None),
    ],
)
def test_events_of_describe_events(
    more: dict[str, object], expected: tuple[str, str | None] | None
) -> None:
    found = answers.operation_event({**RAW, **more})
    assert (found and (found.status, found.reason)) == expected
    if found:
        assert (found.stack_name, found.operation) == ("camunda", "op")


def test_a_hook_that_only_describe_events_tells_of_is_the_cause() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.stacks.play(
        root,
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(2, "ROLLBACK_IN_PROGRESS", reason="The following hook(s) failed: [Company]"),
            Step(9, "ROLLBACK_COMPLETE"),
        ],
    )
    event = answers.operation_event({**RAW, **HOOK, "StackId": root.id})
    assert event
    root.events.insert(1, event)
    fake.clock.sleep(60)
    by_operation(fake, root, "CREATE_STACK")
    root.events[1] = replace(root.events[1], operation=f"{root.name}-1")
    record = read_record(fake.cloud, CALLER, "camunda", fake.clock.now())
    assert [each.failure.reason for each in diagnose(record).causes] == [
        "Company::Net::Cidr: 10.0.0.0/8 is not yours"
    ]

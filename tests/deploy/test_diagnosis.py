"""Why an operation failed, read from AWS afterwards: the first cause first, each with evidence."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, DeployError
from camformation.deploy.cloud.services import ContainerState, LogLine, TaskState
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.diagnosis.diagnosis import Diagnosis, diagnose
from camformation.deploy.diagnosis.links import log_link, service_links, stack_link
from camformation.deploy.diagnosis.reading import read_record
from camformation.diagnostics import Location, Path
from camformation.report.deployment.diagnosis_text import (
    diagnosis_json,
    diagnosis_markdown,
    diagnosis_text,
)
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import STACK, START, FakeStack, Step
from deploy.following import CANCELLED, SERVICE_ARN, nested
from deploy.test_signatures import record

CALLER = Caller("111122223333", "arn:aws:sts::111122223333:assumed-role/deployer/ada")
GROUP = "/ecs/camunda"
BREAKER = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
EMBEDDED = "Embedded stack arn:aws:cloudformation:x was not successfully created"


def failed_creation(fake: FakeCloud) -> FakeStack:
    """A creation in nested stacks: the brokers do not start, siblings are cancelled, all is rolled
    back, and the nested stacks are deleted with it."""
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    inner, other = "Orchestration", "Database"
    service = ("OrchestrationService", "AWS::ECS::Service")
    fake.stacks.play(
        root,
        [
            Step(0, "CREATE_IN_PROGRESS"),
            nested(fake, root, "Orchestration", 1, "CREATE_IN_PROGRESS"),
            nested(fake, root, "Database", 1, "CREATE_IN_PROGRESS"),
            Step(2, "CREATE_COMPLETE", "Logs", "AWS::Logs::LogGroup", physical_id=GROUP),
            Step(3, "CREATE_IN_PROGRESS", *service, None, inner, SERVICE_ARN),
            Step(9, "CREATE_FAILED", *service, BREAKER, inner, SERVICE_ARN),
            Step(9, "CREATE_FAILED", "AuroraCluster", "AWS::RDS::DBCluster", CANCELLED, other),
            Step(10, "CREATE_FAILED", "Database", STACK, CANCELLED),
            Step(10, "CREATE_FAILED", "Orchestration", STACK, EMBEDDED),
            Step(11, "ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to create"),
            Step(12, "DELETE_COMPLETE", *service, None, inner, SERVICE_ARN),
            Step(20, "ROLLBACK_COMPLETE"),
        ],
    )
    fake.services.stopped["core"] = (
        TaskState(
            "arn:aws:ecs:eu-west-2:111122223333:task/camunda-cluster/0a1b",
            "STOPPED",
            "arn:aws:ecs:eu-west-2:111122223333:task-definition/core:1",
            (ContainerState("core", "camunda/camunda:8.10.9", "STOPPED", 1),),
            stopped_reason="Essential container in task exited",
        ),
    )
    fake.services.logs["core/core/0a1b"] = (
        LogLine(START, "core/core/0a1b", 'FATAL: PAM authentication failed for user "camunda"'),
    )
    fake.clock.sleep(60)
    return root


def read(fake: FakeCloud, name: str = "camunda", **more: Any) -> Diagnosis:
    return diagnose(read_record(fake.cloud, CALLER, name, fake.clock.now(), **more))


def test_the_cause_in_a_nested_stack_is_told_with_its_evidence() -> None:
    fake = FakeCloud()
    failed_creation(fake)
    found = read(fake)
    assert (found.status, found.succeeded) == ("ROLLBACK_COMPLETE", False)
    assert found.header.kind == "CREATE"
    assert [each.path for each in found.causes] == ["root/orchestration/OrchestrationService"]
    cause = found.causes[0]
    assert cause.known and cause.known.key == "database-iam"
    assert cause.failure.evidence and cause.failure.evidence.task == "0a1b"
    assert [link.title for link in cause.links] == ["stack events", "service", "task", "log"]


def test_the_spec_line_is_told() -> None:
    fake = FakeCloud()
    failed_creation(fake)

    def locate(component: str, logical_id: str, path: Path) -> Location | None:
        wanted = ("orchestration", "OrchestrationService")
        return Location("prod.yaml", 7, 3) if (component, logical_id) == wanted else None

    found = read(fake, locate=locate)
    assert str(found.causes[0].failure.location) == "prod.yaml:7:3"
    assert "spec: prod.yaml:7:3" in diagnosis_text(found)


def test_a_deleted_stack_is_found_by_its_arn() -> None:
    fake = FakeCloud()
    root = failed_creation(fake)
    fake.stacks.play(root, [Step(0, "DELETE_IN_PROGRESS"), Step(1, "DELETE_COMPLETE")])
    fake.clock.sleep(60)
    found = read(fake, root.id)
    assert (found.header.kind, found.succeeded) == ("CREATE", False)
    assert found.causes[0].known and found.causes[0].known.key == "database-iam"


def test_a_deletion_that_followed_a_good_deployment_is_the_last_operation() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    statuses = ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE")
    fake.stacks.play(root, [Step(number, status) for number, status in enumerate(statuses)])
    fake.clock.sleep(60)
    found = read(fake, root.id)
    assert (found.header.kind, found.status, found.succeeded) == ("DELETE", "DELETE_COMPLETE", True)


def test_without_permission_for_ecs_the_reason_stays_and_the_gap_is_told() -> None:
    fake = FakeCloud()
    failed_creation(fake)
    denied = AccessDenied("CAM603", "ecs:DescribeServices is denied", "allow it")
    fake.services.fail("services", denied)
    found = read(fake)
    cause = found.causes[0]
    assert cause.failure.evidence is None
    assert cause.known and cause.known.key == "circuit-breaker"
    assert "ecs:DescribeServices is denied" in found.unread[0].message
    assert "not read: " in diagnosis_text(found)


def test_expired_credentials_end_it() -> None:
    fake = FakeCloud()
    failed_creation(fake)
    fake.services.fail("services", CredentialsExpired("CAM602", "expired", None))
    with pytest.raises(CredentialsExpired):
        read(fake)


def test_a_success_has_no_cause() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.stacks.play(root, [Step(0, "CREATE_IN_PROGRESS"), Step(5, "CREATE_COMPLETE")])
    fake.clock.sleep(60)
    found = read(fake)
    assert (found.succeeded, found.causes, found.reason) == (True, (), None)
    assert "succeeded: CREATE_COMPLETE" in diagnosis_text(found)


def test_a_running_operation_is_told_as_far_as_it_went() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    fake.stacks.play(root, [Step(0, "UPDATE_IN_PROGRESS"), Step(999, "UPDATE_COMPLETE")])
    fake.clock.sleep(5)
    found = read(fake)
    assert (found.header.kind, found.status, found.succeeded) == ("UPDATE", None, None)
    assert "has no recorded end" in diagnosis_text(found)


def test_a_stack_without_a_failed_resource_gives_its_own_reason() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda")
    said = "Role arn:aws:iam::111122223333:role/cfn is invalid or cannot be assumed"
    fake.stacks.play(
        root,
        [
            Step(0, "UPDATE_IN_PROGRESS"),
            Step(1, "UPDATE_ROLLBACK_IN_PROGRESS", reason=said),
            Step(2, "UPDATE_ROLLBACK_FAILED", reason=said),
        ],
    )
    fake.clock.sleep(60)
    cause = read(fake).causes[0]
    assert cause.path == "root/camunda"
    assert cause.known and cause.known.key == "service-role"


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [("other", None, "no stack other"), ("fresh", "REVIEW_IN_PROGRESS", "no operation yet")],
)
def test_what_has_no_operation_is_an_error(name: str, status: str | None, says: str) -> None:
    fake = FakeCloud()
    if status:
        fake.stacks.add(name, status)
    with pytest.raises(DeployError, match=says) as error:
        read(fake, name)
    assert error.value.hint


@pytest.mark.parametrize("report", [diagnosis_text, diagnosis_markdown, diagnosis_json])
def test_what_was_taken_for_a_secrets_arn_is_not_told(report: Callable[[Diagnosis], str]) -> None:
    """ECS repeats it in its reasons (Amazon ECS Developer Guide, ResourceInitializationError)."""
    fake = FakeCloud()
    failed_creation(fake)
    reason = (
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve "
        "secret from asm: trying to retrieve secret with value hunter2 resulted in error: an "
        "invalid ARN format for the AWS Secrets Manager secret was specified"
    )
    (task,) = fake.services.stopped["core"]
    (container,) = task.containers
    fake.services.stopped["core"] = (
        replace(task, stopped_reason=reason, containers=(replace(container, reason=reason),)),
    )
    said = report(read(fake))
    assert "hunter2" not in said and "secret with value (hidden)" in said
    assert "reference to a secret" in said


@pytest.mark.parametrize("style", ["text", "markdown", "json"])
def test_the_report(style: str, golden: Callable[[str, Any], None]) -> None:
    fake = FakeCloud()
    failed_creation(fake)
    found = read(fake)
    reports = {"text": diagnosis_text, "markdown": diagnosis_markdown, "json": diagnosis_json}
    golden(f"diagnosis/creation.{style}", reports[style](found))


def test_json_says_whether_the_same_would_fail_again() -> None:
    fake = FakeCloud()
    failed_creation(fake)
    data = json.loads(diagnosis_json(read(fake)))
    assert data["permanent"] is False
    assert data["causes"][0]["path"] == "root/orchestration/OrchestrationService"


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-2", "eu-west-2.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_to_the_partitions_console(partition: str, region: str, host: str) -> None:
    base = record().header
    header = type(base)(**{**base.__dict__, "partition": partition, "region": region})
    links = [stack_link(header), *service_links(header, SERVICE_ARN, "0a1b")]
    links.append(log_link(header, "/ecs/camunda", "a/b/c"))
    assert all(link.url.startswith(f"https://{host}/") for link in links)
    assert links[-1].url.endswith("log-group/$252Fecs$252Fcamunda/log-events/a$252Fb$252Fc")
    assert links[1].url.endswith(f"camunda-cluster/services/core/health?region={region}")


def test_a_service_without_a_cluster_in_its_arn_has_no_link() -> None:
    assert not list(service_links(record().header, "arn:aws:ecs:eu-west-2:1:service/core", "1"))
    assert not list(service_links(record().header, None, None))
    assert not list(service_links(record().header, record().header.stack_id, None))

"""ECS rollouts are shown while they run, and what failed is kept before a rollback deletes it."""

from typing import Any

from camformation.deploy.cloud.protocols import AccessDenied, Throttled
from camformation.deploy.cloud.services import (
    ContainerState,
    LogLine,
    ServiceDeployment,
    ServiceState,
    TaskState,
)
from camformation.deploy.operation.events import Event, Failure, Notice, Rollout
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START, FakeStack, Step
from deploy.following import SERVICE_ARN, end, followed, of

OLD, NEW = "arn:aws:ecs:eu-west-2:1:task-definition/core:1", "task-definition/core:2"
PULL = "CannotPullContainerError: camunda/camunda:9.9.9: not found"


def rollout(
    revision: str = NEW, status: str = "PRIMARY", failed: int = 0, **more: Any
) -> ServiceDeployment:
    return ServiceDeployment(
        f"ecs-svc/{revision}", status, revision, 3, 0, 3, failed, START, START, **more
    )


def service(*deployments: ServiceDeployment) -> ServiceState:
    said = (START, "(service core) was unable to place a task")
    return ServiceState(SERVICE_ARN, "core", "ACTIVE", 3, 0, 3, deployments, (said,))


def stopped(reason: str, task: str = "abc", code: int | None = 1) -> TaskState:
    return TaskState(
        f"arn:aws:ecs:eu-west-2:1:task/camunda-cluster/{task}",
        "STOPPED",
        NEW,
        (ContainerState("core", "camunda/camunda:9.9.9", "STOPPED", code),),
        stopped_reason=reason,
    )


class Course:
    """What ECS says changes as time passes; after `gone`, the service is deleted."""

    def __init__(self, fake: FakeCloud, *states: tuple[float, ServiceState], gone: float) -> None:
        ask = fake.services.services
        began = fake.clock.now()

        def services(cluster: str, names: Any) -> tuple[ServiceState, ...]:
            ask(cluster, names)
            passed = (fake.clock.now() - began).total_seconds()
            if passed >= gone:
                fake.services.stopped.clear()
                return ()
            return tuple([state for at, state in states if at <= passed][-1:])

        fake.services.services = services  # type: ignore[method-assign]


def event(at: float, status: str, reason: str | None = None) -> Step:
    return Step(at, status, "OrchestrationService", "AWS::ECS::Service", reason, "", SERVICE_ARN)


def failing(fake: FakeCloud, root: FakeStack) -> list[Event]:
    """A creation whose service never starts, and which is rolled back."""
    group = "/ecs/prod-oc1-camunda"
    return followed(
        fake,
        root,
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(1, "CREATE_COMPLETE", "CamundaLogGroup", "AWS::Logs::LogGroup", physical_id=group),
            event(2, "CREATE_IN_PROGRESS"),
            event(60, "CREATE_FAILED", "ECS Deployment Circuit Breaker was triggered"),
            Step(61, "ROLLBACK_IN_PROGRESS"),
            event(62, "DELETE_IN_PROGRESS"),
            event(70, "DELETE_COMPLETE"),
            Step(120, "ROLLBACK_COMPLETE"),
        ],
    )


def test_the_last_failed_task_outlives_the_service_that_the_rollback_deletes() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.services.stopped["core"] = (stopped(PULL),)
    fake.services.logs["core/core/abc"] = (LogLine(START, "core/core/abc", "no license"),)
    Course(fake, (0, service(rollout())), (20, service(rollout(failed=2))), gone=66)
    (cause,) = end(failing(fake, root)).failures
    assert cause.evidence is not None
    assert cause.evidence.stopped_reason == PULL
    assert cause.evidence.containers[0].exit_code == 1
    assert [line.text for line in cause.evidence.log] == ["no license"]
    assert cause.service_events == ("(service core) was unable to place a task",)


def test_a_rollout_is_shown_whenever_it_changes_and_only_then() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    Course(fake, (0, service(rollout())), (20, service(rollout(failed=2))), gone=66)
    rollouts = of(Rollout, failing(fake, root))
    assert [each.service.deployments[0].failed for each in rollouts] == [0, 2]
    assert rollouts[0].logical_id == "OrchestrationService"


def test_tasks_that_ecs_stopped_on_purpose_are_no_evidence() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    scaled = stopped("Scaling activity initiated by (deployment ecs-svc/1)", "old", None)
    fake.services.stopped["core"] = (scaled, stopped("Task failed container health checks"))
    Course(fake, (0, service(rollout(failed=1))), gone=66)
    (cause,) = end(failing(fake, root)).failures
    assert cause.evidence and cause.evidence.stopped_reason.endswith("health checks")


def test_a_missing_permission_is_said_once_and_stops_nothing() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    denied = AccessDenied("CAM603", "not allowed", "the role needs ecs:DescribeServices")
    fake.services.fail("services", *[denied] * 50)
    events = failing(fake, root)
    (notice,) = of(Notice, events)
    assert notice.code == "CAM631" and notice.hint and "ecs:DescribeServices" in notice.hint
    assert of(Failure, events)[0].logical_id == "OrchestrationService"
    assert len(fake.services.called("services")) == 1


def test_throttled_ecs_is_asked_again() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.services.fail("services", *[Throttled("CAM604", "slow down")] * 3)
    fake.services.states["core"] = service(rollout())
    assert of(Rollout, failing(fake, root))


def updated(fake: FakeCloud) -> list[Event]:
    root = fake.stacks.add("camunda")
    return followed(
        fake,
        root,
        [
            Step(0, "UPDATE_IN_PROGRESS"),
            event(1, "UPDATE_IN_PROGRESS"),
            event(60, "UPDATE_COMPLETE"),
            Step(62, "UPDATE_COMPLETE"),
        ],
        "UPDATE",
    )


def test_a_service_that_ecs_took_back_is_told_although_cloudformation_is_content() -> None:
    fake = FakeCloud()
    before = service(rollout(OLD))
    during = service(rollout(NEW), rollout(OLD, "ACTIVE"))
    back = service(rollout(OLD, rollout_reason="circuit breaker: rolled back"))
    Course(fake, (0, before), (10, during), (40, back), gone=999)
    events = updated(fake)
    (notice,) = of(Notice, events)
    assert notice.code == "CAM634" and "rolled back" in notice.message
    assert end(events).succeeded


def test_an_ordinary_rolling_update_is_no_warning() -> None:
    fake = FakeCloud()
    before = service(rollout(OLD, rollout_state="COMPLETED"))
    during = service(rollout(NEW, rollout_state="IN_PROGRESS"), rollout(OLD, "ACTIVE"))
    after = service(rollout(NEW, rollout_state="COMPLETED"))
    Course(fake, (0, before), (10, during), (40, after), gone=999)
    assert not of(Notice, updated(fake))

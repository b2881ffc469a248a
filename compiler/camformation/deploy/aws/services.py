"""ECS and CloudWatch Logs over boto3."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.aws.service_answers import (
    container_definition,
    service_state,
    task_state,
)
from camformation.deploy.cloud.errors import DeployError, Refused
from camformation.deploy.cloud.services import (
    ContainerDefinition,
    LogEvent,
    LogLine,
    ScalableTarget,
    ServiceState,
    TaskRequest,
    TaskState,
)

MAX_SERVICES = 10  # Amazon ECS API Reference, DescribeServices
MAX_TARGETS = 50  # Application Auto Scaling API Reference, DescribeScalableTargets
MAX_PROTECTED = 10  # Amazon ECS API Reference, UpdateTaskProtection
MAX_TASKS = 100  # Amazon ECS API Reference, DescribeTasks


class AwsServices:
    """Implements `Services`."""

    def __init__(self, ecs: Client, logs: Client, scaling: Client | None) -> None:
        """Take no client of Application Auto Scaling if the service is not available."""
        self._ecs = ecs
        self._logs = logs
        self._scaling = scaling

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        """See `Services`."""
        found: list[ServiceState] = []
        for start in range(0, len(names), MAX_SERVICES):
            batch = list(names[start : start + MAX_SERVICES])
            try:
                answer = self._ecs.call("describe_services", cluster=cluster, services=batch)
            except Refused as error:
                if is_missing(error):
                    return ()
                raise
            found += [service_state(raw) for raw in answer["services"]]
        return tuple(found)

    def scalable_targets(self, cluster: str, names: Sequence[str]) -> Mapping[str, ScalableTarget]:
        """See `Services`."""
        if self._scaling is None:
            return {}
        return {
            found["ResourceId"].rpartition("/")[2]: ScalableTarget(
                found["MinCapacity"], found["MaxCapacity"]
            )
            for start in range(0, len(names), MAX_TARGETS)
            for found in self._scaling.items(
                "describe_scalable_targets",
                "ScalableTargets",
                ServiceNamespace="ecs",
                ScalableDimension="ecs:service:DesiredCount",
                ResourceIds=[
                    f"service/{cluster}/{name}" for name in names[start : start + MAX_TARGETS]
                ],
            )
        }

    def tasks(self, cluster: str, service: str, *, stopped: bool) -> tuple[TaskState, ...]:
        """See `Services`."""
        wanted = "STOPPED" if stopped else "RUNNING"
        arns: list[str] = []
        found: list[dict[str, Any]] = []
        try:
            for page in self._ecs.pages(
                "list_tasks", cluster=cluster, serviceName=service, desiredStatus=wanted
            ):
                arns += page["taskArns"]
            for start in range(0, len(arns), MAX_TASKS):
                batch = arns[start : start + MAX_TASKS]
                found += self._ecs.call("describe_tasks", cluster=cluster, tasks=batch)["tasks"]
        except Refused as error:
            if is_missing(error):
                return ()
            raise
        oldest = datetime.min.replace(tzinfo=UTC)
        found.sort(key=lambda raw: raw.get("createdAt", oldest), reverse=True)
        return tuple(task_state(raw) for raw in found)

    def run_task(self, request: TaskRequest) -> str:
        """See `Services`."""
        variables = [{"name": n, "value": v} for n, v in sorted(request.environment.items())]
        answer = self._ecs.call(
            "run_task",
            cluster=request.cluster,
            taskDefinition=request.task_definition,
            launchType="FARGATE",
            count=1,
            clientToken=request.token,
            startedBy="camformation",
            overrides={
                "containerOverrides": [{"name": request.container, "environment": variables}]
            },
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": list(request.subnets),
                    "securityGroups": list(request.security_groups),
                    "assignPublicIp": "DISABLED",
                }
            },
        )
        if not answer["tasks"]:
            reasons = [f"{e.get('reason')} {e.get('detail', '')}" for e in answer["failures"]]
            said = "; ".join(map(str.strip, reasons)) or "it gives no reason"
            raise DeployError("CAM749", f"ECS does not start the task: {said}", None)
        return str(answer["tasks"][0]["taskArn"])

    def task(self, cluster: str, task: str) -> TaskState | None:
        """See `Services`."""
        answer = self._ecs.call("describe_tasks", cluster=cluster, tasks=[task])
        return next(map(task_state, answer["tasks"]), None)

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        """See `Services`."""
        self._ecs.call("stop_task", cluster=cluster, task=task, reason=reason)

    def protect_tasks(self, cluster: str, tasks: Sequence[str], minutes: int) -> None:
        """See `Services`."""
        for start in range(0, len(tasks), MAX_PROTECTED):
            self._ecs.call(
                "update_task_protection",
                cluster=cluster,
                tasks=list(tasks[start : start + MAX_PROTECTED]),
                protectionEnabled=bool(minutes),
                expiresInMinutes=minutes or None,
            )

    def task_definition(self, arn: str) -> tuple[ContainerDefinition, ...]:
        """See `Services`."""
        answer = self._ecs.call("describe_task_definition", taskDefinition=arn)
        return tuple(map(container_definition, answer["taskDefinition"]["containerDefinitions"]))

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        """See `Services`."""
        self._ecs.call("update_service", cluster=cluster, service=service, desiredCount=count)

    def force_deployment(self, cluster: str, service: str) -> None:
        """See `Services`."""
        self._ecs.call("update_service", cluster=cluster, service=service, forceNewDeployment=True)

    def stop_deployment(self, deployment: str) -> None:
        """See `Services`."""
        self._ecs.call(
            "stop_service_deployment", serviceDeploymentArn=deployment, stopType="ROLLBACK"
        )

    def log_lines(self, group: str, stream: str, limit: int) -> tuple[LogLine, ...]:
        """See `Services`."""
        try:
            answer = self._logs.call(
                "get_log_events",
                logGroupName=group,
                logStreamName=stream,
                limit=limit,
                startFromHead=False,
            )
        except Refused as error:
            if is_missing(error):
                return ()
            raise
        return tuple(
            LogLine(
                datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
                stream,
                event.get("message", ""),
            )
            for event in answer["events"]
        )

    def log_streams(self, group: str, limit: int) -> tuple[str, ...]:
        """See `Services`."""
        try:
            answer = self._logs.call(
                "describe_log_streams",
                logGroupName=group,
                orderBy="LastEventTime",
                descending=True,
                limit=limit,
            )
        except Refused as error:
            if is_missing(error):
                return ()
            raise
        return tuple(each["logStreamName"] for each in answer["logStreams"])

    def log_events(
        self, group: str, since: datetime, *, prefix: str = "", pattern: str = ""
    ) -> Iterator[LogEvent]:
        """See `Services`."""
        for each in self._logs.items(
            "filter_log_events",
            "events",
            logGroupName=group,
            startTime=int(since.timestamp() * 1000),
            logStreamNamePrefix=prefix or None,
            filterPattern=pattern or None,
        ):
            yield LogEvent(
                id=each.get("eventId", ""),
                time=datetime.fromtimestamp(each["timestamp"] / 1000, UTC),
                stream=each.get("logStreamName", ""),
                text=each.get("message", ""),
            )

    def runtime_ids(self, cluster: str, task: str) -> Mapping[str, str]:
        """See `Services`."""
        answer = self._ecs.call("describe_tasks", cluster=cluster, tasks=[task])
        return {
            container["name"]: container["runtimeId"]
            for found in answer["tasks"]
            for container in found.get("containers", ())
            if container.get("runtimeId")
        }

"""ECS's answers as the types of `cloud/services`."""

from typing import Any

from camformation.deploy.cloud.services import (
    ContainerDefinition,
    ContainerState,
    ServiceDeployment,
    ServiceState,
    TaskState,
)


def container_definition(raw: dict[str, Any]) -> ContainerDefinition:
    """Return a container of a task definition (DescribeTaskDefinition)."""
    return ContainerDefinition(
        name=raw["name"],
        image=raw.get("image", ""),
        environment={each["name"]: each.get("value", "") for each in raw.get("environment", ())},
        secrets={each["name"]: each["valueFrom"] for each in raw.get("secrets", ())},
        credentials=raw.get("repositoryCredentials", {}).get("credentialsParameter"),
    )


def service_state(raw: dict[str, Any]) -> ServiceState:
    """Return a service (DescribeServices)."""
    events = [(event["createdAt"], event["message"]) for event in raw.get("events", ())]
    deployments = [
        ServiceDeployment(
            id=deployment.get("id", ""),
            status=deployment.get("status", ""),
            task_definition=deployment.get("taskDefinition", ""),
            desired=deployment.get("desiredCount", 0),
            running=deployment.get("runningCount", 0),
            pending=deployment.get("pendingCount", 0),
            failed=deployment.get("failedTasks", 0),
            created=deployment["createdAt"],
            updated=deployment.get("updatedAt", deployment["createdAt"]),
            rollout_state=deployment.get("rolloutState", ""),
            rollout_reason=deployment.get("rolloutStateReason", ""),
        )
        for deployment in raw.get("deployments", ())
    ]
    return ServiceState(
        arn=raw["serviceArn"],
        name=raw["serviceName"],
        status=raw.get("status", ""),
        desired=raw.get("desiredCount", 0),
        running=raw.get("runningCount", 0),
        pending=raw.get("pendingCount", 0),
        deployments=tuple(sorted(deployments, key=lambda each: each.created, reverse=True)),
        events=tuple(sorted(events, reverse=True)),
        current_deployment=raw.get("currentServiceDeployment"),
        subnets=tuple(
            raw.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("subnets", ())
        ),
    )


def task_state(raw: dict[str, Any]) -> TaskState:
    """Return a task (DescribeTasks)."""
    return TaskState(
        arn=raw["taskArn"],
        status=raw.get("lastStatus", ""),
        task_definition=raw.get("taskDefinitionArn", ""),
        containers=tuple(
            ContainerState(
                name=container.get("name", ""),
                image=container.get("image", ""),
                status=container.get("lastStatus", ""),
                exit_code=container.get("exitCode"),
                reason=container.get("reason"),
                health=container.get("healthStatus", "UNKNOWN"),
            )
            for container in raw.get("containers", ())
        ),
        started=raw.get("startedAt"),
        stopped=raw.get("stoppedAt"),
        stop_code=raw.get("stopCode"),
        stopped_reason=raw.get("stoppedReason"),
        address=_address(raw),
    )


def _address(raw: dict[str, Any]) -> str:
    """Return the private address of a task's network interface."""
    for attachment in raw.get("attachments", ()):
        for detail in attachment.get("details", ()):
            if detail.get("name") == "privateIPv4Address":
                return str(detail.get("value", ""))
    return ""

"""Commands of the AWS CLI that open a session in a task, as ECS Exec does.

A session is a stream of the Session Manager plugin, which boto3 does not support (Amazon ECS
Developer Guide, Monitor Amazon ECS containers with ECS Exec; Session Manager plugin).
"""

import json
from collections.abc import Sequence

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Services
from camformation.deploy.cloud.services import TaskState
from camformation.deploy.live_stack.own_services import OwnService
from camformation.frozen import frozen

DOCUMENT = "AWS-StartPortForwardingSession"


@frozen
class Room:
    """A container of a running task."""

    cluster: str
    task: str  # its id
    container: str
    runtime_id: str


def room(services: Services, own: OwnService, task: str | None, container: str | None) -> Room:
    """Return the container for a session. Raises DeployError.

    Of several tasks, the oldest is used: it is the most likely to stay.
    """
    if not own.execute_command:
        raise DeployError(
            "CAM728",
            f"tasks of {own.name} do not allow ECS Exec",
            f"set `{own.name}.execute_command: true` in the spec, and deploy",
        )
    found = _task(services.tasks(own.cluster, own.service, stopped=False), own, task)
    names = [each.name for each in found.containers] or list(own.streams)
    chosen = container or (own.container if own.container in names else names[0])
    if chosen not in names:
        raise DeployError(
            "CAM728",
            f"the task {found.id} has no container {chosen}",
            f"its containers are {', '.join(names)}",
        )
    runtime = services.runtime_ids(own.cluster, found.arn).get(chosen)
    if runtime is None:
        raise DeployError(
            "CAM728", f"the container {chosen} of the task {found.id} is not running yet", None
        )
    return Room(own.cluster, found.id, chosen, runtime)


def exec_command(room: Room, line: str, options: Sequence[str]) -> list[str]:
    """Return the AWS CLI command that runs a command line in a container."""
    return [
        *("aws", "ecs", "execute-command", "--cluster", room.cluster, "--task", room.task),
        *("--container", room.container, "--interactive", "--command", line, *options),
    ]


def forward_command(room: Room, local: int, remote: int, options: Sequence[str]) -> list[str]:
    """Return the command that forwards a port of this machine to one of the task."""
    ports = json.dumps({"portNumber": [str(remote)], "localPortNumber": [str(local)]})
    return [
        *("aws", "ssm", "start-session"),
        *("--target", f"ecs:{room.cluster}_{room.task}_{room.runtime_id}"),
        *("--document-name", DOCUMENT, "--parameters", ports, *options),
    ]


def _task(tasks: Sequence[TaskState], own: OwnService, wanted: str | None) -> TaskState:
    running = [each for each in tasks if each.status == "RUNNING"]
    if wanted:
        running = [each for each in running if wanted in (each.id, each.arn)]
    if not running:
        which = f"task {wanted}" if wanted else "running task"
        raise DeployError(
            "CAM728", f"{own.name} has no {which}", "`camformation status` shows what runs"
        )
    return min(running, key=lambda each: (each.started is None, each.started, each.id))

"""Faults for rehearsals: a word in the name of an image decides how its container fails."""

from typing import Any

from camformation.frozen import frozen

Record = dict[str, Any]

EXITED = "Essential container in task exited"
NOT_PULLED = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve "
    "ref {image}: {image}: not found"
)
UNHEALTHY = "Task failed ELB health checks in (target-group {group})"
SAID = (
    "(service {service}) (port 8080) is unhealthy in (target-group {group}) due to (reason Health "
    "checks failed with these codes: [503])."
)


@frozen
class Fault:
    """The failure of a service's tasks. Braces stand for the image and the target group."""

    word: str
    stop_code: str
    reason: str
    exit_code: int | None
    says: str | None = None  # a message of the service, in addition to that of the circuit breaker

    def stop(self, task: Record, image: str, group: str) -> None:
        """Make a task look like one that stopped for this reason in ECS."""
        reason = self.reason.format(image=image, group=group)
        task["stopCode"], task["stoppedReason"] = self.stop_code, reason
        for container in task.get("containers") or []:
            container.pop("exitCode", None)
            if self.exit_code is not None:
                container["exitCode"] = self.exit_code
            elif container.get("image") == image:
                container["reason"] = reason


FAULTS = (
    Fault("missing", "TaskFailedToStart", NOT_PULLED, None),
    Fault("unhealthy", "ServiceSchedulerInitiated", UNHEALTHY, 143, SAID),
    Fault("fail", "EssentialContainerExited", EXITED, 1),
)


def fault_of(task_definition: Record | None) -> tuple[Fault, str] | None:
    """Return the fault for a task definition's containers, and the image that selects it."""
    for container in (task_definition or {}).get("containerDefinitions") or []:
        image = str(container.get("image", ""))
        for each in FAULTS:
            if each.word in image:
                return each, image
    return None

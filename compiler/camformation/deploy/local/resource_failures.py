"""Resources in MiniStack that are in progress or have failed, as CloudFormation shows them.

MiniStack records a resource when it is complete. AWS shows its physical id as soon as there is
one, and deletes a half-made resource when it rolls back.
"""

from typing import Any

from camformation.deploy.local.modules import cloudformation, module


def started(stack_name: str, logical_id: str, resource_type: str, physical_id: str) -> None:
    """Record a resource whose creation has begun, with the event that names its physical id."""
    stack = cloudformation()._stacks.get(stack_name)
    if stack is None:
        return
    _record(stack, logical_id, resource_type, physical_id, "CREATE_IN_PROGRESS")
    cloudformation("stacks")._add_event(
        stack["StackId"],
        stack_name,
        logical_id,
        resource_type,
        "CREATE_IN_PROGRESS",
        "Resource creation Initiated",
        physical_id,
    )


def leave_failed(stack_name: str, logical_id: str, resource_type: str, physical_id: str) -> None:
    """Keep a failed resource in its stack, so that a rollback or a deletion finds it."""
    stack = cloudformation()._stacks.get(stack_name)
    if stack is not None:
        _record(stack, logical_id, resource_type, physical_id, "CREATE_FAILED")


def _record(
    stack: dict[str, Any], logical_id: str, resource_type: str, physical_id: str, status: str
) -> None:
    # Without properties: the next attempt must see a difference.
    stack.setdefault("_resources", {})[logical_id] = {
        "PhysicalResourceId": physical_id,
        "ResourceType": resource_type,
        "ResourceStatus": status,
        "LogicalResourceId": logical_id,
        "Properties": {},
        "Attributes": {},
        "Timestamp": module("core.responses").now_iso(),
    }

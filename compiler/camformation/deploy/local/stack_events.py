"""Stack updates and their events in MiniStack as in AWS.

An update does not touch unchanged resources, which have no events and keep their attributes; an
added resource is created, not updated; removed ones are deleted in a cleanup phase.
"""

from typing import Any

from camformation.deploy.local.modules import Function, cloudformation, replace
from camformation.deploy.local.operations import STACK, Operation, current


def install() -> None:
    """Wrap the functions that record events, update resources and delete them."""
    stacks, change_sets, handlers = map(cloudformation, ("stacks", "changesets", "handlers"))
    replace("_add_event", _events, stacks, change_sets, handlers)
    replace("_update_resource", _updates, stacks)
    replace("_delete_resource", _cleanups, stacks)


def _events(original: Function) -> Function:
    def add(
        stack_id: str,
        stack_name: str,
        logical_id: str,
        resource_type: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        detailed_status: str = "",
    ) -> None:
        operation = current.get()
        if operation is not None and operation.stack_id == stack_id:
            if logical_id == stack_name:
                if operation.reverting:
                    status = status.replace("UPDATE_", "UPDATE_ROLLBACK_", 1)
            elif operation.is_update and not operation.rolling_back:
                known = operation.before.get(logical_id)
                if known is None:
                    status = status.replace("UPDATE_", "CREATE_", 1)
                elif status == "UPDATE_IN_PROGRESS" and not reason:
                    operation.held[logical_id] = (
                        *(stack_id, stack_name, logical_id, resource_type, status, reason),
                        known.get("PhysicalResourceId", ""),
                    )
                    return
                elif status == "UPDATE_COMPLETE" and logical_id in operation.held:
                    del operation.held[logical_id]
                    operation.unchanged.add(logical_id)
                    return
                else:
                    _release(operation, logical_id)
                    physical_id = physical_id or known.get("PhysicalResourceId", "")
        if status.endswith("_FAILED") and not physical_id:
            records = (cloudformation()._stacks.get(stack_name) or {}).get("_resources", {})
            physical_id = records.get(logical_id, {}).get("PhysicalResourceId", "")
        original(
            *(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id),
            detailed_status,
        )

    def _release(operation: Operation, logical_id: str) -> None:
        if logical_id in operation.held:
            original(*operation.held.pop(logical_id))

    add.release = _release  # type: ignore[attr-defined]
    return add


def _updates(original: Function) -> Function:
    """Show the start of a changed resource's update; keep attributes that the handler does not
    return."""

    def update(
        resource_type: str,
        physical_id: str,
        old: dict[str, Any],
        new: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        operation = current.get()
        if operation is not None and logical_id is not None and old != new:
            cloudformation("stacks")._add_event.release(operation, logical_id)
        new_id, answered = original(
            resource_type, physical_id, old, new, stack_name, logical_id, attributes
        )
        kept = attributes if attributes and new_id == physical_id and resource_type != STACK else {}
        return new_id, {**kept, **answered}

    return update


def _cleanups(original: Function) -> Function:
    """The deletions after an update, as a cleanup phase."""

    def delete(
        resource_type: str,
        physical_id: str,
        properties: dict[str, Any],
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> None:
        operation = current.get()
        if operation is None or operation.rolling_back:
            original(resource_type, physical_id, properties, stack_name, logical_id)
            return
        add = cloudformation("stacks")._add_event
        if not operation.cleaning:
            operation.cleaning = True
            status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
            cloudformation()._stacks[operation.stack_name]["StackStatus"] = status
            named = (operation.stack_id, operation.stack_name, operation.stack_name)
            add(*named, STACK, status, "", operation.stack_id)
        named = (operation.stack_id, operation.stack_name, logical_id or "")
        add(*named, resource_type, "DELETE_IN_PROGRESS", "", physical_id)
        original(resource_type, physical_id, properties, stack_name, logical_id)
        add(*named, resource_type, "DELETE_COMPLETE", "", physical_id)

    return delete

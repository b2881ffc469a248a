"""Stack operations the way AWS shows and keeps them.

An update leaves unchanged resources alone, without events, and keeps their attributes; a resource
that an update adds is created, not updated; what an update removes is deleted in a cleanup phase
with events. The state is saved after every operation.
"""

import threading
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from camformation.deploy.local.modules import Function, cloudformation, module, replace

STACK = "AWS::CloudFormation::Stack"
INTERRUPTED = "The local target ended while this operation was running."


@dataclass
class Operation:
    """One create or update of one stack, while it runs."""

    stack_name: str
    stack_id: str
    is_update: bool
    before: dict[str, Any]
    disable_rollback: bool = False
    retain_except_on_create: bool = False
    rolling_back: bool = False
    reverting: bool = False  # a child taken back by its parent's rollback
    cleaning: bool = False
    held: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)


current: ContextVar[Operation | None] = ContextVar("operation", default=None)


def install() -> None:
    """Wrap the stack lifecycle."""
    stacks, change_sets, handlers = map(cloudformation, ("stacks", "changesets", "handlers"))
    replace("_add_event", _events, stacks, change_sets, handlers)
    replace("_update_resource", _updates, stacks)
    replace("_delete_resource", _cleanups, stacks)
    replace("_deploy_stack_async", _deployments, stacks, change_sets, handlers)
    replace("_roll_back_operation", _rollbacks, stacks, handlers)
    replace("_delete_stack_async", _deletions, stacks, handlers)
    replace("save_all", _one_at_a_time, module("core.persistence"), module("app"))
    replace("load_persisted_state", _end_interrupted, cloudformation())


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
    """Show that a changed resource's update begins; keep attributes the handler does not repeat."""

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
    """The deletions after an update, as the cleanup phase they are."""

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


def _deployments(original: Function) -> Function:
    async def deploy(
        stack_name: str,
        stack_id: str,
        template: dict[str, Any],
        parameters: dict[str, Any],
        disable_rollback: bool,
        tags: list[Any],
        is_update: bool = False,
        previous_stack: dict[str, Any] | None = None,
        retain_except_on_create: bool = False,
        imports: dict[str, Any] | None = None,
    ) -> None:
        parent = current.get()
        before = dict((previous_stack or {}).get("_resources", {}))
        operation = Operation(
            stack_name, stack_id, is_update, before, disable_rollback, retain_except_on_create
        )
        operation.reverting = parent is not None and parent.rolling_back
        token = current.set(operation)
        try:
            await original(
                *(stack_name, stack_id, template, parameters, disable_rollback, tags, is_update),
                *(previous_stack, retain_except_on_create, imports),
            )
        finally:
            current.reset(token)
            _settle(operation)
            if parent is None:
                await _save()

    return deploy


def _settle(operation: Operation) -> None:
    """Statuses of the resources: unchanged ones keep theirs, added ones were created."""
    stack = cloudformation()._stacks.get(operation.stack_name) or {}
    for logical_id, record in stack.get("_resources", {}).items():
        known = operation.before.get(logical_id)
        if operation.is_update and known is None and record["ResourceStatus"] == "UPDATE_COMPLETE":
            record["ResourceStatus"] = "CREATE_COMPLETE"
        elif known is not None and logical_id in operation.unchanged:
            record["ResourceStatus"] = known["ResourceStatus"]
            record["Timestamp"] = known["Timestamp"]


def _rollbacks(original: Function) -> Function:
    async def roll_back(
        stack_name: str,
        stack_id: str,
        stack: dict[str, Any],
        operation: dict[str, Any],
        reason: str = "",
    ) -> None:
        running = current.get() or Operation(stack_name, stack_id, operation["is_update"], {})
        running.rolling_back = True
        running.retain_except_on_create = bool(operation.get("retain_except_on_create"))
        token = current.set(running)
        failed = operation.get("failed_logical_id")
        record = stack.get("_resources", {}).get(failed) or {}
        if record.get("ResourceStatus") in ("CREATE_FAILED", "CREATE_IN_PROGRESS"):
            operation["created"] = [*operation["created"], failed]
        if not reason and failed and not operation["is_update"]:
            reason = f"The following resource(s) failed to create: [{failed}]. "
            reason += "Rollback requested by user."
        try:
            await original(stack_name, stack_id, stack, operation, reason)
        finally:
            current.reset(token)

    return roll_back


def _deletions(original: Function) -> Function:
    async def delete(stack_name: str, stack_id: str, *arguments: Any, **keywords: Any) -> None:
        parent = current.get()
        token = current.set(None)
        _remember_template(stack_name)
        try:
            await original(stack_name, stack_id, *arguments, **keywords)
        finally:
            current.reset(token)
            if parent is None:
                await _save()

    return delete


def _remember_template(stack_name: str) -> None:
    """A stack whose creation failed has its template only here; its deletion policies count."""
    stack = cloudformation()._stacks.get(stack_name) or {}
    if not stack.get("_template"):
        failed = stack.get("_failed_operation") or {}
        stack["_template"] = failed.get("template") or {}
        stack["_resolved_params"] = failed.get("param_values") or {}


def _one_at_a_time(original: Function) -> Function:
    """The end of an operation and the end of the server both save, perhaps together."""
    guard = threading.Lock()

    def save(services: dict[str, Any]) -> None:
        with guard:
            original(services)

    return save


async def _save() -> None:
    """Write everything down now: a process can be killed between operations."""
    save = module("core.persistence").save_all
    await module("core.concurrency").run_offloop(save, module("app")._build_persistence_save_dict())


def _end_interrupted(original: Function) -> Function:
    """An operation does not outlive the process that ran it: its stack has failed."""

    def load(data: Any) -> None:
        original(data)
        stacks = cloudformation("stacks")
        for key, stack in list(cloudformation()._stacks._data.items()):
            status = stack.get("StackStatus", "")
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                continue
            if status.endswith("_CLEANUP_IN_PROGRESS"):
                failed = status.removesuffix("_CLEANUP_IN_PROGRESS")
            else:
                failed = status.removesuffix("_IN_PROGRESS") + "_FAILED"
            stack["StackStatus"] = failed
            stack["StackStatusReason"] = INTERRUPTED
            with module("core.responses").request_scope(key[0], key[1]):
                named = (stack["StackId"], stack["StackName"], stack["StackName"])
                stacks._add_event(*named, STACK, failed, INTERRUPTED, stack["StackId"])

    return load

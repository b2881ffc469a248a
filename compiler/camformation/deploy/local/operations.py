"""Stack operations in MiniStack: rolled back as a whole, then saved."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from camformation.deploy.local.modules import Function, cloudformation, replace
from camformation.deploy.local.named import know
from camformation.deploy.local.saved_state import save

STACK = "AWS::CloudFormation::Stack"


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
    reverting: bool = False  # a child undone by its parent's rollback
    cleaning: bool = False
    held: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    vpcs: list[str] = field(default_factory=list)  # that the spec names; the whole tree's


current: ContextVar[Operation | None] = ContextVar("operation", default=None)


def install() -> None:
    """Wrap the stack lifecycle."""
    stacks, change_sets, handlers = map(cloudformation, ("stacks", "changesets", "handlers"))
    replace("_deploy_stack_async", _deployments, stacks, change_sets, handlers)
    replace("_roll_back_operation", _rollbacks, stacks, handlers)
    replace("_delete_stack_async", _deletions, stacks, handlers)


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
        if parent is not None:
            operation.reverting, operation.vpcs = parent.rolling_back, parent.vpcs
        know(template, parameters, operation.vpcs)
        token = current.set(operation)
        try:
            if parent is None:
                await (
                    save()
                )  # if the process is killed from here on, the stack shows that it was at work
            await original(
                *(stack_name, stack_id, template, parameters, disable_rollback, tags, is_update),
                *(previous_stack, retain_except_on_create, imports),
            )
        finally:
            current.reset(token)
            _settle(operation)
            if parent is None:
                await save()

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
        reason_override: str = "",
    ) -> None:
        parent = current.get()
        running = parent or Operation(stack_name, stack_id, operation["is_update"], {})
        running.rolling_back = True
        running.retain_except_on_create = bool(operation.get("retain_except_on_create"))
        token = current.set(running)
        failed = operation.get("failed_logical_id")
        record = stack.get("_resources", {}).get(failed) or {}
        if record.get("ResourceStatus") in ("CREATE_FAILED", "CREATE_IN_PROGRESS"):
            operation["created"] = [*operation["created"], failed]
        reason = reason_override
        if not reason and failed and not operation["is_update"]:
            reason = f"The following resource(s) failed to create: [{failed}]. "
            reason += "Rollback requested by user."
        try:
            await original(stack_name, stack_id, stack, operation, reason)
        finally:
            current.reset(token)
            if parent is None:  # RollbackStack
                await save()

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
                await save()

    return delete


def _remember_template(stack_name: str) -> None:
    """A stack whose creation failed has its template only here; its deletion policies apply."""
    stack = cloudformation()._stacks.get(stack_name) or {}
    if not stack.get("_template"):
        failed = stack.get("_failed_operation") or {}
        stack["_template"] = failed.get("template") or {}
        stack["_resolved_params"] = failed.get("param_values") or {}

"""Change sets in MiniStack as in AWS: nested, failing without changes, refused when busy."""

import re
from typing import Any

from camformation.deploy.local import nested_change_sets, property_values
from camformation.deploy.local.modules import Function, cloudformation, replace_entry

Request = dict[str, Any]
Reply = tuple[int, dict[str, str], bytes]
ChangeSet = dict[str, Any]

NO_CHANGES = "The submitted information didn't contain changes."

# A change set can be made for a stack paused in failure, not for one that cannot go anywhere
# (CloudFormation user guide, "Choose how to handle failures when provisioning resources").
NOT_UPDATABLE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}) | {
    "UPDATE_ROLLBACK_FAILED"
}


def install() -> None:
    """Wrap the change set actions."""
    handlers = cloudformation("handlers")
    for action, make in (
        ("CreateChangeSet", _creating),
        ("DescribeChangeSet", _describing),
        ("ExecuteChangeSet", _executing),
        ("DeleteChangeSet", _deleting),
        ("ListChangeSets", _by_name),
        ("DeleteStack", _deleting_stack),
    ):
        replace_entry("_ACTION_HANDLERS", action, make, handlers)


def _value(request: Request, name: str) -> str:
    return str(cloudformation("helpers")._p(request, name))


def _named(request: Request) -> Request:
    """The request with the stack's name in place of its id: change sets are kept by name."""
    stack = cloudformation("handlers")._resolve_stack(_value(request, "StackName"))
    return {**request, "StackName": [stack["StackName"]]} if stack else request


def _found(request: Request) -> ChangeSet | None:
    found: ChangeSet | None = cloudformation("changesets")._find_change_set(
        _value(request, "ChangeSetName"), _value(request, "StackName")
    )[1]
    return found


def _refused(message: str) -> Reply:
    reply: Reply = cloudformation("helpers")._error("ValidationError", message)
    return reply


def _creating(original: Function) -> Function:
    def create(request: Request) -> Reply:
        request = _named(request)
        name, kind = _value(request, "StackName"), _value(request, "ChangeSetType") or "UPDATE"
        stack = cloudformation()._stacks.get(name)
        if refusal := _state_refusal(stack, kind, _value(request, "ChangeSetName")):
            return _refused(refusal)
        reply: Reply = original(request)
        change_set = _found(request)
        if reply[0] >= 400 or change_set is None:
            return reply
        if stack is not None and kind == "CREATE" and stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            reply = _keep_id(stack, change_set, reply)
        property_values.add(change_set)
        if _value(request, "IncludeNestedStacks").lower() == "true":
            change_set["IncludeNestedStacks"] = True
            nested_change_sets.add(change_set, original)
        _settle(change_set)
        return reply

    return create


def _state_refusal(stack: dict[str, Any] | None, kind: str, change_set: str) -> str:
    """The reason why CloudFormation refuses a change set of this kind now, or nothing."""
    status = stack["StackStatus"] if stack else ""
    if stack is None or status in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        return ""
    if kind == "CREATE":
        return (
            f"Stack [{stack['StackName']}] already exists and cannot be created again "
            f"with the changeSet [{change_set}]."
        )
    if status in NOT_UPDATABLE or status.endswith("_IN_PROGRESS"):
        return f"Stack:{stack['StackId']} is in {status} state and can not be updated."
    return ""


def _keep_id(before: dict[str, Any], change_set: ChangeSet, reply: Reply) -> Reply:
    """A stack under review keeps its id when another change set is made for it."""
    events = cloudformation()._stack_events
    stack = cloudformation()._stacks[before["StackName"]]
    made, kept = stack["StackId"], before["StackId"]
    stack["StackId"] = change_set["StackId"] = kept
    events.pop(made, None)
    return reply[0], reply[1], reply[2].replace(made.encode(), kept.encode())


def _settle(change_set: ChangeSet) -> None:
    """Whether there is something to execute: a change of resources, or only of outputs or tags."""
    if change_set["ChangeSetType"] == "IMPORT":
        return
    stack = cloudformation()._stacks[change_set["StackName"]]
    outputs = nested_change_sets.outputs_change(stack, change_set)
    if change_set["Changes"] or outputs or _tags_change(stack, change_set):
        if change_set["StatusReason"].startswith(NO_CHANGES):
            change_set.update(Status="CREATE_COMPLETE", StatusReason="")
            change_set["ExecutionStatus"] = "AVAILABLE"
    elif change_set["Status"] == "CREATE_COMPLETE":
        reason = f"{NO_CHANGES} Submit different information to create a change set."
        change_set.update(Status="FAILED", StatusReason=reason, ExecutionStatus="UNAVAILABLE")
    if "RootChangeSetId" in change_set and change_set["Status"] == "CREATE_COMPLETE":
        change_set["ExecutionStatus"] = "UNAVAILABLE"
        change_set["StatusReason"] = nested_change_sets.FROM_ROOT


def _tags_change(stack: dict[str, Any], change_set: ChangeSet) -> bool:
    """Whether the stack itself gets other tags; those of nested stacks belong to their
    resources."""
    if "RootChangeSetId" in change_set or not change_set.get("_tags_given"):
        return False
    old, new = (
        {tag["Key"]: tag["Value"] for tag in each.get("Tags") or ()} for each in (stack, change_set)
    )
    return old != new


def _describing(original: Function) -> Function:
    def describe(request: Request) -> Reply:
        request = _named(request)
        reply: Reply = original(request)
        change_set = _found(request)
        if reply[0] >= 400 or change_set is None:
            return reply
        values = _value(request, "IncludePropertyValues").lower() == "true"
        return reply[0], reply[1], property_values.complete(reply[2], change_set, values)

    return describe


def _executing(original: Function) -> Function:
    def execute(request: Request) -> Reply:
        request = _named(request)
        change_set = _found(request)
        if change_set is not None:
            if "RootChangeSetId" in change_set:
                return _refused("Execute the change set from its root: it is nested.")
            stack = cloudformation()._stacks.get(change_set["StackName"]) or {}
            status = stack.get("StackStatus", "")
            if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
                return _refused(
                    f"Stack:{stack['StackId']} is in {status} state and can not be updated."
                )
            for other in list(cloudformation()._change_sets.values()):
                if other["StackId"] == change_set["StackId"] and other is not change_set:
                    nested_change_sets.discard(other)
        reply: Reply = original(request)
        return reply

    return execute


def _deleting(original: Function) -> Function:
    def delete(request: Request) -> Reply:
        request = _named(request)
        change_set = _found(request)
        if change_set is not None:
            if "RootChangeSetId" in change_set:
                return _refused("Delete the change set from its root: it is nested.")
            nested_change_sets.discard(change_set)
        reply: Reply = original(request)
        return reply

    return delete


def _deleting_stack(original: Function) -> Function:
    def delete(request: Request) -> Reply:
        request = _named(request)
        stack = cloudformation()._stacks.get(_value(request, "StackName")) or {}
        status = stack.get("StackStatus", "")
        if re.fullmatch(r"UPDATE_.*IN_PROGRESS", status):
            return _refused(
                f"Stack [{stack['StackId']}] cannot be deleted while in status {status}"
            )
        for change_set in list(cloudformation()._change_sets.values()):
            if change_set["StackId"] == stack.get("StackId"):
                nested_change_sets.discard(change_set)
        reply: Reply = original(request)
        return reply

    return delete


def _by_name(original: Function) -> Function:
    def call(request: Request) -> Reply:
        reply: Reply = original(_named(request))
        return reply

    return call

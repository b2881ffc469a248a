"""Change sets of nested stacks in MiniStack, one for each child that changes.

A sibling's outputs are unknown while it changes: such a parameter has the value
`{{changeSet:KNOWN_AFTER_APPLY}}`, as in AWS's previews, and its dependents might change.
"""

import json
from typing import Any

from camformation.deploy.local import property_values
from camformation.deploy.local.modules import Function, cloudformation
from camformation.deploy.local.nested_stacks import find, new_child, outputs
from camformation.deploy.local.operations import STACK
from camformation.deploy.local.property_values import UNKNOWN

ChangeSet = dict[str, Any]

FROM_ROOT = "Executable from root change set"


def add(change_set: ChangeSet, create: Function) -> None:
    """Create the change sets of the children and record them in this one's changes."""
    template = change_set["_template"]
    engine = cloudformation("engine")
    order = engine._topological_sort(template.get("Resources", {}), {})
    changing: set[str] = set()
    for logical_id in order:
        if template["Resources"][logical_id].get("Type") != STACK:
            continue
        child = _add_child(change_set, logical_id, changing, create)
        entry = _entry(change_set, logical_id)
        if child is None:
            if entry is not None and entry["Action"] == "Modify":
                _drop(change_set, logical_id)
            continue
        changing.add(logical_id)
        if entry is None:
            entry = _automatic(logical_id)
            change_set["Changes"].append({"ResourceChange": entry})
        entry["ChangeSetId"] = child["ChangeSetId"]
        entry["PhysicalResourceId"] = child["StackId"]
        entry["Replacement"] = "False"
        if entry["Action"] == "Add":
            del entry["Replacement"]


def outputs_change(stack: dict[str, Any], change_set: ChangeSet) -> bool:
    """Whether an output has another definition, or uses a parameter with another value."""
    before = (stack.get("_template") or {}).get("Outputs", {})
    after = change_set["_template"].get("Outputs", {})
    if before != after:
        return True
    values = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", ())}
    text = json.dumps(after)
    changed = [
        each["ParameterKey"]
        for each in change_set.get("Parameters", ())
        if each["ParameterValue"] not in (values.get(each["ParameterKey"]), UNKNOWN)
    ]
    return any(f'{{"Ref": "{name}"}}' in text or f"${{{name}}}" in text for name in changed)


def discard(change_set: ChangeSet) -> None:
    """Delete the nested change sets of this one, and the children that only they created."""
    records = cloudformation()._change_sets
    for nested_id in change_set.get("_nested", []):
        nested = records.pop(nested_id, None)
        if nested is None:
            continue
        discard(nested)
        stack = cloudformation()._stacks.get(nested["StackName"])
        if stack is not None and stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            cloudformation()._stacks.pop(nested["StackName"])


def _entry(change_set: ChangeSet, logical_id: str) -> dict[str, Any] | None:
    for change in change_set["Changes"]:
        if change["ResourceChange"]["LogicalResourceId"] == logical_id:
            found: dict[str, Any] = change["ResourceChange"]
            return found
    return None


def _drop(change_set: ChangeSet, logical_id: str) -> None:
    change_set["Changes"] = [
        change
        for change in change_set["Changes"]
        if change["ResourceChange"]["LogicalResourceId"] != logical_id
    ]


def _automatic(logical_id: str) -> dict[str, Any]:
    """The entry of a child that changes although its own definition does not."""
    target = {"Attribute": "Properties", "RequiresRecreation": "Never"}
    detail = {"Target": target, "Evaluation": "Dynamic", "ChangeSource": "Automatic"}
    return {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "ResourceType": STACK,
        "Scope": ["Properties"],
        "Details": [detail],
    }


def _add_child(
    change_set: ChangeSet, logical_id: str, changing: set[str], create: Function
) -> ChangeSet | None:
    """The child's change set, or nothing when it has no changes."""
    parent = cloudformation()._stacks[change_set["StackName"]]
    record = parent.get("_resources", {}).get(logical_id) or {}
    child = find(record["PhysicalResourceId"]) if record else None
    if child is not None and child["StackStatus"] == "DELETE_COMPLETE":
        child = None
    made = child is None
    if child is None:
        child = new_child(change_set["StackName"], logical_id)
    properties = change_set["_template"]["Resources"][logical_id].get("Properties") or {}
    given = {
        name: _known(value, change_set, parent, changing)
        for name, value in (properties.get("Parameters") or {}).items()
    }
    name = f"{change_set['ChangeSetName']}-{logical_id}"
    request: dict[str, Any] = {
        "StackName": [child["StackName"]],
        "ChangeSetName": [name],
        "ChangeSetType": ["CREATE" if made else "UPDATE"],
        "TemplateURL": [str(properties.get("TemplateURL"))],
        "Capabilities": change_set["Capabilities"],
    }
    for index, (parameter, value) in enumerate(given.items(), 1):
        request[f"Parameters.member.{index}.ParameterKey"] = [parameter]
        request[f"Parameters.member.{index}.ParameterValue"] = [value]
    status, _headers, body = create(request)
    _, nested = cloudformation("changesets")._find_change_set(name, child["StackName"])
    if status >= 400 or nested is None:
        change_set.update(
            Status="FAILED",
            ExecutionStatus="UNAVAILABLE",
            StatusReason=f"Nested change set of {logical_id} was not created: {body!r}",
        )
        return None
    if made:
        _adopt(child, nested)
    property_values.add(nested)
    _soften(nested, {key for key, value in given.items() if value == UNKNOWN})
    nested["ParentChangeSetId"] = change_set["ChangeSetId"]
    nested["RootChangeSetId"] = change_set.get("RootChangeSetId", change_set["ChangeSetId"])
    nested["IncludeNestedStacks"] = True
    add(nested, create)
    if not nested["Changes"] and not outputs_change(child, nested):
        cloudformation()._change_sets.pop(nested["ChangeSetId"])
        return None
    change_set.setdefault("_nested", []).append(nested["ChangeSetId"])
    nested.update(Status="CREATE_COMPLETE", ExecutionStatus="UNAVAILABLE", StatusReason=FROM_ROOT)
    found: ChangeSet = nested
    return found


def _adopt(child: dict[str, Any], nested: ChangeSet) -> None:
    """Creating a change set for a new stack has replaced its record: restore it."""
    made = cloudformation()._stacks[child["StackName"]]
    events = cloudformation()._stack_events
    events[child["StackId"]] = events.pop(made["StackId"], [])
    cloudformation()._stacks[child["StackName"]] = child
    nested["StackId"] = child["StackId"]


def _known(value: Any, change_set: ChangeSet, parent: dict[str, Any], changing: set[str]) -> str:
    """A parameter's value, if it is known before the siblings have changed."""
    engine = cloudformation("engine")
    names = {name for name, _ in engine._intrinsic_references(value)}
    if names & changing:
        return UNKNOWN
    resources = parent.get("_resources", {})
    attributes = {
        logical_id: {**record, "Attributes": outputs(child)}
        for logical_id in names & resources.keys()
        if (record := resources[logical_id])["ResourceType"] == STACK
        and (child := find(record["PhysicalResourceId"]))
    }
    return str(
        engine._resolve_refs(
            value,
            {**resources, **attributes},
            change_set["_resolved_params"],
            {},
            {},
            change_set["StackName"],
            change_set["StackId"],
        )
    )


def _soften(nested: ChangeSet, unknown: set[str]) -> None:
    """Dependents of an unknown parameter only may change, and only may be replaced."""
    for change in nested["Changes"]:
        entry = change["ResourceChange"]
        certain = False
        for detail in entry.get("Details", []):
            if detail.get("CausingEntity") in unknown:
                detail["Evaluation"] = "Dynamic"
            elif detail["Target"].get("RequiresRecreation") == "Always":
                certain = certain or detail["Evaluation"] == "Static"
        softened = any(d.get("CausingEntity") in unknown for d in entry.get("Details", []))
        if entry.get("Replacement") == "True" and softened and not certain:
            entry["Replacement"] = "Conditional"
            entry.pop("PolicyAction", None)

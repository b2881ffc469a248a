"""Nested stacks in MiniStack, with the same lifecycle as every other stack.

MiniStack deploys a child in a simplified way: without rollback, without deletion policies, without
dynamic references. Here a child is created, updated, rolled back and deleted by the functions that
do it for a root stack.
"""

import asyncio
import copy
import secrets
import string
from typing import Any

from camformation.deploy.local.modules import Function, cloudformation, module, replace_handler
from camformation.deploy.local.operations import STACK, Operation, current
from camformation.deploy.local.resource_failures import leave_failed, started

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]
Stack = dict[str, Any]

VERBS = {"created": "create", "updated": "update", "deleted": "delete"}


def install() -> None:
    """Replace the handlers of AWS::CloudFormation::Stack."""
    replace_handler(STACK, "create", lambda _: create)
    replace_handler(STACK, "update", lambda _: update)
    replace_handler(STACK, "delete", lambda _: delete)
    cloudformation("provisioners")._RESOURCE_HANDLERS[STACK]["update_with_logical_id"] = True


def create(logical_id: str, properties: Properties, parent: str) -> Provisioned:
    """Create the child; if it fails, the parent's rollback deletes it."""
    template, body, parameters = read(properties)
    child = reviewed(parent, logical_id) or new_child(parent, logical_id)
    child["StackStatus"] = "CREATE_IN_PROGRESS"
    started(parent, logical_id, STACK, child["StackId"])
    _describe(child, template, body, parameters, properties)
    _event(child, "CREATE_IN_PROGRESS")
    _run("_deploy_stack_async", child, template, parameters, True, child["Tags"])
    if child["StackStatus"] != "CREATE_COMPLETE":
        leave_failed(parent, logical_id, STACK, child["StackId"])
        raise ValueError(_reason(child, "created"))
    return child["StackId"], outputs(child)


def update(
    physical_id: str, old: Properties, new: Properties, parent: str, logical_id: str
) -> Provisioned:
    """Update the child, unless its template, parameters and tags are the same."""
    child = find(physical_id)
    if child is None or child["StackStatus"] == "DELETE_COMPLETE":
        return create(logical_id, new, parent)
    if (
        "TemplateURL" not in new
    ):  # the rollback of a retried creation: there is no earlier state to restore
        return physical_id, {}
    template, body, parameters = read(new)
    tags = _tags(new)
    stable = child["StackStatus"].endswith("_COMPLETE")
    same = (template, parameters, tags) == (
        child["_template"],
        child["_resolved_params"],
        child["Tags"],
    )
    if stable and same:
        return child["StackId"], outputs(child)
    before = {
        name: copy.deepcopy(child.get(name))
        for name in (
            *("_resources", "_template", "_template_body", "_resolved_params", "_conditions"),
            *("Parameters", "Tags", "Outputs"),
        )
    }
    operation = current.get()
    reverting = operation is not None and operation.rolling_back
    child["StackStatus"] = "UPDATE_ROLLBACK_IN_PROGRESS" if reverting else "UPDATE_IN_PROGRESS"
    _describe(child, template, body, parameters, new)
    _event(child, child["StackStatus"])
    keep = operation is not None and operation.disable_rollback
    _run("_deploy_stack_async", child, template, parameters, keep, tags, True, before)
    if child["StackStatus"] != "UPDATE_COMPLETE":
        raise ValueError(_reason(child, "updated"))
    if reverting:
        child["StackStatus"] = "UPDATE_ROLLBACK_COMPLETE"
    return child["StackId"], outputs(child)


def delete(physical_id: str, properties: Properties) -> None:
    """Delete the child; its retained resources stay, and so does a child that cannot be deleted."""
    child = find(physical_id)
    if child is None or child["StackStatus"] == "DELETE_COMPLETE":
        return
    operation = current.get()
    if operation is not None and operation.rolling_back:
        _forget_retention(child, operation)
    _run("_delete_stack_async", child)
    if child["StackStatus"] != "DELETE_COMPLETE":
        raise ValueError(_reason(child, "deleted"))


def read(properties: Properties) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """The child's template, its text, and the parameter values it gets. Raises ValueError."""
    engine = cloudformation("engine")
    url = properties.get("TemplateURL") or ""
    body, error = cloudformation("helpers")._resolve_template({"TemplateURL": [url]})
    if error is not None or not body:
        raise ValueError(f"S3 error: the template {url} cannot be read")
    template = engine._parse_template(body)
    given = properties.get("Parameters") or {}
    undeclared = sorted(set(given) - set(template.get("Parameters", {})))
    if undeclared:
        raise ValueError(f"Parameters: [{', '.join(undeclared)}] do not exist in the template")
    parameters = engine._resolve_parameters(
        template, [{"Key": key, "Value": str(value)} for key, value in given.items()]
    )
    conditions = engine._evaluate_conditions(template, parameters)
    engine.validate_template_support(template, conditions, parameters)
    return template, body, parameters


def find(stack_id: str) -> Stack | None:
    """The stack of that id, which contains its name; stacks are stored by name."""
    name = stack_id.partition("/")[2].partition("/")[0]
    stack: Stack | None = cloudformation()._stacks.get(name)
    return stack if stack and stack["StackId"] == stack_id else None


def new_child(parent: str, logical_id: str) -> Stack:
    """A record for a child, named `<parent>-<LogicalId>-<13 characters>` as AWS names it."""
    responses = module("core.responses")
    letters = string.ascii_uppercase + string.digits
    name = f"{parent}-{logical_id}-{''.join(secrets.choice(letters) for _ in range(13))}"
    region, account = responses.get_region(), responses.get_account_id()
    root = cloudformation()._stacks.get(parent) or {}
    child = {
        "StackName": name,
        "StackId": f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{responses.new_uuid()}",
        "StackStatus": "REVIEW_IN_PROGRESS",
        "StackStatusReason": "",
        "CreationTime": responses.now_iso(),
        "LastUpdatedTime": responses.now_iso(),
        "Outputs": [],
        "Tags": [],
        "DisableRollback": True,
        "_region": region,
        "_resources": {},
        "_template": {},
        "_resolved_params": {},
        "_conditions": {},
        "_parent_stack_name": parent,
        "_logical_id": logical_id,
        "ParentId": root.get("StackId", ""),
        "RootId": root.get("RootId") or root.get("StackId", ""),
        "Capabilities": list(root.get("Capabilities", [])),
    }
    cloudformation()._stacks[name] = child
    cloudformation()._stack_events.setdefault(child["StackId"], [])
    return child


def reviewed(parent: str, logical_id: str) -> Stack | None:
    """The child that a nested change set created and that was not executed yet."""
    for stack in cloudformation()._stacks.values():
        mine = (stack.get("_parent_stack_name"), stack.get("_logical_id")) == (parent, logical_id)
        if mine and stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            found: Stack = stack
            return found
    return None


def outputs(child: Stack) -> dict[str, Any]:
    """The attributes a parent reads: `Outputs.<Name>`."""
    return {f"Outputs.{item['OutputKey']}": item["OutputValue"] for item in child["Outputs"]}


def _describe(
    child: Stack,
    template: dict[str, Any],
    body: str,
    parameters: dict[str, Any],
    properties: Properties,
) -> None:
    child.update(
        Description=template.get("Description", ""),
        LastUpdatedTime=module("core.responses").now_iso(),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value["Value"], "NoEcho": value["NoEcho"]}
            for key, value in parameters.items()
        ],
        Tags=_tags(properties),
        _template_body=body,
        _conditions=cloudformation("engine")._evaluate_conditions(template, parameters),
    )
    if not child["_template"]:
        child.update(_template=template, _resolved_params=parameters)


def _tags(properties: Properties) -> list[dict[str, str]]:
    return [
        {"Key": tag["Key"], "Value": str(tag.get("Value", ""))}
        for tag in properties.get("Tags") or []
        if not tag["Key"].startswith("aws:")
    ]


def _event(child: Stack, status: str) -> None:
    named = (child["StackId"], child["StackName"], child["StackName"])
    cloudformation("stacks")._add_event(*named, STACK, status, "", child["StackId"])


def _run(name: str, child: Stack, *arguments: Any) -> None:
    """Run a stack's coroutine to its end. The caller is on a thread of its own."""
    function: Function = getattr(cloudformation("stacks"), name)
    child["_events_before"] = len(cloudformation()._stack_events[child["StackId"]])
    asyncio.run(function(child["StackName"], child["StackId"], *arguments))


def _reason(child: Stack, verb: str) -> str:
    """AWS's message for a failed child, with the child's own reason."""
    events = cloudformation()._stack_events[child["StackId"]][child["_events_before"] :]
    failed = sorted(
        {
            event["LogicalResourceId"]
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
            and event["LogicalResourceId"] != child["StackName"]
        }
    )
    return (
        f"Embedded stack {child['StackId']} was not successfully {verb}: "
        f"The following resource(s) failed to {VERBS[verb]}: [{', '.join(failed)}]. "
    )


def _forget_retention(child: Stack, operation: Operation) -> None:
    """A child created by the rolled-back operation loses resources with RetainExceptOnCreate."""
    spared = {"RetainExceptOnCreate"}
    if operation.retain_except_on_create:
        spared.add("Retain")
    child["_template"] = copy.deepcopy(child["_template"])
    for resource in child["_template"].get("Resources", {}).values():
        if resource.get("DeletionPolicy") in spared:
            resource["DeletionPolicy"] = "Delete"

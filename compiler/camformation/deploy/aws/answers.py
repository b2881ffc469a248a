"""CloudFormation's responses, converted to the deployer's types."""

import json
from typing import Any

from camformation.deploy.cloud.stacks import (
    ChangeSetPage,
    ChangeSetSummary,
    ResourceDrift,
    StackDescription,
    StackEvent,
    StackOperation,
    StackResource,
    ValidationFailure,
)

Raw = dict[str, Any]

FAILED = {
    "CREATE_STACK": "CREATE_FAILED",
    "UPDATE_STACK": "UPDATE_FAILED",
    "DELETE_STACK": "DELETE_FAILED",
}
"""The status of a resource that fails in an operation of a type."""


def pairs(raw: list[Raw] | None, key: str, value: str) -> dict[str, str]:
    """Return a list of `{key: …, value: …}` as a dict."""
    return {pair[key]: pair.get(value, "") for pair in raw or ()}


def template(body: str) -> Raw:
    """Return a template or a policy, or an empty one if it is not JSON, and thus not ours."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def stack_description(raw: Raw) -> StackDescription:
    """Return a stack of DescribeStacks."""
    return StackDescription(
        id=raw["StackId"],
        name=raw["StackName"],
        status=raw["StackStatus"],
        created=raw["CreationTime"],
        updated=raw.get("LastUpdatedTime"),
        status_reason=raw.get("StackStatusReason"),
        description=raw.get("Description", ""),
        parent_id=raw.get("ParentId"),
        root_id=raw.get("RootId"),
        role_arn=raw.get("RoleARN"),
        outputs=pairs(raw.get("Outputs"), "OutputKey", "OutputValue"),
        parameters=pairs(raw.get("Parameters"), "ParameterKey", "ParameterValue"),
        tags=pairs(raw.get("Tags"), "Key", "Value"),
        notification_topic_arns=tuple(raw.get("NotificationARNs", ())),
        termination_protection=bool(raw.get("EnableTerminationProtection")),
        disable_rollback=bool(raw.get("DisableRollback")),
        express=raw.get("DeploymentConfig", {}).get("Mode") == "EXPRESS",
        operations=tuple(
            StackOperation(each["OperationId"], each.get("OperationType", ""))
            for each in raw.get("LastOperations", ())
            if "OperationId" in each
        ),
    )


def stack_resource(raw: Raw) -> StackResource:
    """Return a resource of ListStackResources."""
    return StackResource(
        logical_id=raw["LogicalResourceId"],
        physical_id=raw.get("PhysicalResourceId") or None,
        type=raw["ResourceType"],
        status=raw["ResourceStatus"],
        status_reason=raw.get("ResourceStatusReason"),
        updated=raw.get("LastUpdatedTimestamp"),
    )


def stack_event(raw: Raw) -> StackEvent:
    """Return an event of DescribeStackEvents. Resource properties are left out: they may be
    long."""
    hook = [raw.get(key) for key in ("HookType", "HookStatus", "HookStatusReason")]
    return StackEvent(
        id=raw["EventId"],
        stack_id=raw["StackId"],
        stack_name=raw.get("StackName") or raw["StackId"].split("/")[1],
        logical_id=raw.get("LogicalResourceId", ""),
        physical_id=raw.get("PhysicalResourceId") or None,
        type=raw.get("ResourceType", ""),
        status=raw.get("ResourceStatus", ""),
        time=raw["Timestamp"],
        reason=raw.get("ResourceStatusReason"),
        client_request_token=raw.get("ClientRequestToken"),
        detailed_status=raw.get("DetailedStatus"),
        hook=" ".join(part for part in hook if part) or None,
        operation=raw.get("OperationId"),
    )


def operation_event(raw: Raw) -> StackEvent | None:
    """Return an event of DescribeEvents; None for one without a step, and for a warning.

    An error of a hook or a validation has no resource status: it gets that of a failure.
    """
    if raw.get("ResourceStatus"):
        return stack_event(raw)
    failure = validation_failure(raw)
    if failure is None and raw.get("EventType") != "PROVISIONING_ERROR":
        return None
    status = FAILED.get(raw.get("OperationType", ""))
    if status is None or (failure and failure.mode == "WARN"):
        return None
    said = raw.get("ResourceStatusReason")
    if failure and not said:
        where = f" ({failure.path})" if failure.path else ""
        said = f"{failure.name}: {failure.reason}{where}"
    return stack_event({**raw, "ResourceStatus": status, "ResourceStatusReason": said})


def validation_failure(raw: Raw) -> ValidationFailure | None:
    """Return an event of DescribeEvents if validation or a hook failed, None for any other."""
    validation = raw.get("EventType") == "VALIDATION_ERROR"
    if not validation and raw.get("EventType") != "HOOK_INVOCATION_ERROR":
        return None
    return ValidationFailure(
        stack_id=raw["StackId"],
        logical_id=raw.get("LogicalResourceId", ""),
        type=raw.get("ResourceType", ""),
        name=raw.get("ValidationName" if validation else "HookType", ""),
        reason=raw.get("ValidationStatusReason" if validation else "HookStatusReason", ""),
        path=raw.get("ValidationPath", ""),
        mode=raw.get("ValidationFailureMode" if validation else "HookFailureMode", "FAIL"),
    )


def change_set_page(raw: Raw) -> ChangeSetPage:
    """Return a page of DescribeChangeSet."""
    return ChangeSetPage(
        id=raw["ChangeSetId"],
        name=raw["ChangeSetName"],
        stack_id=raw["StackId"],
        stack_name=raw["StackName"],
        status=raw["Status"],
        execution_status=raw.get("ExecutionStatus", ""),
        created=raw["CreationTime"],
        status_reason=raw.get("StatusReason", ""),
        description=raw.get("Description", ""),
        changes=tuple(raw.get("Changes", ())),
        next_token=raw.get("NextToken"),
        parent_id=raw.get("ParentChangeSetId"),
        root_id=raw.get("RootChangeSetId"),
    )


def change_set_summary(raw: Raw) -> ChangeSetSummary:
    """Return a change set of ListChangeSets."""
    return ChangeSetSummary(
        id=raw["ChangeSetId"],
        name=raw["ChangeSetName"],
        status=raw["Status"],
        execution_status=raw.get("ExecutionStatus", ""),
        created=raw["CreationTime"],
        description=raw.get("Description", ""),
        root_id=raw.get("RootChangeSetId"),
    )


def resource_drift(raw: Raw) -> ResourceDrift:
    """Return a drift of DescribeStackResourceDrifts."""
    return ResourceDrift(
        logical_id=raw["LogicalResourceId"],
        physical_id=raw.get("PhysicalResourceId"),
        type=raw["ResourceType"],
        status=raw["StackResourceDriftStatus"],
        differences=tuple(
            (
                difference["PropertyPath"],
                difference["DifferenceType"],
                difference.get("ExpectedValue"),
                difference.get("ActualValue"),
            )
            for difference in raw.get("PropertyDifferences", ())
        ),
        reason=raw.get("DriftStatusReason"),
    )

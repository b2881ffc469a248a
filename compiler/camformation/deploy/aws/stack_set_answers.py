"""CloudFormation's responses about StackSets, converted to the deployer's types."""

from typing import Any

from camformation.deploy.aws.answers import pairs, template
from camformation.deploy.cloud.stack_sets import (
    AutoDeployment,
    InstanceDrift,
    Operation,
    OperationResult,
    StackInstance,
    StackSet,
)

Raw = dict[str, Any]


def stack_set(raw: Raw) -> StackSet:
    """Return a StackSet of DescribeStackSet."""
    automatic = raw.get("AutoDeployment")
    return StackSet(
        name=raw["StackSetName"],
        id=raw["StackSetId"],
        arn=raw.get("StackSetARN", ""),
        status=raw["Status"],
        description=raw.get("Description", ""),
        template=template(raw.get("TemplateBody", "")),
        parameters=values(raw.get("Parameters")),
        capabilities=tuple(raw.get("Capabilities", ())),
        tags=pairs(raw.get("Tags"), "Key", "Value"),
        permission_model=raw.get("PermissionModel", "SELF_MANAGED"),
        administration_role_arn=raw.get("AdministrationRoleARN"),
        execution_role_name=raw.get("ExecutionRoleName"),
        managed_execution=bool(raw.get("ManagedExecution", {}).get("Active")),
        auto_deployment=AutoDeployment(
            enabled=bool(automatic.get("Enabled")),
            retain_stacks=bool(automatic.get("RetainStacksOnAccountRemoval")),
            depends_on=tuple(automatic.get("DependsOn", ())),
        )
        if automatic
        else None,
        organizational_units=tuple(raw.get("OrganizationalUnitIds", ())),
    )


def stack_instance(raw: Raw) -> StackInstance:
    """Return an instance of ListStackInstances."""
    return StackInstance(
        account=raw["Account"],
        region=raw["Region"],
        status=raw["Status"],
        detailed_status=raw.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
        reason=raw.get("StatusReason", ""),
        stack_id=raw.get("StackId") or None,
        organizational_unit=raw.get("OrganizationalUnitId") or None,
        drift_status=raw.get("DriftStatus", "NOT_CHECKED"),
        last_operation_id=raw.get("LastOperationId"),
    )


def operation(raw: Raw) -> Operation:
    """Return an operation of DescribeStackSetOperation or ListStackSetOperations."""
    return Operation(
        id=raw["OperationId"],
        action=raw["Action"],
        status=raw["Status"],
        created=raw["CreationTimestamp"],
        ended=raw.get("EndTimestamp"),
        reason=raw.get("StatusReason", ""),
        failed_instances=raw.get("StatusDetails", {}).get("FailedStackInstancesCount", 0),
    )


def operation_result(raw: Raw) -> OperationResult:
    """Return a result of ListStackSetOperationResults."""
    return OperationResult(
        account=raw["Account"],
        region=raw["Region"],
        status=raw["Status"],
        reason=raw.get("StatusReason", ""),
        organizational_unit=raw.get("OrganizationalUnitId") or None,
    )


def instance_drift(raw: Raw) -> InstanceDrift:
    """Return a resource of ListStackInstanceResourceDrifts."""
    return InstanceDrift(
        logical_id=raw["LogicalResourceId"],
        type=raw["ResourceType"],
        status=raw["StackResourceDriftStatus"],
        differences=tuple(
            difference["PropertyPath"] for difference in raw.get("PropertyDifferences", ())
        ),
    )


def values(raw: list[Raw] | None) -> dict[str, str]:
    """Return parameters as a dict."""
    return pairs(raw, "ParameterKey", "ParameterValue")

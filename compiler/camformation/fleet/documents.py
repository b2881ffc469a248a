"""The files of an export: the template, its description, and the input of the AWS CLI."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from camformation.fleet.binding import BoundFleet
from camformation.fleet.export import TEMPLATE, Exported, as_json, bucket_policy, described
from camformation.fleet.protection import OFF, PROTECTION
from camformation.fleet.specs import AutoDeploymentSpec, FleetSpec
from camformation.fleet.targets import Target
from camformation.frozen import frozen

DESCRIPTION = "stackset.json"
CREATE = "create-stack-set.json"
POLICY = "bucket-policy.json"
EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"
"""AWS's default role (CreateStackSet, ExecutionRoleName)."""


CAREFUL = {
    "FailureToleranceCount": 0,
    "MaxConcurrentCount": 1,
    "ConcurrencyMode": "STRICT_FAILURE_TOLERANCE",
    "RegionConcurrencyType": "SEQUENTIAL",
}
"""AWS's own defaults, written out (CloudFormation API Reference, StackSetOperationPreferences)."""


@frozen
class Settings:
    """Settings of a StackSet, from a fleet file or from options."""

    name: str
    description: str
    permission_model: str
    region: str | None = None  # for the StackSet itself
    call_as: str = "SELF"
    administration_role_arn: str | None = None
    execution_role_name: str | None = None
    managed_execution: bool = True
    auto_deployment: AutoDeploymentSpec | None = None  # only of service-managed StackSets
    operation_preferences: Mapping[str, Any] = field(default_factory=lambda: dict(CAREFUL))
    tags: Mapping[str, str] = field(default_factory=dict)


def settings_of(fleet: FleetSpec, exported: Exported) -> Settings:
    """Return the settings in a fleet file."""
    service_managed = fleet.permission_model == "SERVICE_MANAGED"
    return Settings(
        name=str(fleet.name),
        description=str(fleet.description or exported.description),
        permission_model=str(fleet.permission_model),
        region=str(fleet.region),
        call_as=str(fleet.call_as),
        administration_role_arn=_text(fleet.administration_role_arn),
        execution_role_name=_text(fleet.execution_role_name),
        managed_execution=bool(fleet.managed_execution),
        auto_deployment=fleet.auto_deployment if service_managed else None,
        operation_preferences=_preferences(fleet),
        tags=exported.tags | {str(name): str(value) for name, value in fleet.tags.items()},
    )


def _text(value: str | None) -> str | None:
    return None if value is None else str(value)


def _auto_deployment(spec: AutoDeploymentSpec | None) -> dict[str, Any] | None:
    if spec is None:
        return None
    found: dict[str, Any] = {"Enabled": spec.enabled}
    if spec.enabled:
        found["RetainStacksOnAccountRemoval"] = spec.retain_stacks_on_account_removal
    if spec.depends_on:
        found["DependsOn"] = [str(each) for each in spec.depends_on]
    return found


def _preferences(fleet: FleetSpec) -> dict[str, Any]:
    operation = fleet.operation
    given = {
        "FailureToleranceCount": operation.failure_tolerance_count,
        "FailureTolerancePercentage": operation.failure_tolerance_percentage,
        "MaxConcurrentCount": operation.max_concurrent_count,
        "MaxConcurrentPercentage": operation.max_concurrent_percentage,
        "ConcurrencyMode": str(operation.concurrency_mode),
        "RegionConcurrencyType": str(operation.region_concurrency_type),
        "RegionOrder": [str(each) for each in operation.region_order] or None,
    }
    return {
        name: int(value) if isinstance(value, int) else value
        for name, value in given.items()
        if value is not None
    }


def documents(
    exported: Exported,
    settings: Settings,
    bound: BoundFleet | None = None,
    *,
    artifact_bucket: str | None = None,
    organization: str | None = None,
) -> dict[str, str]:
    """Return the content of every file by its name."""
    targets = bound.targets if bound else ()
    contents = {TEMPLATE: exported.text}
    contents |= {f"artifacts/{key}": text for key, text in exported.artifacts.items()}
    if exported.artifacts:
        principals = _principals(targets, settings)
        policy = bucket_policy(f"{artifact_bucket}-REGION", principals, organization)
        contents[POLICY] = as_json(policy)
    contents[CREATE] = as_json(_create(exported, settings, bound))
    for target in targets:
        name = f"overrides/{target.account}/{target.region}.json"
        contents[name] = as_json(_pairs(target.parameters))
    contents[DESCRIPTION] = as_json(
        {
            "name": settings.name,
            "description": settings.description,
            **described(exported),
            "tags": settings.tags,
            "permissionModel": settings.permission_model,
            "callAs": settings.call_as,
            "managedExecution": settings.managed_execution,
            "autoDeployment": _auto_deployment(settings.auto_deployment),
            "operationPreferences": settings.operation_preferences,
            "files": sorted([*contents, DESCRIPTION]),
        }
    )
    return contents


def _create(exported: Exported, settings: Settings, bound: BoundFleet | None) -> dict[str, Any]:
    """Return the input of `aws cloudformation create-stack-set`, without the template."""
    defaults = {name: each.get("Default") for name, each in exported.definitions.items()}
    # StackSets requires a value for each parameter, even if every target overrides it.
    specs = {each.name: each.default for each in exported.compiled.parameters}
    own = bound.parameters if bound else specs
    differing = {name: value for name, value in own.items() if str(defaults.get(name)) != value}
    if PROTECTION in defaults:
        differing[PROTECTION] = OFF  # for stacks that are created
    given = {
        "StackSetName": settings.name,
        "Description": settings.description,
        "Parameters": _pairs(differing) or None,
        "Capabilities": list(exported.capabilities),
        "Tags": [{"Key": name, "Value": value} for name, value in sorted(settings.tags.items())]
        or None,
        "AdministrationRoleARN": settings.administration_role_arn,
        "ExecutionRoleName": settings.execution_role_name,
        "PermissionModel": settings.permission_model,
        "AutoDeployment": _auto_deployment(settings.auto_deployment),
        "CallAs": settings.call_as if settings.permission_model == "SERVICE_MANAGED" else None,
        "ManagedExecution": {"Active": settings.managed_execution},
    }
    return {name: value for name, value in given.items() if value is not None}


def _pairs(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"ParameterKey": name, "ParameterValue": value}
        for name, value in sorted(parameters.items())
    ]


def _principals(targets: Sequence[Target], settings: Settings) -> tuple[str, ...]:
    """Return the known execution roles of the targets' accounts."""
    role = settings.execution_role_name or EXECUTION_ROLE
    accounts = sorted({target.account for target in targets})
    return tuple(f"arn:aws:iam::{account}:role/{role}" for account in accounts)

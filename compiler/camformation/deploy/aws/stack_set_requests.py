"""Arguments of CloudFormation's StackSet operations."""

from collections.abc import Mapping
from typing import Any

from camformation.deploy.cloud.stack_sets import Places, Preferences, StackSetRequest

Raw = dict[str, Any]


def wanted(request: StackSetRequest, call_as: str | None) -> Raw:
    """Return the common arguments of CreateStackSet and UpdateStackSet, including empty lists.

    An update keeps omitted tags, and removes omitted capabilities.
    """
    service_managed = request.permission_model == "SERVICE_MANAGED"
    return {
        "StackSetName": request.name,
        "Description": request.description[:1024] or None,
        "Capabilities": list(request.capabilities),
        "Tags": [{"Key": key, "Value": value} for key, value in request.tags.items()],
        "PermissionModel": request.permission_model,
        "AdministrationRoleARN": request.administration_role_arn,
        "ManagedExecution": {"Active": request.managed_execution},
        "CallAs": call_as if service_managed else None,
    }


def template(request: StackSetRequest) -> Raw:
    """Return the template or its address; nothing if the request has neither."""
    if request.url:
        return {"TemplateURL": request.url}
    return {"TemplateBody": request.body} if request.body else {}


def content(request: StackSetRequest) -> Raw:
    """Return the template and a value for each parameter, for an update that changes them."""
    return {**template(request), "Parameters": parameters(request.parameters)}


def previous(request: StackSetRequest) -> Raw:
    """Return the arguments that keep template and parameters.

    An omitted parameter returns to the template's default (Parameter, ParameterKey).
    """
    kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in request.parameters]
    return {"UsePreviousTemplate": True, "Parameters": kept}


def parameters(values: Mapping[str, str]) -> list[Raw]:
    """Return Parameters or ParameterOverrides."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def targets(places: Places) -> Raw:
    """Return the targets of an operation: `Accounts` or `DeploymentTargets`, never both."""
    regions = list(places.regions)
    if not places.organizational_units:
        return {"Accounts": list(places.accounts), "Regions": regions}
    chosen: Raw = {"OrganizationalUnitIds": list(places.organizational_units)}
    if places.account_filter:
        chosen["AccountFilterType"] = places.account_filter
    if places.accounts:
        chosen["Accounts"] = list(places.accounts)
    return {"DeploymentTargets": chosen, "Regions": regions}


def operation_preferences(preferences: Preferences) -> Raw | None:
    """Return OperationPreferences with only what is set."""
    chosen = {
        "FailureToleranceCount": preferences.failure_tolerance_count,
        "FailureTolerancePercentage": preferences.failure_tolerance_percentage,
        "MaxConcurrentCount": preferences.max_concurrent_count,
        "MaxConcurrentPercentage": preferences.max_concurrent_percentage,
        "ConcurrencyMode": preferences.concurrency_mode,
        "RegionConcurrencyType": preferences.region_concurrency_type,
        "RegionOrder": list(preferences.region_order) or None,
    }
    return {key: value for key, value in chosen.items() if value is not None} or None


def auto_deployment(request: StackSetRequest) -> Raw | None:
    """Return AutoDeployment, which service-managed StackSets must have, and others must not."""
    if request.permission_model != "SERVICE_MANAGED":
        return None
    chosen = request.auto_deployment
    if chosen is None:
        return {"Enabled": False}
    found: Raw = {"Enabled": chosen.enabled}
    if chosen.enabled:  # "Specify only if Enabled is set to True" (AutoDeployment)
        found["RetainStacksOnAccountRemoval"] = chosen.retain_stacks
    if chosen.depends_on:
        found["DependsOn"] = list(chosen.depends_on)
    return found

"""The StackSet that a fleet file and an export ask for."""

from camformation.deploy.package import Package
from camformation.deploy.stack_sets import AutoDeployment, StackSetRequest
from camformation.fleet.binding import BoundFleet
from camformation.fleet.export import Exported, described
from camformation.fleet.specs import FleetSpec


def stack_set_request(
    fleet: FleetSpec, exported: Exported, bound: BoundFleet, package: Package
) -> StackSetRequest:
    """Return the StackSet as it should be; `package` says where its template is."""
    said = described(exported)
    return StackSetRequest(
        name=str(fleet.name),
        description=str(fleet.description or said["description"]),
        body=package.body,
        url=package.url,
        parameters=dict(bound.parameters),
        capabilities=exported.capabilities,
        tags={**said["tags"], **{str(name): str(value) for name, value in fleet.tags.items()}},
        permission_model=str(fleet.permission_model),
        administration_role_arn=_text(fleet.administration_role_arn),
        execution_role_name=_text(fleet.execution_role_name),
        managed_execution=bool(fleet.managed_execution),
        auto_deployment=_auto_deployment(fleet),
    )


def _auto_deployment(fleet: FleetSpec) -> AutoDeployment | None:
    if fleet.permission_model != "SERVICE_MANAGED":
        return None
    auto = fleet.auto_deployment
    return AutoDeployment(
        bool(auto.enabled),
        bool(auto.retain_stacks_on_account_removal),
        tuple(map(str, auto.depends_on)),
    )


def _text(value: str | None) -> str | None:
    return None if value is None else str(value)

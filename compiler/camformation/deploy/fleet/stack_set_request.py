"""The StackSet that a fleet file and an export describe."""

from camformation.deploy.change.package import Package
from camformation.deploy.cloud.stack_sets import AutoDeployment, StackSetRequest
from camformation.fleet.binding import BoundFleet
from camformation.fleet.documents import settings_of
from camformation.fleet.export import Exported
from camformation.fleet.specs import FleetSpec


def stack_set_request(
    fleet: FleetSpec, exported: Exported, bound: BoundFleet, package: Package
) -> StackSetRequest:
    """Return the wanted state of the StackSet; `package` has its template."""
    settings = settings_of(fleet, exported)
    auto = settings.auto_deployment
    return StackSetRequest(
        name=settings.name,
        description=settings.description,
        body=package.body,
        url=package.url,
        parameters=dict(bound.parameters),
        capabilities=exported.capabilities,
        tags=settings.tags,
        permission_model=settings.permission_model,
        administration_role_arn=settings.administration_role_arn,
        execution_role_name=settings.execution_role_name,
        managed_execution=settings.managed_execution,
        auto_deployment=AutoDeployment(
            bool(auto.enabled),
            bool(auto.retain_stacks_on_account_removal),
            tuple(map(str, auto.depends_on)),
        )
        if auto
        else None,
    )

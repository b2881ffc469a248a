"""The ECS services of a deployment, with their settings in the templates."""

from collections.abc import Iterable, Mapping
from typing import Any

from camformation.closeness import closest
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud, Services
from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.plan.symbols import Address
from camformation.frozen import frozen
from camformation.shapes import mapping, mappings, properties

SERVICE = "AWS::ECS::Service"
BROKERS = "orchestration"


@frozen
class OwnService:
    """A service, named after its section of the spec.

    `wanted` is None if Application Auto Scaling decides the number of tasks. `streams` are the
    prefixes of its tasks' log streams, by container; the first container is the main one.
    """

    name: str  # orchestration | connectors
    address: Address
    cluster: str
    service: str
    wanted: int | None
    execute_command: bool
    streams: Mapping[str, str]
    checked: bool = False  # the main container has a health check

    @property
    def container(self) -> str:
        """The container that runs Camunda."""
        return next(iter(self.streams), "")


def own_services(cloud: Cloud, deployed: Deployed) -> tuple[OwnService, ...]:
    """Return the services of a deployment that exist, brokers first."""
    found = []
    for component, resources in deployed.resources.items():
        bodies = deployed.templates.get(component, {}).get("Resources", {})
        for each in resources:
            parts = (each.physical_id or "").rpartition(":")[2].split("/")
            if each.type != SERVICE or len(parts) != 3 or each.status == "DELETE_COMPLETE":
                continue
            own = properties(bodies.get(each.logical_id))
            name = each.logical_id.removesuffix("Service").lower()
            containers = _containers(bodies, own, name)
            found.append(
                OwnService(
                    name=name,
                    address=Address(component, each.logical_id),
                    cluster=parts[1],
                    service=parts[2],
                    wanted=_count(cloud, deployed, component, own.get("DesiredCount")),
                    execute_command=own.get("EnableExecuteCommand") is True,
                    streams=_streams(containers),
                    checked=bool(containers and containers[0].get("HealthCheck")),
                )
            )
    return tuple(sorted(found, key=lambda each: (each.name != BROKERS, each.name)))


def chosen_services(
    services: Iterable[OwnService], names: Iterable[str], stack: str
) -> tuple[OwnService, ...]:
    """Return the services of these names, all if none is given. Raises DeployError."""
    known = {each.name: each for each in services}
    wanted = list(dict.fromkeys(names)) or list(known)
    if unknown := [name for name in wanted if name not in known]:
        near = closest(unknown[0], known)
        hint = f"the services are {', '.join(known)}" if known else None
        raise DeployError(
            "CAM724",
            f"{stack} has no service {unknown[0]}",
            f"did you mean {near}?" if near else hint,
        )
    if not wanted:
        raise DeployError("CAM724", f"{stack} has no services", "see `camformation diagnose`")
    return tuple(each for name, each in known.items() if name in wanted)


def state_of(services: Services, each: OwnService) -> ServiceState:
    """Return a service from ECS. Raises DeployError if it no longer exists."""
    for state in services.services(each.cluster, [each.service]):
        if state.status == "ACTIVE":
            return state
    raise DeployError(
        "CAM724",
        f"the ECS service {each.service} no longer exists",
        "it was deleted outside CloudFormation: see `camformation drift`",
    )


def _count(cloud: Cloud, deployed: Deployed, component: str, value: Any) -> int | None:
    """Return the number of tasks in the template, which may be a parameter's value."""
    if isinstance(value, dict) and set(value) == {"Ref"}:
        stack = cloud.stacks.describe_stack(deployed.stacks[component])
        value = stack.parameters.get(str(value["Ref"])) if stack else None
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _containers(
    bodies: Mapping[str, Any], service: Mapping[str, Any], name: str
) -> list[Mapping[str, Any]]:
    """Return the containers of a service's tasks, the main one first."""
    logical_id = str(mapping(service.get("TaskDefinition")).get("Ref"))
    task = properties(bodies.get(logical_id))
    exposed = [each.get("ContainerName") for each in mappings(service.get("LoadBalancers"))]
    return sorted(
        mappings(task.get("ContainerDefinitions")),
        key=lambda each: (each.get("Name") not in exposed, not _starts_with(each, name)),
    )


def _streams(containers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        str(each.get("Name")): f"{prefix}/{each.get('Name')}/" if prefix else ""
        for each in containers
        for prefix in [_prefix(each)]
    }


def _starts_with(container: Mapping[str, Any], name: str) -> bool:
    return str(container.get("Name", "")).startswith(name)


def _prefix(container: Mapping[str, Any]) -> str:
    options = mapping(mapping(container.get("LogConfiguration")).get("Options"))
    prefix = options.get("awslogs-stream-prefix")
    return prefix if isinstance(prefix, str) else ""

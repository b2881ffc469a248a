"""The running system of a live deployment, for the gate."""

from collections.abc import Mapping
from dataclasses import replace

from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Databases, Services
from camformation.deploy.cloud.services import DatabaseCluster
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.plan.running import Running, Tasks
from camformation.deploy.plan.symbols import Address

SERVICE = "AWS::ECS::Service"
CLUSTER = "AWS::RDS::DBCluster"
STOPPED = ("stopped", "stopping")


def read_running(services: Services, databases: Databases, deployed: Deployed | None) -> Running:
    """Return the tasks and scaling ranges of the deployment's services, its database's engine
    version, and whether it is stopped.

    A plan works without unreadable parts, and reports them; only expired credentials are an error.
    """
    if deployed is None:
        return Running()
    tasks: dict[Address, Tasks] = {}
    clusters: dict[Address, DatabaseCluster] = {}
    unknown: list[str] = []
    scaling_unknown = ""
    try:
        tasks = _tasks(services, deployed)
    except CredentialsExpired:
        raise
    except DeployError as error:
        unknown.append(_said("the services' tasks", error))
    try:
        tasks |= _scaled(services, deployed, tasks)
    except CredentialsExpired:
        raise
    except DeployError as error:
        scaling_unknown = _said("what Application Auto Scaling scales", error)
    try:
        clusters = _clusters(databases, deployed)
    except CredentialsExpired:
        raise
    except DeployError as error:
        unknown.append(_said("the database's version", error))
    return Running(
        tasks,
        {at: cluster.engine_version for at, cluster in clusters.items() if cluster.engine_version},
        frozenset(at for at, cluster in clusters.items() if cluster.status in STOPPED),
        "; ".join(unknown),
        scaling_unknown,
    )


def _by_cluster(deployed: Deployed) -> dict[str, dict[str, Address]]:
    """Return the services by the name of their cluster, and their own."""
    found: dict[str, dict[str, Address]] = {}
    for address, arn in _live(deployed, SERVICE):
        parts = arn.rpartition(":")[2].split("/")
        if len(parts) == 3:  # arn:…:service/CLUSTER/NAME; older ARNs have no cluster
            found.setdefault(parts[1], {})[parts[2]] = address
    return found


def _scaled(
    services: Services, deployed: Deployed, tasks: Mapping[Address, Tasks]
) -> dict[Address, Tasks]:
    """Return the tasks of the services that Application Auto Scaling scales, with the range."""
    return {
        names[name]: replace(tasks[names[name]], scaled=(target.minimum, target.maximum))
        for cluster, names in _by_cluster(deployed).items()
        for name, target in services.scalable_targets(cluster, sorted(names)).items()
        if name in names and names[name] in tasks
    }


def _tasks(services: Services, deployed: Deployed) -> dict[Address, Tasks]:
    return {
        names[state.name]: Tasks(state.desired, state.running)
        for cluster, names in _by_cluster(deployed).items()
        for state in services.services(cluster, sorted(names))
        if state.name in names and state.status == "ACTIVE"
    }


def _clusters(databases: Databases, deployed: Deployed) -> dict[Address, DatabaseCluster]:
    found = {
        address: databases.cluster(identifier) for address, identifier in _live(deployed, CLUSTER)
    }
    return {address: cluster for address, cluster in found.items() if cluster}


def _live(deployed: Deployed, kind: str) -> list[tuple[Address, str]]:
    return [
        (Address(component, resource.logical_id), resource.physical_id)
        for component, resources in deployed.resources.items()
        for resource in resources
        if resource.type == kind and resource.physical_id and resource.status != "DELETE_COMPLETE"
    ]


def _said(what: str, error: DeployError) -> str:
    if isinstance(error, AccessDenied):
        return f"{what} cannot be read; {error.hint or error.message}"
    return f"{what} cannot be read: {error.message}"

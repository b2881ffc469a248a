"""The containers of a deployment's tasks, as rules see them."""

from collections.abc import Iterator, Mapping

from camformation.components.containers import LOG_ROUTER, Extra
from camformation.components.containers_spec import InitContainerSpec, ServiceContainers
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.frozen import frozen

RESTORE: Path = ("orchestration", "restore")


@frozen
class Service:
    """A service: its section of the spec, Camunda's container, and the others that are made."""

    section: str
    container: str
    spec: ServiceContainers
    before: tuple[str, ...]  # names of what runs to success first, without `init_containers`
    ports: tuple[int, ...]  # of Camunda's container
    cpu: int
    memory_mib: int
    checked: bool = True  # has Camunda's container a health check


@frozen
class Beside:
    """A container next to Camunda's: where the spec has it, its name, and what it is."""

    path: Path
    name: str
    spec: InitContainerSpec | Extra


@frozen
class Given:
    """Variables of a container next to Camunda's, and its command."""

    path: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    command: tuple[str, ...]
    entry_point: tuple[str, ...]


def services(d: Deployment) -> Iterator[Service]:
    """Yield the services of a deployment."""
    o, c = d.orchestration, d.connectors
    tls = d.access.target_tls is not None
    before = {
        "orchestration-cluster-tls": tls,
        "db-seed": d.database.seed == "init_container",
        "orchestration-cluster-init": o.init_container is not None,
        "orchestration-cluster-restore": o.restore is not None,
    }
    yield Service(
        "orchestration",
        "orchestration-cluster",
        o,
        tuple(name for name, there in before.items() if there),
        (8080, 9600, 26500, 26501, 26502),
        o.cpu,
        o.memory_mib,
    )
    if c.enabled:
        there = {"connectors-tls": tls, "connectors-init": c.init_container is not None}
        init = tuple(name for name, used in there.items() if used)
        yield Service(
            "connectors",
            "connectors",
            c,
            init,
            (8080,),
            c.cpu,
            c.memory_mib,
            not (tls and d.access.http),
        )


def beside(service: Service) -> Iterator[Beside]:
    """Yield the containers in a service's section next to Camunda's."""
    spec, section = service.spec, service.section
    if spec.init_container:
        name = f"{service.container}-init"
        yield Beside((section, "init_container"), name, spec.init_container)
    for index, init in enumerate(spec.init_containers):
        yield Beside((section, "init_containers", index), init.name, init)
    for index, sidecar in enumerate(spec.sidecars):
        yield Beside((section, "sidecars", index), sidecar.name, sidecar)
    if spec.log_router:
        yield Beside((section, "log_router"), LOG_ROUTER, spec.log_router)


def beside_mib(d: Deployment, spec: ServiceContainers) -> int:
    """Return the memory that what runs beside Camunda's container reserves, the collector too."""
    running = (*spec.sidecars, *((spec.log_router,) if spec.log_router else ()))
    collector = d.observability.prometheus.memory_mib if d.observability.prometheus else 0
    return sum((e.memory_reservation_mib or e.memory_mib or 0) for e in running) + collector


def given(d: Deployment) -> Iterator[Given]:
    """Yield the settings of the containers next to Camunda's."""
    for service in services(d):
        for each in beside(service):
            spec = each.spec
            yield Given(each.path, spec.environment, spec.secrets, spec.command, spec.entry_point)
    if restore := d.orchestration.restore:
        yield Given(
            RESTORE,
            restore.environment,
            restore.secrets,
            restore.command,
            restore.entry_point,
        )

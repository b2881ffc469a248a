"""Rules for the containers of a task: names, volumes, ports, and what they may take of the task."""

from collections import Counter
from collections.abc import Iterator
from posixpath import normpath

from camformation.components.containers import CONFIG_DIRECTORY, CONFIG_VOLUME, LOG_ROUTER
from camformation.components.containers_spec import (
    InitContainerSpec,
    LogRouterSpec,
    NamedInitContainerSpec,
)
from camformation.components.orchestration_environment import DATA_DIRECTORY
from camformation.components.orchestration_task import DATA_VOLUME, WRITTEN
from camformation.components.ports import GRPC_PROXY, REST_PROXY
from camformation.components.prometheus import COLLECTOR
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.containers import Service, beside, beside_mib, services
from camformation.rules.heap import LEAST_NATIVE_MIB, heap_path, heap_setting, options_of
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings, connectors_settings

MOST = 10  # containers of a task definition
MOST_BESIDE = 0.2  # of the memory: what brokers otherwise have for the page cache
FIRELENS_PORT = 24224
IMAGES = {"orchestration": "/usr/local/camunda", "connectors": "/opt/app"}
COVERED = ("/usr/local/camunda/bin", "/usr/local/camunda/lib", "/bin", "/lib", "/etc")
AWS_NAMES = ("ecs-service-connect", "aws-guardduty-agent")


@rule("CAM136", "Containers or volumes that a task cannot have")
def containers(d: Deployment) -> Iterator[Violation]:
    """The containers of a task must have different names, and so must its volumes. camformation
    itself uses the names `orchestration-cluster`, `connectors`, the same with `-init` and
    `-restore`, `db-seed`, `log-router` and `prometheus-collector`, and the volumes
    `camunda-volume`, `init-config`, `camunda-tmp`, `camunda-logs` and `camunda-documents`. AWS adds
    containers whose names begin with `ecs-service-connect` or `aws-guardduty-agent`. A container
    can mount only volumes of its service, each at a different path. A task has at most 10
    containers.

    A volume is empty at first, and hides what the image has at its path. So it must not cover the
    application: /usr/local/camunda for brokers, /opt/app for connectors, whose folder for jars is
    /opt/custom. A volume that no init container and no sidecar mounts stays empty: that is a
    warning.

    Source: Amazon ECS API Reference, ContainerDefinition, MountPoint and Volume; Amazon ECS
    Developer Guide, Service quotas (containers per task definition); aws/containers-roadmap issue
    863; camunda/camunda, camunda.Dockerfile; camunda/connectors, Dockerfile.
    """
    for service in services(d):
        yield from _names(service)
        yield from _volumes(service)
        count = 1 + len(service.before) + len(service.spec.init_containers)
        count += len(service.spec.sidecars) + (service.spec.log_router is not None)
        if count > MOST:
            kind = "sidecars" if service.spec.sidecars else "init_containers"
            yield Violation(
                (service.section, kind),
                f"the task has {count} containers, and ECS allows {MOST}",
                "do the work of several init containers in one, or use fewer sidecars",
            )


def _names(service: Service) -> Iterator[Violation]:
    taken = {service.container: "Camunda's container"}
    for name in (*service.before, f"{service.container}-restore"):
        taken[name] = "a container that camformation makes"
    if service.spec.log_router:
        taken[LOG_ROUTER] = "the log router"
    taken[COLLECTOR] = "the collector of observability.prometheus"
    for each in beside(service):
        if isinstance(each.spec, LogRouterSpec | InitContainerSpec):
            continue
        path: Path = (*each.path, "name")
        if each.name in taken:
            yield Violation(
                path, f"{each.name} is also the name of {taken[each.name]}", "choose another name"
            )
        elif each.name.startswith(AWS_NAMES):
            yield Violation(
                path,
                f"{each.name} begins like the containers that AWS adds to tasks",
                "choose another name",
            )
        taken.setdefault(each.name, "another container of the task")


def _volumes(service: Service) -> Iterator[Violation]:
    spec, section = service.spec, service.section
    brokers = section == "orchestration"
    known: dict[str, str] = {DATA_VOLUME: DATA_DIRECTORY} if brokers else {}
    if spec.init_container:
        known[CONFIG_VOLUME] = CONFIG_DIRECTORY
    paths = {path: "the task's own volume" for path in known.values()}
    names: set[str] = set()
    for index, volume in enumerate(spec.volumes):
        if volume.name in (DATA_VOLUME, CONFIG_VOLUME, *WRITTEN) or volume.name in names:
            yield Violation(
                (section, "volumes", index, "name"),
                f"the task has another volume {volume.name}",
                "choose another name",
            )
        names.add(volume.name)
        path = normpath(volume.path) if volume.path else None
        if path and path in paths:
            yield Violation(
                (section, "volumes", index, "path"),
                f"Camunda's container has {paths[path]} at {path}",
                "choose another path",
            )
        elif (path and f"{IMAGES[section]}/".startswith(f"{path}/")) or path in COVERED:
            yield Violation(
                (section, "volumes", index, "path"),
                f"the volume hides what Camunda's image has in {path}: the application is in "
                f"{IMAGES[section]}",
                f"choose another path, such as /{volume.name}",
            )
        elif path:
            paths[path] = f"the volume {volume.name}"
    filled: set[str] = set()
    for each in beside(service):
        if isinstance(each.spec, InitContainerSpec):
            continue
        own: Counter[str] = Counter()
        for index, mount in enumerate(each.spec.mounts):
            filled.add(mount.volume)
            own[mount.path.rstrip("/")] += 1
            where: Path = (*each.path, "mounts", index)
            if mount.volume not in names:
                yield Violation(
                    (*where, "volume"),
                    f"{section} has no volume {mount.volume}",
                    f"add it to {section}.volumes"
                    + (f", or use {', '.join(sorted(names))}" if names else ""),
                )
            if own[mount.path.rstrip("/")] > 1:
                yield Violation(
                    (*where, "path"),
                    f"{each.name} has another volume at {mount.path}",
                    "choose another path",
                )
    for index, volume in enumerate(spec.volumes):
        if volume.name in names - filled and volume.read_only:
            names.discard(volume.name)  # once, if it is there twice
            yield Violation(
                (section, "volumes", index, "name"),
                f"no init container and no sidecar mounts the volume {volume.name}, so it is empty",
                "add it to the mounts of the container that fills it, or remove it",
                Severity.WARNING,
            )


@rule("CAM137", "Containers that take too much of a task")
def budget(d: Deployment) -> Iterator[Violation]:
    """The CPU and memory that containers reserve must be less than the task's: otherwise ECS
    refuses the task definition. A container's memory limit counts as reserved if it reserves
    nothing. Camunda's own container reserves nothing and gets the rest.

    Camunda's JVM takes its heap from the task's whole memory. If its heap and the reservations of
    others exceed it, containers are killed. If others reserve more than a fifth of the memory and
    no option sets the heap, that is a warning: raise `memory_mib`, and set the heap.

    Source: Amazon ECS Developer Guide, Task definition parameters for Fargate (cpu, memory,
    memoryReservation); Camunda docs, Self-Managed resource planning (memory).
    """
    for service in services(d):
        cpu, memory = 0, beside_mib(d, service.spec)
        biggest: Path = ()
        for each in beside(service):
            if isinstance(each.spec, InitContainerSpec | NamedInitContainerSpec):
                continue
            limit, reserved = each.spec.memory_mib, each.spec.memory_reservation_mib
            if limit and reserved and reserved > limit:
                yield Violation(
                    (*each.path, "memory_reservation_mib"),
                    f"{each.name} reserves {reserved} MiB, more than its limit of {limit} MiB",
                    "lower it, or raise memory_mib",
                )
            cpu += each.spec.cpu or 0
            biggest = biggest or each.path
        if d.observability.prometheus:
            biggest = biggest or ("observability", "prometheus")
        if cpu >= service.cpu:
            yield Violation(
                biggest,
                f"other containers reserve {cpu} CPU units of the task's {service.cpu}",
                f"reserve less, or raise {service.section}.cpu",
            )
        if memory:
            yield from _memory(d, service, memory, biggest)


def _memory(d: Deployment, service: Service, taken: int, path: Path) -> Iterator[Violation]:
    field = f"{service.section}.memory_mib"
    brokers = service.section == "orchestration"
    settings = broker_settings(d) if brokers else connectors_settings(d)
    heap = options_of(settings).heap(service.memory_mib)
    said = f"other containers reserve {taken} MiB of the task's {service.memory_mib} MiB"
    if taken >= service.memory_mib:
        yield Violation(path, said, f"reserve less, or raise {field}")
    elif brokers and d.orchestration.memory_budget:
        return  # CAM241
    elif heap + LEAST_NATIVE_MIB <= service.memory_mib < heap + LEAST_NATIVE_MIB + taken:
        yield Violation(
            heap_path(settings),
            f"a heap of {heap:.0f} MiB is too large: {said}",
            f"lower the heap, reserve less, or raise {field}",
        )
    elif taken > MOST_BESIDE * service.memory_mib and not heap_setting(settings):
        yield Violation(
            path,
            f"{said}, and Camunda's JVM takes a quarter of all of it for its heap",
            f"raise {field}, and set -XX:MaxRAMPercentage in JAVA_TOOL_OPTIONS",
            Severity.WARNING,
        )


@rule("CAM139", "Port that another container listens on")
def ports(d: Deployment) -> Iterator[Violation]:
    """The containers of a Fargate task share one network interface, so two cannot listen on the
    same port. Brokers listen on 8080, 9600 and 26500 to 26502, connectors on 8080, FireLens on
    24224. With `cluster.service_connect_tls`, the proxy in the brokers' tasks has 8443 and 26443.

    Source: Amazon ECS Developer Guide, Fargate task networking; Amazon ECS Developer Guide, Send
    Amazon ECS logs to an AWS service; Amazon ECS API Reference, ServiceConnectService.
    """
    for service in services(d):
        taken = dict.fromkeys(service.ports, "Camunda")
        if service.spec.log_router:
            taken[FIRELENS_PORT] = "the log router"
        if d.cluster.service_connect_tls and service.section == "orchestration":
            taken |= dict.fromkeys((REST_PROXY, GRPC_PROXY), "the Service Connect proxy")
        for index, sidecar in enumerate(service.spec.sidecars):
            for position, port in enumerate(sidecar.ports):
                if port in taken:
                    yield _port(
                        (service.section, "sidecars", index, "ports", position), port, taken
                    )
                else:
                    taken[port] = sidecar.name


def _port(path: Path, port: int, taken: dict[int, str]) -> Violation:
    return Violation(
        path,
        f"{taken[port]} listens on port {port} in the same task",
        "let the sidecar listen on another port",
    )

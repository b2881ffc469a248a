"""Containers of a service's tasks next to Camunda's own: init containers, sidecars, a log router.

Only Camunda's container logs to the router. The others log to CloudWatch Logs, where messages of an
init container or the router itself can be read even if the task never started.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from troposphere import ecs

from camformation.components.container_security import (
    ContainersSpec,
    limited,
    restricted,
    scratch_mounts,
    scratch_volumes,
)
from camformation.components.containers_spec import (
    DependencySpec,
    HealthCheckSpec,
    InitContainerSpec,
    LogRouterSpec,
    MountSpec,
    NamedInitContainerSpec,
    ServiceContainers,
    SidecarSpec,
)
from camformation.components.fargate import RegistrySpec, Variables, after_success, container
from camformation.components.logs import LogGroup
from camformation.components.proxy import Proxy

CONFIG_VOLUME = "init-config"
CONFIG_DIRECTORY = "/config"
LOG_ROUTER = "log-router"

Extra = NamedInitContainerSpec | SidecarSpec | LogRouterSpec


def extra_containers(
    spec: ServiceContainers,
) -> Iterator[InitContainerSpec | Extra]:
    """Yield all containers that a service's section describes."""
    if spec.init_container:
        yield spec.init_container
    yield from spec.init_containers
    yield from spec.sidecars
    if spec.log_router:
        yield spec.log_router


def alone(spec: ServiceContainers) -> bool:
    """Return whether Camunda's container is the only one of its task."""
    return next(iter(extra_containers(spec)), None) is None


def extra_images(spec: ServiceContainers) -> list[str]:
    """Return the images of these containers."""
    return [each.image for each in extra_containers(spec)]


def extra_secrets(spec: ServiceContainers) -> list[str]:
    """Return the ARNs of the secrets that ECS reads for these containers."""
    arns = [arn for each in extra_containers(spec) for arn in each.secrets.values()]
    return [*arns, *(spec.log_router.output_secrets.values() if spec.log_router else ())]


def init_containers(
    service: str,
    spec: ServiceContainers,
    log_group: LogGroup,
    registry: RegistrySpec,
    proxy: Proxy,
    limits: ContainersSpec,
) -> list[ecs.ContainerDefinition]:
    """Describe the init containers; `service` is the name of Camunda's container."""
    found = []
    limit = limited(limits, spec.memory_mib, alone=False)
    if init := spec.init_container:
        found.append(
            container(
                f"{service}-init",
                init.image,
                proxy.before(Variables(plain=init.environment, secret=init.secrets)),
                log_group,
                registry,
                Essential=False,
                MountPoints=[_mount_point(CONFIG_VOLUME, CONFIG_DIRECTORY, read_only=False)],
                **_program(init),
                **limit,
            )
        )
    found += [
        _container(
            service,
            each.name,
            each,
            log_group,
            registry,
            proxy.before(Variables(plain=each.environment, secret=each.secrets)),
            Essential=False,
            **limit,
        )
        for each in spec.init_containers
    ]
    return found


def running_containers(
    service: str, spec: ServiceContainers, log_group: LogGroup, registry: RegistrySpec
) -> list[ecs.ContainerDefinition]:
    """Describe the containers that run next to Camunda's."""
    found = []
    for each in spec.sidecars:
        properties: dict[str, Any] = {}
        if each.ports:
            properties["PortMappings"] = [
                ecs.PortMapping(ContainerPort=port, Protocol="tcp") for port in each.ports
            ]
        if each.restart:
            properties["RestartPolicy"] = ecs.RestartPolicy(Enabled=True)
        found.append(
            _container(
                service, each.name, each, log_group, registry, **properties, **_running(each)
            )
        )
    if router := spec.log_router:
        firelens: dict[str, Any] = {"Type": router.type}
        if router.options:
            firelens["Options"] = dict(sorted(router.options.items()))
        found.append(
            _container(
                service,
                LOG_ROUTER,
                router,
                log_group,
                registry,
                FirelensConfiguration=ecs.FirelensConfiguration(**firelens),
                **_running(router),
            )
        )
    return found


def after(spec: ServiceContainers, before: Iterable[ecs.ContainerDefinition]) -> dict[str, Any]:
    """Return the dependencies of Camunda's container: success of all before it, the log router,
    others.

    ECS orders container and log router by itself only if a container has no other dependencies
    (Amazon ECS Developer Guide, Send Amazon ECS logs to an AWS service).
    """
    names = [each.Name for each in before]
    found = after_success(names)
    if router := spec.log_router:
        named = {each.container for each in spec.depends_on}
        if LOG_ROUTER not in named:
            condition = "HEALTHY" if router.health_check else "START"
            found.append(ecs.ContainerDependency(ContainerName=LOG_ROUTER, Condition=condition))
    found += _dependencies(each for each in spec.depends_on if each.container not in names)
    return {"DependsOn": found} if found else {}


def routed(spec: ServiceContainers) -> ecs.LogConfiguration | None:
    """Return the log configuration of Camunda's container if a log router receives its logs."""
    router = spec.log_router
    if router is None:
        return None
    given: dict[str, Any] = {}
    if router.output:
        given["Options"] = dict(sorted(router.output.items()))
    if router.output_secrets:
        given["SecretOptions"] = [
            ecs.Secret(Name=name, ValueFrom=arn)
            for name, arn in sorted(router.output_secrets.items())
        ]
    return ecs.LogConfiguration(LogDriver="awsfirelens", **given)


def shared_volumes(spec: ServiceContainers, own: Mapping[str, str]) -> list[ecs.Volume]:
    """Return the volumes on the task's own disk; `own` are used only by Camunda's container."""
    config = [CONFIG_VOLUME] if spec.init_container else []
    shared = [*config, *(each.name for each in spec.volumes)]
    return [*(ecs.Volume(Name=name) for name in shared), *scratch_volumes(own)]


def shared_mounts(spec: ServiceContainers, own: Mapping[str, str]) -> list[ecs.MountPoint]:
    """Return the mounts of these volumes in Camunda's container."""
    config = [_mount_point(CONFIG_VOLUME, CONFIG_DIRECTORY, read_only=True)]
    return [
        *(config if spec.init_container else ()),
        *(
            _mount_point(each.name, each.path, read_only=each.read_only)
            for each in spec.volumes
            if each.path
        ),
        *scratch_mounts(own),
    ]


def _container(
    service: str,
    name: str,
    spec: Extra,
    log_group: LogGroup,
    registry: RegistrySpec,
    variables: Variables | None = None,
    **properties: Any,
) -> ecs.ContainerDefinition:
    if spec.mounts:
        properties["MountPoints"] = [_mount(each) for each in spec.mounts]
    if spec.depends_on:
        properties["DependsOn"] = _dependencies(spec.depends_on)
    return container(
        name,
        spec.image,
        variables or Variables(plain=spec.environment, secret=spec.secrets),
        log_group,
        registry,
        stream_prefix=f"{service}-{name}",
        **_program(spec),
        **properties,
    )


def _program(spec: InitContainerSpec | Extra) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if spec.entry_point:
        given["EntryPoint"] = list(spec.entry_point)
    if spec.command:
        given["Command"] = list(spec.command)
    if spec.user is not None:
        given["User"] = spec.user
    return given | restricted(spec.security)


def _running(spec: SidecarSpec | LogRouterSpec) -> dict[str, Any]:
    given: dict[str, Any] = {"Essential": spec.essential, "StopTimeout": spec.stop_timeout_seconds}
    sizes = {
        "Cpu": spec.cpu,
        "Memory": spec.memory_mib,
        "MemoryReservation": spec.memory_reservation_mib,
    }
    given |= {name: size for name, size in sizes.items() if size is not None}
    if spec.health_check:
        given["HealthCheck"] = _health_check(spec.health_check)
    return given


def _health_check(spec: HealthCheckSpec) -> ecs.HealthCheck:
    return ecs.HealthCheck(
        Command=list(spec.command),
        Interval=spec.interval_seconds,
        Timeout=spec.timeout_seconds,
        Retries=spec.retries,
        StartPeriod=spec.start_period_seconds,
    )


def _dependencies(specs: Iterable[DependencySpec]) -> list[ecs.ContainerDependency]:
    return [
        ecs.ContainerDependency(ContainerName=each.container, Condition=each.condition)
        for each in specs
    ]


def _mount(spec: MountSpec) -> ecs.MountPoint:
    return _mount_point(spec.volume, spec.path, read_only=spec.read_only)


def _mount_point(volume: str, path: str, *, read_only: bool) -> ecs.MountPoint:
    return ecs.MountPoint(SourceVolume=volume, ContainerPath=path, ReadOnly=read_only)

"""Containers of a service's tasks next to Camunda's own, as a spec describes them."""

from collections.abc import Mapping
from typing import Protocol

from camformation.components.container_security import ContainerSecuritySpec
from camformation.frozen import frozen


@frozen
class InitContainerSpec:
    """`init_container`: runs to success before the main container; shares /config with it."""

    image: str
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    user: str | None
    security: ContainerSecuritySpec


@frozen
class DependencySpec:
    """An element of `depends_on`: a container, and the condition that it must have reached."""

    container: str
    condition: str  # START | HEALTHY | COMPLETE | SUCCESS


@frozen
class MountSpec:
    """An element of `mounts`: a volume, and its path in a container."""

    volume: str
    path: str
    read_only: bool


@frozen
class VolumeSpec:
    """An element of `volumes`: an empty volume that the containers of a task share."""

    name: str
    path: str | None  # the path in Camunda's container, if it is mounted there
    read_only: bool


@frozen
class HealthCheckSpec:
    """`health_check` of a container."""

    command: tuple[str, ...]
    interval_seconds: int
    timeout_seconds: int
    retries: int
    start_period_seconds: int


@frozen
class NamedInitContainerSpec:
    """An element of `init_containers`."""

    name: str
    image: str
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    user: str | None
    security: ContainerSecuritySpec
    mounts: tuple[MountSpec, ...]
    depends_on: tuple[DependencySpec, ...]


@frozen
class SidecarSpec:
    """An element of `sidecars`."""

    name: str
    image: str
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    user: str | None
    security: ContainerSecuritySpec
    mounts: tuple[MountSpec, ...]
    depends_on: tuple[DependencySpec, ...]
    essential: bool
    restart: bool
    cpu: int | None
    memory_mib: int | None
    memory_reservation_mib: int | None
    ports: tuple[int, ...]
    health_check: HealthCheckSpec | None
    stop_timeout_seconds: int


@frozen
class LogRouterSpec:
    """`log_router`: the container of FireLens, and its output for Camunda's logs."""

    image: str
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    user: str | None
    security: ContainerSecuritySpec
    mounts: tuple[MountSpec, ...]
    depends_on: tuple[DependencySpec, ...]
    type: str  # fluentbit | fluentd
    options: Mapping[str, str]
    output: Mapping[str, str]
    output_secrets: Mapping[str, str]
    essential: bool
    cpu: int | None
    memory_mib: int | None
    memory_reservation_mib: int | None
    health_check: HealthCheckSpec | None
    stop_timeout_seconds: int


class ServiceContainers(Protocol):
    """A service's section of a spec: its containers next to Camunda's own."""

    @property
    def memory_mib(self) -> int:
        """The memory of the task."""

    @property
    def init_container(self) -> InitContainerSpec | None:
        """The init container that shares /config."""

    @property
    def init_containers(self) -> tuple[NamedInitContainerSpec, ...]:
        """More init containers."""

    @property
    def sidecars(self) -> tuple[SidecarSpec, ...]:
        """Containers that run next to Camunda's."""

    @property
    def log_router(self) -> LogRouterSpec | None:
        """The container that gets Camunda's logs."""

    @property
    def volumes(self) -> tuple[VolumeSpec, ...]:
        """Volumes that the task's containers share."""

    @property
    def depends_on(self) -> tuple[DependencySpec, ...]:
        """Sidecars that Camunda's container waits for."""

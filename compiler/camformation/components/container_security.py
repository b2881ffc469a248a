"""Restrictions of containers: root file system, Linux capabilities, user, limits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from troposphere import ecs

from camformation.frozen import frozen

RESERVED_MIB = 128  # of a container beside others: their limits together may exceed the task's


@frozen
class ContainerSecuritySpec:
    """`security` of an init container, a sidecar or a log router."""

    readonly_root_filesystem: bool
    drop_capabilities: bool
    init_process: bool


@frozen
class ContainersSpec:
    """The `containers` section of a spec: Camunda's own containers and the database seed's."""

    readonly_root_filesystem: bool
    drop_capabilities: bool
    init_process: bool
    user: str | None
    memory_limits: bool
    open_files: int | None


class Restrictions(Protocol):
    """The restrictions that both kinds of containers can have."""

    @property
    def readonly_root_filesystem(self) -> bool:
        """Whether the root file system is read-only."""

    @property
    def drop_capabilities(self) -> bool:
        """Whether all Linux capabilities are dropped."""

    @property
    def init_process(self) -> bool:
        """Whether an init process forwards signals and reaps processes."""


def restricted(spec: Restrictions) -> dict[str, Any]:
    """Return the container properties for these restrictions."""
    found: dict[str, Any] = {}
    if spec.readonly_root_filesystem:
        found["ReadonlyRootFilesystem"] = True
    linux: dict[str, Any] = {}
    if spec.drop_capabilities:
        linux["Capabilities"] = ecs.KernelCapabilities(Drop=["ALL"])
    if spec.init_process:
        linux["InitProcessEnabled"] = True
    if linux:
        found["LinuxParameters"] = ecs.LinuxParameters(**linux)
    return found


def own_container(spec: ContainersSpec, memory_mib: int, *, alone: bool = True) -> dict[str, Any]:
    """Return the properties of one of camformation's containers; `alone` in its task, or not."""
    found = restricted(spec) | limited(spec, memory_mib, alone=alone)
    if spec.user is not None:
        found["User"] = spec.user
    if spec.open_files is not None:
        files = spec.open_files
        found["Ulimits"] = [ecs.Ulimit(Name="nofile", SoftLimit=files, HardLimit=files)]
    return found


def limited(spec: ContainersSpec, memory_mib: int, *, alone: bool) -> dict[str, Any]:
    """Return a hard memory limit: the task's memory.

    ECS adds up the containers' reservations, for which the limit counts if there is none (Amazon
    ECS Developer Guide, Task definition parameters for Fargate, memory).
    """
    if not spec.memory_limits:
        return {}
    return {"Memory": memory_mib} | ({} if alone else {"MemoryReservation": RESERVED_MIB})


def scratch(
    spec: ContainersSpec, paths: Mapping[str, str], taken: Iterable[str | None]
) -> dict[str, str]:
    """Return the volumes, by name, at the paths that a container writes to besides its root file
    system; a spec's own volumes at the paths `taken` replace them."""
    if not spec.readonly_root_filesystem:
        return {}
    known = {path.rstrip("/") for path in taken if path}
    return {name: path for name, path in paths.items() if path not in known}


def scratch_volumes(volumes: Mapping[str, str]) -> list[ecs.Volume]:
    """Describe these volumes: empty, on the task's own disk.

    They have the owner and the permissions of the image's VOLUME at the path; without one, they
    would belong to root (Amazon ECS Developer Guide, Use bind mounts).
    """
    return [ecs.Volume(Name=name) for name in volumes]


def scratch_mounts(volumes: Mapping[str, str]) -> Sequence[ecs.MountPoint]:
    """Mount these volumes."""
    return [
        ecs.MountPoint(SourceVolume=name, ContainerPath=path, ReadOnly=False)
        for name, path in volumes.items()
    ]

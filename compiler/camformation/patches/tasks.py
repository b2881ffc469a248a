"""Task definitions in patches that Amazon ECS refuses, or does not run on Fargate.

Source: Amazon ECS Developer Guide, Task definition differences for Fargate; Amazon ECS API
Reference, ContainerDefinition, KernelCapabilities and LinuxParameters.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.patches.property_kinds import Misfit
from camformation.shapes import entries, mapping, texts, whole

NOT_IN_CONTAINERS = (
    *("DisableNetworking", "DnsSearchDomains", "DnsServers", "DockerSecurityOptions"),
    *("ExtraHosts", "Links", "Privileged"),
)
NOT_IN_LINUX = ("Devices", "MaxSwap", "SharedMemorySize", "Swappiness", "Tmpfs")
CAPABILITY = "SYS_PTRACE"
LIMIT = "nofile"


def task_definition(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what ECS refuses of a task definition, and what Fargate does not have."""
    yield from _inside(p)
    if "FARGATE" not in texts(p.get("RequiresCompatibilities")):
        return
    if p.get("PidMode") == "host":
        message = "tasks on Fargate share processes with their own containers alone"
        yield ("PidMode",), message, "write task, or remove it"
    if isinstance(p.get("IpcMode"), str):
        yield ("IpcMode",), "tasks on Fargate have no IpcMode", "remove it"
    for index, each in entries(p.get("Volumes")):
        if mapping(each.get("Host")).get("SourcePath"):
            message = "tasks on Fargate cannot mount folders of their host"
            yield (
                ("Volumes", index, "Host", "SourcePath"),
                message,
                "remove Host: the volume is empty",
            )
    for index, each in entries(p.get("ContainerDefinitions")):
        for place, message, hint in _container(each):
            yield ("ContainerDefinitions", index, *place), message, hint


def _inside(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield names of containers and volumes that the task does not have, or has twice."""
    containers = entries(p.get("ContainerDefinitions"))
    names = [each.get("Name") for _, each in containers]
    volumes = [each.get("Name") for _, each in entries(p.get("Volumes"))]
    seen: set[str] = set()
    for index, each in containers:
        at = ("ContainerDefinitions", index)
        if (own := str(each.get("Name"))) in seen:
            yield (*at, "Name"), f"two containers are called {own}", "give each its own name"
        seen.add(own)
        for place, name in _named(each, "DependsOn", "ContainerName"):
            if name not in names and _all_texts(names):
                message = f"the task has no container {name}, for which one waits"
                yield (*at, *place), message, _one_of(names)
        for place, name in _named(each, "MountPoints", "SourceVolume"):
            if name not in volumes and _all_texts(volumes):
                hint = _one_of(volumes) or "add it to Volumes"
                yield (*at, *place), f"the task has no volume {name} to mount", hint
        variables = {name for _, name in _named(each, "Environment", "Name")}
        for place, name in _named(each, "Secrets", "Name"):
            if name in variables:
                message = f"{name} is a variable and a secret of one container"
                yield (*at, *place), message, "remove one of them"


def _named(
    container: Mapping[str, Any], section: str, key: str
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the names in a list of a container, each with its place."""
    for index, each in entries(container.get(section)):
        if isinstance(each.get(key), str):
            yield (section, index, key), each[key]


def _all_texts(names: list[Any]) -> bool:
    return all(isinstance(each, str) for each in names)


def _one_of(names: list[Any]) -> str | None:
    known = [each for each in names if isinstance(each, str)]
    return f"it has {', '.join(known)}" if known else None


def _container(c: Mapping[str, Any]) -> Iterator[Misfit]:
    for name in NOT_IN_CONTAINERS:
        if c.get(name) and str(c[name]).lower() != "false":
            yield (name,), f"a container on Fargate cannot have {name}", "remove it"
    linux = mapping(c.get("LinuxParameters"))
    for name in NOT_IN_LINUX:
        if linux.get(name):
            message = f"a container on Fargate cannot have LinuxParameters.{name}"
            yield ("LinuxParameters", name), message, "remove it"
    added = texts(mapping(linux.get("Capabilities")).get("Add"))
    if others := [each for each in added if each != CAPABILITY]:
        message = f"Fargate adds no capability but {CAPABILITY}, so not {', '.join(others)[:80]}"
        yield ("LinuxParameters", "Capabilities", "Add"), message, "remove it"
    for index, each in entries(c.get("Ulimits")):
        limit = each.get("Name")
        soft, hard = (whole(each.get(f"{kind}Limit")) for kind in ("Soft", "Hard"))
        if isinstance(limit, str) and limit != LIMIT:
            message = f"Fargate lets tasks set the limit {LIMIT} alone, not {limit[:40]}"
            yield ("Ulimits", index, "Name"), message, "remove it"
        elif soft is not None and hard is not None and 0 <= hard < soft:
            message = f"SoftLimit, {soft}, is above HardLimit, {hard}"
            yield ("Ulimits", index, "SoftLimit"), message, f"write {hard} or less"

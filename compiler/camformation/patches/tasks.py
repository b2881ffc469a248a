"""Services and tasks in patches that Amazon ECS does not run on Fargate.

Source: Amazon ECS Developer Guide, Task definition differences for Fargate; Amazon ECS API
Reference, KernelCapabilities, LinuxParameters and DeploymentConfiguration.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.patches.attributes import number
from camformation.patches.property_kinds import Misfit
from camformation.shapes import entries, mapping, texts

NOT_IN_CONTAINERS = (
    *("DisableNetworking", "DnsSearchDomains", "DnsServers", "DockerSecurityOptions"),
    *("ExtraHosts", "Links", "Privileged"),
)
NOT_IN_LINUX = ("Devices", "MaxSwap", "SharedMemorySize", "Swappiness", "Tmpfs")
CAPABILITY = "SYS_PTRACE"
LIMIT = "nofile"


def service(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what ECS refuses of a service on Fargate, and a rollout that replaces no task."""
    strategy = p.get("CapacityProviderStrategy")
    if p.get("LaunchType") and strategy:
        message = "LaunchType and CapacityProviderStrategy exclude each other"
        yield ("LaunchType",), message, "remove one of them"
    providers = [each.get("CapacityProvider") for _, each in entries(strategy)]
    fargate = p.get("LaunchType") == "FARGATE" or any(
        str(each).startswith("FARGATE") for each in providers
    )
    for name in ("PlacementConstraints", "PlacementStrategies") if fargate else ():
        if p.get(name):
            message = f"a service on Fargate has no {name}: ECS spreads its tasks over the zones"
            yield (name,), message, "remove it"
    rollout = mapping(p.get("DeploymentConfiguration"))
    least, most = (number(rollout.get(f"{name}Percent")) for name in ("MinimumHealthy", "Maximum"))
    if least is not None and most is not None and least >= 100 and most <= 100:
        message = (
            "ECS can replace no task: MinimumHealthyPercent lets none end before MaximumPercent "
            "lets another begin"
        )
        hint = "lower MinimumHealthyPercent below 100, or raise MaximumPercent above it"
        yield ("DeploymentConfiguration", "MinimumHealthyPercent"), message, hint


def task_definition(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what a task definition for Fargate cannot have."""
    if "FARGATE" not in texts(p.get("RequiresCompatibilities")):
        return
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
        soft, hard = (number(each.get(f"{kind}Limit")) for kind in ("Soft", "Hard"))
        if isinstance(limit, str) and limit != LIMIT:
            message = f"Fargate lets tasks set the limit {LIMIT} alone, not {limit[:40]}"
            yield ("Ulimits", index, "Name"), message, "remove it"
        elif soft is not None and hard is not None and 0 <= hard < soft:
            message = f"SoftLimit, {soft}, is above HardLimit, {hard}"
            yield ("Ulimits", index, "SoftLimit"), message, f"write {hard} or less"

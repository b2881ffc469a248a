"""ECS services in patches that Amazon ECS refuses, also for what their task definition lacks.

Source: Amazon ECS API Reference, CreateService, DeploymentConfiguration and ServiceConnectService.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.patches.property_kinds import Misfit, Place
from camformation.shapes import entries, mapping, whole


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
    least, most = (whole(rollout.get(f"{name}Percent")) for name in ("MinimumHealthy", "Maximum"))
    if least is not None and most is not None and least >= 100 and most <= 100:
        message = (
            "ECS can replace no task: MinimumHealthyPercent lets none end before MaximumPercent "
            "lets another begin"
        )
        hint = "lower MinimumHealthyPercent below 100, or raise MaximumPercent above it"
        yield ("DeploymentConfiguration", "MinimumHealthyPercent"), message, hint


def joined(resources: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what a service asks of its task definition in the same template, and that lacks it."""
    for title, resource in resources.items():
        own = mapping(mapping(resource).get("Properties"))
        named = mapping(own.get("TaskDefinition")).get("Ref")
        if resource.get("Type") != "AWS::ECS::Service" or not isinstance(named, str):
            continue
        task = mapping(mapping(resources.get(named)).get("Properties"))
        if not task:
            continue
        for place, message, hint in _asked(own, task):
            yield ("Resources", title, "Properties", *place), f"{title}: {message}", hint


def _asked(own: Mapping[str, Any], task: Mapping[str, Any]) -> Iterator[Misfit]:
    ports = [
        (each.get("Name"), whole(port.get("ContainerPort")), port.get("Name"))
        for _, each in entries(task.get("ContainerDefinitions"))
        for _, port in entries(each.get("PortMappings"))
    ]
    for index, each in entries(own.get("LoadBalancers")):
        name, asked = each.get("ContainerName"), whole(each.get("ContainerPort"))
        if isinstance(name, str) and asked and (name, asked) not in [port[:2] for port in ports]:
            message = f"the task has no container {name} with port {asked} for the load balancer"
            known = ", ".join(f"{container}:{port}" for container, port, _ in ports)
            yield ("LoadBalancers", index), message, f"it has {known}"
    seen: set[tuple[str, str]] = set()
    for index, each in entries(mapping(own.get("ServiceConnectConfiguration")).get("Services")):
        at: Place = ("ServiceConnectConfiguration", "Services", index)
        name = each.get("PortName")
        called = [port for *_, port in ports]
        if isinstance(name, str) and name not in called:
            message = f"no port of the task is called {name}, as Service Connect asks"
            yield (*at, "PortName"), message, f"it has {', '.join(map(str, filter(None, called)))}"
        for place, alias in entries(each.get("ClientAliases")):
            one = (str(alias.get("DnsName")), str(alias.get("Port")))
            if one in seen:
                message = f"Service Connect has the alias {one[0]}:{one[1]} twice"
                yield (*at, "ClientAliases", place), message, "give each its own name"
            seen.add(one)

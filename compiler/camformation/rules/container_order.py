"""The rule for the order of a task's containers."""

from collections.abc import Iterator, Mapping

from camformation.components.connectors import CONTAINER as CONNECTORS
from camformation.components.containers import LOG_ROUTER
from camformation.components.containers_spec import (
    DependencySpec,
    InitContainerSpec,
    NamedInitContainerSpec,
)
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.rules.containers import Service, beside, services
from camformation.rules.registry import Violation, rule


@frozen
class State:
    """The conditions of a container that others can wait for."""

    essential: bool
    checked: bool  # has a health check


@rule("CAM138", "Container order that is never reached")
def order(d: Deployment) -> Iterator[Violation]:
    """A container waits for others of its own task. HEALTHY needs a container with a health check;
    COMPLETE and SUCCESS need one that is not essential. Containers that wait for each other in a
    circle never start. Camunda's container waits for all init containers and the log router, so
    none of these can wait for it. A health check's command begins with CMD or CMD-SHELL, except
    `[/healthcheck]` of AWS's collector for OpenTelemetry.

    Camunda's container waits for a dependency at most as long as ECS does; a sidecar that never
    becomes healthy keeps Camunda from starting.

    Source: Amazon ECS API Reference, ContainerDependency and HealthCheck;
    aws-observability/aws-otel-collector, examples/ecs.
    """
    for service in services(d):
        states = _states(service)
        waits: dict[str, set[str]] = {service.container: set(service.before)}
        for init in service.spec.init_containers:
            waits[service.container].add(init.name)
        if service.spec.log_router:
            waits[service.container].add(LOG_ROUTER)
        for name in service.before:  # a restore waits for the init containers before it
            if name.endswith("-restore"):
                waits[name] = {*service.before, *(i.name for i in service.spec.init_containers)}
                waits[name].discard(name)
        found: list[tuple[Path, str, tuple[DependencySpec, ...]]] = [
            ((service.section,), service.container, service.spec.depends_on)
        ]
        for each in beside(service):
            if not isinstance(each.spec, InitContainerSpec):
                found.append((each.path, each.name, each.spec.depends_on))
        for _, name, dependencies in found:
            waits.setdefault(name, set()).update(each.container for each in dependencies)
        for path, name, dependencies in found:
            named: set[str] = set()
            for index, dependency in enumerate(dependencies):
                where: Path = (*path, "depends_on", index)
                if dependency.container in named:
                    yield Violation(
                        (*where, "container"),
                        f"{name} already waits for {dependency.container}",
                        "keep one of the two",
                    )
                    continue
                named.add(dependency.container)
                yield from _dependency(where, name, dependency, states, waits)
        yield from _checks(service)


def _states(service: Service) -> dict[str, State]:
    states = {service.container: State(essential=True, checked=service.checked)}
    states |= dict.fromkeys(service.before, State(essential=False, checked=False))
    for each in beside(service):
        spec = each.spec
        if isinstance(spec, InitContainerSpec | NamedInitContainerSpec):
            states[each.name] = State(essential=False, checked=False)
        else:
            states[each.name] = State(spec.essential, spec.health_check is not None)
    return states


def _dependency(
    where: Path,
    name: str,
    dependency: DependencySpec,
    states: Mapping[str, State],
    waits: Mapping[str, set[str]],
) -> Iterator[Violation]:
    other, condition = dependency.container, dependency.condition
    state = states.get(other)
    if state is None:
        others = ", ".join(each for each in states if each != name)
        yield Violation(
            (*where, "container"),
            f"the task has no container {other}",
            f"name one of {others}" if others else "remove it: the task has no other container",
        )
    elif _reaches(other, name, waits):
        yield Violation(
            (*where, "container"),
            f"{name} waits for itself"
            if other == name
            else f"{name} waits for {other}, which waits for {name}",
            "remove one of the dependencies",
        )
    elif condition == "HEALTHY" and not state.checked:
        yield Violation(
            (*where, "condition"),
            f"{other} has no health check, so it never becomes HEALTHY",
            "give it a health_check, or wait for START"
            if other != CONNECTORS
            else "wait for START: with access.target_tls the load balancer checks it",
        )
    elif condition in ("COMPLETE", "SUCCESS") and state.essential:
        yield Violation(
            (*where, "condition"),
            f"{other} is essential: when it ends, so does the task",
            "wait for START or HEALTHY",
        )


def _reaches(start: str, goal: str, waits: Mapping[str, set[str]]) -> bool:
    """Return whether a container is another one, or waits for it, directly or not."""
    seen: set[str] = set()
    rest = [start]
    while rest:
        name = rest.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            rest += waits.get(name, ())
    return False


def _checks(service: Service) -> Iterator[Violation]:
    for each in beside(service):
        if isinstance(each.spec, InitContainerSpec | NamedInitContainerSpec):
            continue
        check = each.spec.health_check
        if check is None:
            continue
        path: Path = (*each.path, "health_check")
        first = check.command[0] if check.command else ""
        if first == "/healthcheck" and "aws-otel-collector" in each.spec.image:
            continue  # as AWS's own examples have it (aws-observability/aws-otel-collector)
        if first not in ("CMD", "CMD-SHELL") or len(check.command) < 2:
            yield Violation(
                (*path, "command"),
                "a health check's command begins with CMD or CMD-SHELL, and something to run",
                "write, for example, [CMD-SHELL, agent health]",
            )
        elif first == "CMD-SHELL" and len(check.command) > 2:
            yield Violation(
                (*path, "command"),
                "CMD-SHELL takes one line; further arguments are lost",
                "put the whole line into one text, or begin with CMD",
            )

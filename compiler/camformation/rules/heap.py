"""The rule for heaps: what options of the JVM let it take, of what a task has."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.frozen import replaced
from camformation.rules import jvm
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Settings, broker_settings, connectors_settings

LEAST_NATIVE_MIB = 128  # metaspace, code and stacks: no JVM with Camunda in it takes less
MOST_OF_CONNECTORS = 0.8  # of the memory, for the heap


_BLIND = "-XX:-UseContainerSupport"


@rule("CAM195", "Heap too large for the task's memory")
def heap(d: Deployment) -> Iterator[Violation]:
    """`-Xmx` or `-XX:MaxRAMPercentage`, in `JAVA_TOOL_OPTIONS`, `JAVA_OPTS` and similar variables,
    limits the size of the heap. A task whose heap may use all of its memory is killed before the
    heap is full, because the JVM needs memory outside the heap. Connectors need a fifth of their
    memory outside the heap.

    A JVM does not start with options that it cannot read, with less than 2 MiB, as `-Xmx512` is
    without its unit, or with an initial size above the maximum. A percentage refers to the task's
    memory only with the JVM's container support, which is on unless an option turns it off.

    Source: The java command (-Xmx, -XX:MaxRAMPercentage, -XX:-UseContainerSupport); Amazon ECS
    Developer Guide, Stopped task error codes (OutOfMemoryError).
    """
    tasks = [(broker_settings(d), d.orchestration.memory_mib, 1.0)]
    if d.connectors.enabled:
        runtime = connectors_settings(d)
        tasks.append((runtime, d.connectors.memory_mib, MOST_OF_CONNECTORS))
    for settings, memory_mib, most in tasks:
        options = options_of(settings)
        if settings.section == ("orchestration",) and d.orchestration.memory_budget:
            share = float(d.orchestration.memory_budget.heap_percent)
            options = replaced(options, share=share if options.share is None else options.share)
        size = options.heap(memory_mib)
        path = heap_path(settings)
        blind = _option_path(settings, _BLIND)
        if options.heap_mib is None and blind[-1] != "memory_mib":
            yield Violation(
                blind,
                f"with {_BLIND} the JVM uses the memory of the machine instead of the task's",
                f"remove {_BLIND}, or set the heap with -Xmx",
                Severity.WARNING,
            )
        field = f"{settings.section[0]}.memory_mib"
        if options.wrong:
            yield Violation(
                _option_path(settings, options.wrong[0]),
                f"the JVM does not start with {options.wrong[0][:40]}",
                "write sizes as -Xmx2g, percentages as -XX:MaxRAMPercentage=50",
            )
        elif options.initial_mib and options.initial_mib > size:
            yield Violation(
                _option_path(settings, "Xms", "InitialHeapSize"),
                f"the JVM does not start with an initial heap of {options.initial_mib:.0f} MiB "
                f"and a maximum of {size:.0f} MiB",
                "lower -Xms, or remove it",
            )
        elif size + LEAST_NATIVE_MIB > memory_mib:
            yield Violation(
                path,
                f"a heap of {size:.0f} MiB is too large for a task of {memory_mib} MiB",
                f"lower it, or set {field} to a larger size",
            )
        elif size > most * memory_mib:
            yield Violation(
                path,
                f"a heap of {size:.0f} MiB leaves too little of {memory_mib} MiB for the JVM's "
                "other memory",
                f"lower it to {most:.0%} or less, or set {field} to a larger size",
                Severity.WARNING,
            )


def options_of(settings: Settings) -> jvm.Memory:
    """Return the memory options of a container's JVM."""
    return jvm.memory(settings.environment.get(name, "") for name in jvm.OPTIONS)


def heap_setting(settings: Settings) -> str | None:
    """Return the variable that sets the maximum heap size, if any."""
    for name in reversed(jvm.OPTIONS):
        given = jvm.memory([settings.environment.get(name, "")])
        if given.heap_mib is not None or given.share is not None:
            return name
    return None


def heap_path(settings: Settings) -> Path:
    """Return the path of the spec that decides the maximum heap size."""
    name = heap_setting(settings)
    section = settings.section
    return (*section, "environment", name) if name else (*section, "memory_mib")


def _option_path(settings: Settings, *options: str) -> Path:
    for name in reversed(jvm.OPTIONS):
        if any(option in settings.environment.get(name, "") for option in options):
            return (*settings.section, "environment", name)
    return (*settings.section, "memory_mib")

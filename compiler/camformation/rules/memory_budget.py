"""The rule for the brokers' memory budget: its parts, and what the task has."""

from collections.abc import Iterator
from math import ceil

from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.fargate_sizes import GIB
from camformation.rules.containers import beside_mib
from camformation.rules.heap import heap_setting, options_of
from camformation.rules.memory import LEAST_HEAP_MIB, LEAST_MIB, MOST_MIB, NATIVE, native_mib
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings

PATH: Path = ("orchestration", "memory_budget")


@rule("CAM241", "Memory budget that does not fit")
def memory_budget(d: Deployment) -> Iterator[Violation]:
    """With `orchestration.memory_budget`, the heap, RocksDB and the page cache each have a share of
    the task's memory. The JVM takes another quarter outside its heap; if an option limits direct
    memory (`-XX:MaxDirectMemorySize`), it uses that limit and 512 MiB. Sidecars use what they
    reserve. Together they must not exceed the task's memory, or brokers are killed under load.

    RocksDB needs 32 MiB for each partition on the broker, and the heap 256 MiB. An option in
    another variable that sets the heap would override the budget.

    Source: Camunda docs, Zeebe resource planning (memory); camunda/camunda issues 36455 and 42748;
    The java command (-XX:MaxRAMPercentage, JDK_JAVA_OPTIONS).
    """
    o = d.orchestration
    budget = o.memory_budget
    if budget is None or o.replication_factor > o.brokers:  # the latter is CAM101
        return
    settings = broker_settings(d)
    if name := heap_setting(settings):
        yield Violation(
            ("orchestration", "environment", name),
            f"{name} sets the heap, and so does orchestration.memory_budget",
            f"remove -Xmx and -XX:MaxRAMPercentage from {name}, or set memory_budget to null",
        )
        return
    options, memory = options_of(settings), o.memory_mib
    shares = budget.heap_percent + budget.rocksdb_percent + budget.page_cache_percent
    heap, state, cache = (
        share * memory / 100
        for share in (budget.heap_percent, budget.rocksdb_percent, budget.page_cache_percent)
    )
    native, others = native_mib(options, memory), beside_mib(d, o)
    total = heap + state + cache + native + others
    parts = (
        f"a heap of {heap:.0f} MiB, {native:.0f} MiB of the JVM outside it, {state:.0f} MiB of "
        f"RocksDB, a page cache of {cache:.0f} MiB"
        + (f" and {others} MiB of other containers" if others else "")
    )
    if total > memory:
        # The JVM's quarter grows with the task; what is a fixed amount does not.
        fixed = others + (0 if options.direct_mib is None else native)
        rest = 1 - shares / 100 - (NATIVE if options.direct_mib is None else 0)
        needed = ceil(fixed / rest / GIB) * GIB if rest > 0 else MOST_MIB + 1
        yield Violation(
            PATH,
            f"{parts} are {total:.0f} MiB, more than the task's {memory} MiB",
            "lower the shares"
            + (f", or set orchestration.memory_mib to {needed} or more" * (needed <= MOST_MIB)),
        )
    carried = ceil(o.partitions * o.replication_factor / o.brokers)
    if state < LEAST_MIB * carried:
        yield Violation(
            (*PATH, "rocksdb_percent"),
            f"{carried} partition{'s' * (carried > 1)} on each broker need {LEAST_MIB * carried} "
            f"MiB for RocksDB, which gets {state:.0f}",
            "raise rocksdb_percent or orchestration.memory_mib, or use fewer partitions",
        )
    if heap < LEAST_HEAP_MIB:
        yield Violation(
            (*PATH, "heap_percent"),
            f"a heap of {heap:.0f} MiB is too small for a broker",
            "raise heap_percent or orchestration.memory_mib",
        )

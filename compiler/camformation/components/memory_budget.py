"""The brokers' memory, as shares of their container's limit.

Camunda divides a broker's memory into the JVM's heap, the JVM's memory outside it, RocksDB and the
page cache (Camunda docs, Zeebe resource planning, Memory). The JVM and Camunda use shares of the
container's limit, if there is one; so a budget sets one: the task's memory.
"""

from typing import Any

from camformation.components.container_security import ContainersSpec
from camformation.components.orchestration_spec import MemoryBudgetSpec
from camformation.frozen import replaced
from camformation.units import text

HEAP = "JDK_JAVA_OPTIONS"
"""Read by the `java` command, but not by Camunda's start scripts; `JAVA_TOOL_OPTIONS` and
`JAVA_OPTS` stay the spec's (the java command, Using the JDK_JAVA_OPTIONS launcher environment
variable)."""
_ROCKSDB = "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORY"


def memory_variables(budget: MemoryBudgetSpec | None) -> dict[str, Any]:
    """Return the variables that divide a broker's memory."""
    if budget is None:
        return {}
    return {
        HEAP: text("-XX:MaxRAMPercentage=${Share}", Share=budget.heap_percent),
        f"{_ROCKSDB}ALLOCATIONSTRATEGY": "FRACTION",
        f"{_ROCKSDB}FRACTION": f"{budget.rocksdb_percent / 100:g}",
    }


def with_limit(security: ContainersSpec, budget: MemoryBudgetSpec | None) -> ContainersSpec:
    """Return the restrictions of the brokers' containers, with the limit for the shares."""
    return security if budget is None else replaced(security, memory_limits=True)

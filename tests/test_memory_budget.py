"""The brokers' memory budget: what is set, what fits, and what is refused."""

import math
from typing import Any

import pytest

from camformation.rules.everything import findings
from deployments import deployment, resources


def brokers(**orchestration: Any) -> dict[str, Any]:
    """Return the brokers' container."""
    task = resources(orchestration=orchestration)["OrchestrationTaskDefinition"]["Properties"]
    named = {each["Name"]: each for each in task["ContainerDefinitions"]}
    broker: dict[str, Any] = named["orchestration-cluster"]
    return broker


def environment(container: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in container["Environment"]}


def said(**orchestration: Any) -> list[tuple[str, str]]:
    """Return codes and messages about the brokers' memory."""
    found = findings(deployment(orchestration=orchestration))
    codes = ("CAM137", "CAM164", "CAM172", "CAM195", "CAM241")
    return [(each.code, each.message) for each in found if each.code in codes]


def test_without_a_budget_nothing_is_set() -> None:
    broker = brokers()
    assert not {"JDK_JAVA_OPTIONS"} & set(environment(broker))
    assert not [name for name in environment(broker) if "ROCKSDB" in name]
    assert "Memory" not in broker


def test_shares_are_of_a_limit_that_is_the_tasks_memory() -> None:
    broker = brokers(memory_mib=16384, memory_budget={"heap_percent": 30, "rocksdb_percent": 15})
    found = environment(broker)
    assert found["JDK_JAVA_OPTIONS"] == "-XX:MaxRAMPercentage=30"
    prefix = "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORY"
    assert found[f"{prefix}ALLOCATIONSTRATEGY"] == "FRACTION"
    assert float(found[f"{prefix}FRACTION"]) == pytest.approx(0.15)
    assert broker["Memory"] == 16384


@pytest.mark.parametrize("percent", [1, 7, 10, 29, 50])
def test_every_fraction_is_exact(percent: int) -> None:
    found = environment(brokers(memory_budget={"rocksdb_percent": percent, "heap_percent": 20}))
    fraction = found["CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYFRACTION"]
    assert math.isclose(float(fraction) * 100, percent)
    assert "e" not in fraction


@pytest.mark.parametrize(
    ("orchestration", "codes"),
    [
        ({"memory_budget": {}}, []),
        ({"memory_budget": {"heap_percent": 35, "page_cache_percent": 30}}, []),
        ({"memory_budget": {"heap_percent": 36, "page_cache_percent": 30}}, ["CAM241"]),
        # A limit of direct memory replaces the JVM's quarter.
        (
            {
                "memory_budget": {"heap_percent": 50},
                "environment": {"JAVA_TOOL_OPTIONS": "-XX:MaxDirectMemorySize=512m"},
            },
            [],
        ),
        (
            {
                "memory_budget": {"heap_percent": 50},
                "environment": {"JAVA_TOOL_OPTIONS": "-XX:MaxDirectMemorySize=2g"},
            },
            ["CAM241"],
        ),
        # An initial size below the budget's heap, though above a quarter of the memory.
        (
            {
                "memory_budget": {"heap_percent": 40, "page_cache_percent": 20},
                "environment": {"JAVA_OPTS": "-Xms3g"},
            },
            [],
        ),
        (
            {"memory_budget": {"heap_percent": 3 * 5}, "environment": {"JAVA_OPTS": "-Xmx1g"}},
            ["CAM241"],
        ),
        # Without a budget the older rules judge.
        ({"environment": {"JAVA_OPTS": "-XX:MaxRAMPercentage=60"}}, ["CAM164"]),
    ],
)
def test_what_fits_and_what_does_not(orchestration: dict[str, Any], codes: list[str]) -> None:
    assert [code for code, _ in said(**orchestration)] == codes


def test_sidecars_count() -> None:
    full = {"heap_percent": 35, "page_cache_percent": 30}
    agent = {"name": "agent", "image": "busybox:1.36", "memory_mib": 512}
    assert said(memory_budget=full) == []
    [(code, message)] = said(memory_budget=full, sidecars=[agent])
    assert code == "CAM241"
    assert "512 MiB of other containers" in message


def test_more_partitions_need_more_of_rocksdb() -> None:
    small = {"rocksdb_percent": 1, "heap_percent": 25}
    assert [code for code, _ in said(memory_budget=small)] == ["CAM241"]  # 82 MiB for 3 partitions
    assert said(memory_budget={**small, "rocksdb_percent": 2}) == []

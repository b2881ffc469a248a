"""Plans for a cluster that was scaled: what it has already is recorded, and blocks nothing."""

from typing import Any

import pytest

from camformation.deploy.plan.cluster_sizes import keep_sizes, sizes_differ
from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import ClusterSize, Running, Tasks
from camformation.deploy.plan.symbols import Address
from camformation.layout import Layout
from camformation.report.plan.text import plan_text
from deployments import templates


def planned(
    layout: Layout, cluster: ClusterSize | None, tasks: int = 3, **orchestration: Any
) -> Plan:
    """Return the plan of changing a deployment of three brokers and three partitions."""
    old = templates(layout)
    kept = keep_sizes(old, templates(layout, orchestration=orchestration), cluster)
    home = "root" if layout is Layout.FLAT else "orchestration"
    running = Running({Address(home, "OrchestrationService"): Tasks(tasks, tasks)}, cluster=cluster)
    return make_plan(old, kept, running=running)


@pytest.mark.parametrize("layout", list(Layout))
def test_a_scaled_cluster_is_recorded_without_a_restart(layout: Layout) -> None:
    found = planned(layout, ClusterSize(5, 3, 3, False), tasks=5, brokers=5)
    assert found.exit_code == 0 and not found.gate and not list(found.changes())
    (phantom,) = (each for component in found.components for each in component.phantoms)
    assert (phantom.logical_id, phantom.properties) == ("OrchestrationService", ("DesiredCount",))
    text = plan_text(found, colour=False)
    assert (
        "1 entry folded: the running system already has these values, and they are only recorded"
    ) in text
    found = planned(layout, ClusterSize(3, 6, 3, False), partitions=6)
    assert found.exit_code == 0 and not found.summary.phantom


@pytest.mark.parametrize(
    ("cluster", "tasks"),
    [
        (None, 5),  # nobody could ask
        (ClusterSize(3, 3, 3, False), 5),  # only the tasks are there
        (ClusterSize(5, 3, 3, True), 5),  # it is still changing
        (ClusterSize(5, 3, 3, False), 4),  # a broker has no task
    ],
)
def test_anything_else_is_blocked(cluster: ClusterSize | None, tasks: int) -> None:
    found = planned(Layout.NESTED, cluster, tasks, brokers=5)
    assert {block.code for block in found.blocks} == {"CAM660"}
    assert "camformation scale SPEC orchestration 5" in found.blocks[0].hint


def test_partitions_that_the_cluster_does_not_have_are_blocked() -> None:
    found = planned(Layout.NESTED, ClusterSize(3, 3, 3, False), partitions=6)
    assert {block.code for block in found.blocks} == {"CAM661"}


def test_another_change_takes_the_sizes_along() -> None:
    size = ClusterSize(5, 3, 3, False)
    found = planned(Layout.NESTED, size, 5, brokers=5, environment={"CAMUNDA_LOG_LEVEL": "DEBUG"})
    assert not found.blocks
    (task,) = (c for c in found.changes() if c.logical_id == "OrchestrationTaskDefinition")
    assert {leaf.path.rpartition("[")[2].rstrip("]") for leaf in task.properties} >= {
        "CAMUNDA_CLUSTER_SIZE"
    }


def test_fewer_replicas_reach_brokers_whose_health_check_counts_them() -> None:
    old = templates(orchestration={"brokers": 3, "replication_factor": 3})
    fewer = templates(orchestration={"brokers": 3, "replication_factor": 1})
    assert keep_sizes(old, fewer, ClusterSize(3, 3, 1, False)) == fewer
    assert keep_sizes(fewer, old, ClusterSize(3, 3, 3, False)) == fewer


def test_a_recorded_number_needs_no_asking() -> None:
    old, new = templates(), templates(orchestration={"brokers": 5})
    assert sizes_differ(old, new) and not sizes_differ(old, old)
    recorded = keep_sizes(old, new, ClusterSize(5, 3, 3, False))
    assert recorded != new
    assert not sizes_differ(recorded, new)
    assert keep_sizes(recorded, new, None) == recorded
    plan = make_plan(recorded, templates(orchestration={"brokers": 5, "cpu": 8192,
                                                        "memory_mib": 16384}))  # fmt: skip
    assert not [block for block in plan.blocks if block.code == "CAM660"]
    assert sizes_differ(recorded, old)  # scaled back: the variable alone says nothing

"""Sizes of a running cluster, which its management API changes and templates only record.

Brokers read the variables only when the cluster first starts. If the cluster already has the spec's
size (`camformation scale`), a deployment only has to record it, and must not replace brokers. A
task definition that differs only in these variables is kept, and a number of tasks that is already
running is not a change.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from camformation.deploy.plan.containers import SERVICE, SIZE
from camformation.deploy.plan.model import Action, Phantom, ResourceChange
from camformation.deploy.plan.running import ClusterSize, Running
from camformation.deploy.plan.symbols import Address, Templates, shown
from camformation.frozen import replaced
from camformation.shapes import mappings

TASK = "AWS::ECS::TaskDefinition"
PARTITIONS = "CAMUNDA_CLUSTER_PARTITIONCOUNT"
FACTOR = "CAMUNDA_CLUSTER_REPLICATIONFACTOR"
NAMES = (SIZE, PARTITIONS, FACTOR)
FOLLOWING = ("DesiredCount", "DeploymentConfiguration.MinimumHealthyPercent")
"""The number of brokers, and settings for the next rollout that depend on it."""


def sizes_differ(deployed: Templates, new: Templates) -> bool:
    """Return whether a deployment changes sizes that the cluster itself manages."""
    return any(
        _sizes(later) != _sizes(old) | _counted(deployed[name], logical_id)
        for name, logical_id, old, later in _pairs(deployed, new)
    )


def keep_sizes(deployed: Templates, new: Templates, cluster: ClusterSize | None) -> dict[str, Any]:
    """Return the new templates, but with the deployed task definitions of brokers that differ only
    in sizes that the cluster already has, by its own report or the deployed number of tasks."""
    kept = dict(new)
    own: dict[str, str] = {}
    if cluster and not cluster.changing:
        numbers = (cluster.brokers, cluster.partitions, cluster.factor)
        own = dict(zip(NAMES, map(str, numbers), strict=True))
    for name, logical_id, old, later in _pairs(deployed, new):
        has = _sizes(old) | _counted(deployed[name], logical_id) | own
        if _fewer(old, later):
            continue  # a health check counts replicas: starting brokers must not wait for more
        if old != later and _sizes(later) == has and _with_sizes(later, _sizes(old)) == old:
            resources = {**kept[name]["Resources"], logical_id: old}
            kept[name] = {**kept[name], "Resources": resources}
    return kept


def recorded(
    changes: Iterable[ResourceChange], brokers: Iterable[Address], running: Running | None
) -> tuple[list[ResourceChange], list[Phantom]]:
    """Return the changes without numbers of brokers that are already running, and the changes that
    were only that."""
    cluster = running.cluster if running else None
    left: list[ResourceChange] = []
    nothing: list[Phantom] = []
    services = set(brokers)
    for change in changes:
        tasks = running.tasks.get(change.address) if running else None
        if (
            cluster is None
            or cluster.changing
            or tasks is None
            or change.type != SERVICE
            or change.action is not Action.CHANGE
            or change.address not in services
        ):
            left.append(change)
            continue
        same = any(
            leaf.path == "DesiredCount"
            and shown(leaf.after) == str(tasks.desired) == str(cluster.brokers)
            for leaf in change.properties
        )
        rest = tuple(leaf for leaf in change.properties if leaf.path not in FOLLOWING)
        if same and not rest:
            nothing.append(
                Phantom(
                    change.component,
                    change.logical_id,
                    change.type,
                    change.replacement,
                    ("DesiredCount",),
                    recorded=True,
                )
            )
        else:
            left.append(replaced(change, properties=rest) if same else change)
    return left, nothing


def _pairs(deployed: Templates, new: Templates) -> Iterable[tuple[str, str, Any, Any]]:
    """Yield brokers' task definitions that are in both sets of templates."""
    for name, template in new.items():
        before = deployed.get(name, {}).get("Resources", {})
        for logical_id, body in template.get("Resources", {}).items():
            old = before.get(logical_id)
            if body["Type"] == TASK and old and old["Type"] == TASK and _sizes(body):
                yield name, logical_id, old, body


def _counted(template: Mapping[str, Any], task: str) -> dict[str, str]:
    """Return the deployed number of brokers for a task definition's service."""
    for body in template.get("Resources", {}).values():
        properties = body.get("Properties", {})
        count = properties.get("DesiredCount")
        if body["Type"] == SERVICE and properties.get("TaskDefinition") == {"Ref": task}:
            return {SIZE: str(count)} if isinstance(count, int) else {}
    return {}


def _sizes(task: Mapping[str, Any]) -> dict[str, str]:
    return {
        each["Name"]: str(each.get("Value"))
        for container in mappings(task.get("Properties", {}).get("ContainerDefinitions"))
        for each in mappings(container.get("Environment"))
        if each.get("Name") in NAMES
    }


def _fewer(old: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Whether brokers expect fewer replicas than before (`components/cluster_health`)."""
    before, after = _sizes(old).get(FACTOR, ""), _sizes(later).get(FACTOR, "")
    return before.isdecimal() and after.isdecimal() and int(after) < int(before)


def _with_sizes(task: Mapping[str, Any], sizes: Mapping[str, str]) -> dict[str, Any]:
    """Return a task definition with other sizes in all its containers."""
    properties = task.get("Properties", {})
    containers = [
        {
            **container,
            "Environment": [
                {**each, "Value": sizes[each["Name"]]} if each.get("Name") in sizes else each
                for each in container["Environment"]
            ],
        }
        if "Environment" in container
        else container
        for container in properties.get("ContainerDefinitions", ())
    ]
    return {**task, "Properties": {**properties, "ContainerDefinitions": containers}}

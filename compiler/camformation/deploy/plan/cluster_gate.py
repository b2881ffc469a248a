"""Gate checks for the running Zeebe cluster and for the deployment as a whole.

The number of brokers, partitions and replicas is decided once, when a cluster first starts;
afterwards its management API changes it, in an order that CloudFormation cannot keep (Camunda docs,
cluster scaling). Engine versions go up only, one minor version at a time (Camunda docs, update
guide).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.model import Block, ResourceChange, Severity
from camformation.deploy.plan.situation import Situation, template_metadata
from camformation.deploy.plan.symbols import Address, Symbol, shown
from camformation.deploy.plan.template_diff import Resources
from camformation.diagnostics import Location

SERVICE = "AWS::ECS::Service"

SCALE_BROKERS = (
    "take a backup and scale through the management API instead: up, raise the service's desired "
    "count with the task definition unchanged, then PATCH /actuator/cluster and wait until it is "
    "COMPLETED; down, PATCH first, wait, and only then lower the desired count"
)
CLUSTER_PATCH = "take a backup and PATCH /actuator/cluster of the management API instead; "

SIZES: Mapping[str, tuple[str, str, str]] = {
    "CAMUNDA_CLUSTER_SIZE": ("CAM660", "the number of brokers", SCALE_BROKERS),
    "CAMUNDA_CLUSTER_PARTITIONCOUNT": (
        "CAM661",
        "the number of partitions",
        CLUSTER_PATCH + "partitions can only become more",
    ),
    "CAMUNDA_CLUSTER_REPLICATIONFACTOR": (
        "CAM662",
        "the replication factor",
        CLUSTER_PATCH + "all brokers must be up",
    ),
}
"""Environment variables that a cluster reads when it first starts, and no more (Camunda docs)."""

CONFIRM = "; if that has been done and this only records it, pass --allow-data-loss {}"


def identity_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block if the templates are of another deployment or of another layout."""
    old, new = template_metadata(situation.old), template_metadata(situation.new)
    if not situation.before:
        return
    if "Deployment" in old and old["Deployment"] != new.get("Deployment"):
        yield Block(
            "CAM665",
            Severity.BLOCK,
            f"the deployment's name changes from {old['Deployment']} to {new.get('Deployment')}: "
            "every named resource would be replaced, and the running cluster's data left behind",
            f"deploy {new.get('Deployment')} as a stack of its own, and move the data by backup "
            "and restore",
        )
    if "Layout" in old and old["Layout"] != new.get("Layout"):
        yield Block(
            "CAM666",
            Severity.BLOCK,
            f"the layout changes from {old['Layout']} to {new.get('Layout')}: CloudFormation would "
            "create every resource anew and delete the ones in use",
            f"keep layout {old['Layout']} for this stack; another layout needs another deployment",
        )


def cluster_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block for every change that the running cluster would not survive."""
    for service, (task, containers) in _brokers(situation.before).items():
        later_task = _task_of(situation.after.get(service, {}))
        later = situation.after.get(later_task) if later_task else None
        change = (
            situation.change(task)
            or (later_task and situation.change(later_task))
            or situation.change(service)
        )
        if later is None or not change:
            continue
        now = {_name(container): container for container in _containers(later)}
        sized = [c for c in _containers(later) if "CAMUNDA_CLUSTER_SIZE" in _environment(c)]
        for container in containers:
            successor = now.get(_name(container)) or next(iter(sized), None)
            if successor is None:
                continue
            allow = service.logical_id
            yield from _sizes(change, allow, _environment(container), _environment(successor))
            images = shown(container["Image"]), shown(successor["Image"])
            at = _location(change, f"[{_name(successor)}].Image")
            yield from _version(change, allow, *images, at)
        yield from _restore(change, service.logical_id, situation.before[task], later)
    yield from _desired_count(situation)


def _desired_count(situation: Situation) -> Iterator[Block]:
    brokers = _brokers(situation.before)
    for change in situation.changes:
        leaf = next((leaf for leaf in change.properties if leaf.path == "DesiredCount"), None)
        if change.type != SERVICE or leaf is None or change.address not in brokers:
            continue
        yield _block(
            change,
            change.logical_id,
            "CAM660",
            f"{change.logical_id}: the number of tasks goes from {leaf.before} to {leaf.after}: "
            "brokers without a node id hang, and brokers that leave unasked take their data along",
            SCALE_BROKERS + CONFIRM,
            leaf.location,
        )


def _sizes(
    change: ResourceChange, allow: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Block]:
    for variable, (code, what, instead) in SIZES.items():
        old, new = (shown(values.get(variable, "unset")) for values in (before, after))
        if old != new:
            yield _block(
                change,
                allow,
                code,
                f"{change.logical_id}: {what} ({variable}) goes from {old} to {new}, which a "
                "running cluster does not follow; brokers that disagree about it hang",
                instead + CONFIRM,
                _location(change, variable),
            )


def _version(
    change: ResourceChange, allow: str, before: str, after: str, at: Location | None
) -> Iterator[Block]:
    old, new = _tag(before), _tag(after)
    if old is None or new is None:
        return
    known = min(len(old), len(new))  # `8.10` is some patch of it
    old, new = old[:known], new[:known]
    if old == new:
        return
    if new < old:
        what = f"goes back from {_dotted(old)} to {_dotted(new)}; brokers refuse newer data"
        instead = "restore a backup of the older version into a new deployment instead"
    elif new[0] != old[0] or new[1] > old[1] + 1:
        what = (
            f"skips from {_dotted(old)} to {_dotted(new)}; brokers only migrate data of the minor "
        )
        what += "version before theirs"
        instead = "update one minor version at a time, and wait five minutes between two"
    else:
        return
    yield _block(
        change,
        allow,
        "CAM663",
        f"{change.logical_id}: the version {what}",
        instead + "; to try all the same, pass --allow-data-loss {}",
        at,
    )


def _restore(
    change: ResourceChange, allow: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Block]:
    before = {_name(container) for container in _containers(old)}
    for name in map(_name, _containers(new)):
        if "restore" in name and name not in before:
            yield _block(
                change,
                allow,
                "CAM664",
                f"{change.logical_id}: container {name} restores a backup over a cluster that runs",
                "restore into a new deployment; or scale brokers and connectors to zero, restore "
                "the database, empty the file system and the node-id bucket, and pass "
                "--allow-data-loss {}",
                _location(change, name),
            )


def _block(
    change: ResourceChange, allow: str, code: str, message: str, hint: str, at: Location | None
) -> Block:
    return Block(
        code,
        Severity.BLOCK,
        message,
        hint.format(allow),
        change.component,
        change.logical_id,
        at,
        allow,
    )


def _brokers(resources: Resources) -> dict[Address, tuple[Address, list[Mapping[str, Any]]]]:
    """Return the ECS services of brokers, with their task definition and broker containers."""
    found: dict[Address, tuple[Address, list[Mapping[str, Any]]]] = {}
    for address, resource in resources.items():
        task = _task_of(resource) if resource["Type"] == SERVICE else None
        containers = [
            container
            for container in _containers(resources.get(task, {}) if task else {})
            if "CAMUNDA_CLUSTER_SIZE" in _environment(container)
        ]
        if task and containers:
            found[address] = (task, containers)
    return found


def _task_of(service: Mapping[str, Any]) -> Address | None:
    definition = service.get("Properties", {}).get("TaskDefinition")
    return definition.resource if isinstance(definition, Symbol) else None


def _containers(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = task.get("Properties", {}).get("ContainerDefinitions", [])
    return [c for c in found if isinstance(c, dict) and "Image" in c]


def _name(container: Mapping[str, Any]) -> str:
    return shown(container.get("Name", ""))


def _environment(container: Mapping[str, Any]) -> dict[str, Any]:
    pairs = container.get("Environment", [])
    return {shown(p["Name"]): p.get("Value") for p in pairs if isinstance(p, dict) and "Name" in p}


def _location(change: ResourceChange, word: str) -> Location | None:
    """Return the line of the first value that a word stands for; of no other."""
    leaves = (leaf for leaf in change.properties if word in leaf.path)
    return next((leaf.location for leaf in leaves if leaf.location), None)


def _tag(image: str) -> tuple[int, ...] | None:
    """Return the version in an image's tag, such as (8, 10, 2); None if the tag is none."""
    match = re.search(r":v?(\d+)\.(\d+)(?:\.(\d+))?(?:-[\w.]+)?(?:@sha256:\w+)?$", image)
    return tuple(int(part) for part in match.groups() if part) if match else None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))

"""Gate checks for the running Zeebe cluster and for the deployment as a whole.

The number of brokers, partitions and replicas is decided once, when a cluster first starts;
afterwards its management API changes it, in an order that CloudFormation cannot keep (Camunda docs,
cluster scaling). Engine versions go up only, one minor version at a time (Camunda docs, update
guide).
"""

from collections.abc import Iterator, Mapping

from camformation.deploy.plan.blocks import blocked
from camformation.deploy.plan.cluster_sizes import FACTOR, PARTITIONS
from camformation.deploy.plan.containers import (
    SERVICE,
    SIZE,
    Broker,
    broker_services,
    changed_brokers,
    containers_of,
    dotted,
    name_of,
    place,
    task_of,
    told,
    version_tag,
)
from camformation.deploy.plan.model import Block, Severity
from camformation.deploy.plan.running import Running
from camformation.deploy.plan.situation import Situation, template_metadata
from camformation.deploy.plan.symbols import shown
from camformation.layout import Layout

SCALE_BROKERS = (
    "take a backup and run `camformation scale SPEC orchestration {}` first, which does it in the "
    "safe order; this change only records it then"
)
SCALE_PARTITIONS = (
    "take a backup and run `camformation scale SPEC partitions {}` first; partitions can only "
    "become more"
)
SCALE_FACTOR = (
    "take a backup and run `camformation scale SPEC replicas {}` first; there must be at least as "
    "many brokers, all of them running"
)

SIZES: Mapping[str, tuple[str, str, str]] = {
    SIZE: ("CAM660", "the number of brokers", SCALE_BROKERS),
    "CAMUNDA_CLUSTER_PARTITIONCOUNT": (
        "CAM661",
        "the number of partitions",
        SCALE_PARTITIONS,
    ),
    "CAMUNDA_CLUSTER_REPLICATIONFACTOR": (
        "CAM662",
        "the replication factor",
        SCALE_FACTOR,
    ),
}
"""Environment variables that a cluster reads only at its first start (Camunda docs)."""

CONFIRM = "; if that has been done and this only records it, pass --allow-data-loss {}"


def identity_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block if the templates belong to another deployment or layout."""
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
            field=("name",),
        )
    if "Layout" in old and old["Layout"] != new.get("Layout"):
        yield Block(
            "CAM666",
            Severity.BLOCK,
            f"the layout changes from {old['Layout']} to {new.get('Layout')}: CloudFormation "
            "would create every resource again and delete the present ones",
            f"pass --layout {old['Layout']}: another layout needs another deployment"
            if old["Layout"] in {each.value for each in Layout}
            else "this version of camformation does not know that layout: use the one that made it",
        )


def cluster_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block for every change that the running cluster would not survive."""
    for broker in changed_brokers(situation):
        yield from _sizes(broker, situation.running)
        yield from _version(broker)
    yield from _restore(situation)
    yield from _desired_count(situation)


def _desired_count(situation: Situation) -> Iterator[Block]:
    brokers = broker_services(situation.before)
    for change in situation.changes:
        leaf = next((leaf for leaf in change.properties if leaf.path == "DesiredCount"), None)
        if change.type != SERVICE or leaf is None or change.address not in brokers:
            continue
        running = situation.running
        tasks = running.tasks.get(change.address) if running else None
        after = shown(leaf.after)
        if tasks and str(tasks.desired) == after and _has(running, SIZE, after):
            continue
        hint = SCALE_BROKERS.format(after) + _not_asked(running) + CONFIRM
        now = ""
        if tasks and str(tasks.desired) == shown(leaf.after):
            now = f" ({tasks.desired} tasks are already requested)"
            hint = (
                "make sure that the cluster has that many brokers and no pending change "
                "(`camformation "
                "status --brokers`); then this only records it, and is allowed with "
                "--allow-data-loss {}"
            )
        elif tasks and str(tasks.desired) != shown(leaf.before):
            now = f" ({tasks.desired} tasks are requested now)"
        yield blocked(
            change,
            "CAM660",
            f"{change.logical_id}: the number of tasks goes from {leaf.before} to {leaf.after}"
            f"{now}: brokers without a node id hang, and brokers that stop without leaving the "
            "cluster first take their data with them",
            hint,
            leaf.location,
        )


def _has(running: Running | None, variable: str, value: str) -> bool:
    """Whether the running cluster has a size already, and is not changing."""
    cluster = running.cluster if running else None
    if cluster is None or cluster.changing:
        return False
    own = {SIZE: cluster.brokers, PARTITIONS: cluster.partitions, FACTOR: cluster.factor}
    return str(own[variable]) == value


def _recorded(broker: Broker, variable: str, value: str) -> bool:
    """Whether that many brokers are already deployed, and only their variable is outdated."""
    return variable == SIZE and broker.deployed == value


def _not_asked(running: Running | None) -> str:
    if running and running.cluster and running.cluster.changing:
        return " (the cluster is being changed: wait for that to end first)"
    why = running.cluster_unknown if running else ""
    return f" (the cluster was not asked: {why})" if why else ""


def _sizes(broker: Broker, running: Running | None) -> Iterator[Block]:
    before, after = told(broker.before), told(broker.after)
    for variable, (code, what, instead) in SIZES.items():
        old, new = (each.value(variable, default="unset") for each in (before, after))
        if old != new and not (_has(running, variable, new) or _recorded(broker, variable, new)):
            found = after.find(variable) or before.find(variable)
            named = found.said if found else variable
            written = (found.source or found.name) if found else variable
            yield blocked(
                broker.change,
                code,
                f"{broker.change.logical_id}: {what} ({named}) goes from {old} to {new}, which a "
                "running cluster does not follow; brokers with different values hang",
                instead.format(new) + _not_asked(running) + CONFIRM,
                place(broker.change, [f"[{written}]"]),
                broker.service,
            )


def _version(broker: Broker) -> Iterator[Block]:
    old, new = (version_tag(shown(each["Image"])) for each in (broker.before, broker.after))
    if old is None or new is None:
        return
    known = min(len(old), len(new))  # `8.10` is any patch of it
    old, new = old[:known], new[:known]
    if old == new:
        return
    if new < old:
        what = f"goes back from {dotted(old)} to {dotted(new)}; brokers refuse newer data"
        instead = "restore a backup of the older version into a new deployment instead"
    elif new[0] != old[0]:
        what = f"goes from {dotted(old)} to another major version, {dotted(new)}; brokers only "
        what += "migrate data of the minor version before theirs"
        instead = "follow Camunda's upgrade guide of that version, one minor version at a time"
    elif new[1] > old[1] + 1:
        what = f"skips from {dotted(old)} to {dotted(new)}; brokers only migrate data of the minor "
        what += "version before theirs"
        instead = "update one minor version at a time, and wait five minutes between two"
    else:
        return
    yield blocked(
        broker.change,
        "CAM663",
        f"{broker.change.logical_id}: the version {what}",
        instead + "; to try anyway, pass --allow-data-loss {}",
        place(broker.change, [f"[{name_of(broker.after)}].Image"]),
        broker.service,
    )


def _restore(situation: Situation) -> Iterator[Block]:
    for service, (task, _) in broker_services(situation.before).items():
        later_task = task_of(situation.after.get(service, {}))
        change = situation.change(task) or (later_task and situation.change(later_task))
        if not later_task or not change:
            continue
        before = {name_of(each) for each in containers_of(situation.before[task])}
        for name in map(name_of, containers_of(situation.after.get(later_task, {}))):
            if "restore" in name and name not in before:
                yield blocked(
                    change,
                    "CAM664",
                    f"{change.logical_id}: container {name} restores a backup over a running "
                    "cluster",
                    "restore into a new deployment; or scale brokers and connectors to zero, "
                    "restore the database, empty the file system and the node-id bucket, and pass "
                    "--allow-data-loss {}",
                    place(change, [f"[{name}]"]),
                    service.logical_id,
                )

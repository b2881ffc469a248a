"""Gate checks for running tasks: an update of an ECS service resets its desired count.

If a service was scaled outside CloudFormation (docs/operations.md, Application Auto Scaling, an
interrupted destruction), the count differs from the template, and the next update of the service
undoes that (Amazon ECS API Reference, UpdateService, desiredCount). Application Auto Scaling sets a
count within its range again, and nothing is lost; this does not apply to brokers.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from camformation.counting import counted
from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.containers import SERVICE, broker_services
from camformation.deploy.plan.model import Action, Block, ResourceChange, Severity
from camformation.deploy.plan.running import Tasks
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, shown
from camformation.frozen import frozen

DATABASE = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "Custom::DatabaseSeed")
UPDATED = (Action.CHANGE, Action.REPLACE)


def tasks_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block if brokers' tasks would be scaled back, and warnings for everything else."""
    running = situation.running
    if running is None or not situation.before:
        return
    if running.unknown and any(_asks(change) for change in situation.changes):
        yield Block(
            "CAM647",
            Severity.WARNING,
            f"the running system is unknown: {running.unknown}",
            "the plan compares templates only: it may undo the scaling of a service, or not know "
            "an engine version to which RDS has upgraded",
        )
    yield from _stopped_database(situation, running.stopped)
    brokers = broker_services(situation.before)
    for address, resource in situation.before.items():
        tasks, deployed = running.tasks.get(address), _count(resource)
        change, wanted = situation.change(address), _count(situation.after.get(address, {}))
        if resource["Type"] != SERVICE or not tasks:
            continue
        if deployed is None:
            yield from _left_open(change, tasks.desired, wanted)
        else:
            service = _Service(
                address, tasks, deployed, wanted, address in brokers, running.scaling_unknown
            )
            yield from _service(service, change)


def _stopped_database(situation: Situation, stopped: Collection[Address]) -> Iterator[Block]:
    """Block changes that need a stopped database: RDS does not change it (Amazon RDS API Reference,
    ModifyDBCluster, InvalidDBClusterStateFault), and the seed cannot log in."""
    asking = next(
        (
            change
            for change in situation.changes
            if change.type in DATABASE
            and change.action is not Action.DELETE
            and any(leaf.attribute == "Properties" for leaf in change.properties)
        ),
        None,
    )
    if asking and stopped:
        yield blocked(
            asking,
            "CAM798",
            f"{asking.logical_id}: the database is stopped, and can be neither changed nor seeded "
            "until it runs: the deployment would fail at this resource, and be rolled back",
            f"`camformation start SPEC` first; {ALLOW}",
            asking.location,
        )


def _left_open(change: ResourceChange | None, desired: int, wanted: int | None) -> Iterator[Block]:
    """Warn of fewer tasks than are running, if the deployed template does not set their number."""
    if change and change.action in UPDATED and wanted is not None and wanted < desired:
        yield warned(
            change,
            "CAM647",
            f"{change.logical_id}: {_asked(desired)} for, a number that the deployed template "
            f"leaves to autoscaling, and this deployment sets {wanted}",
            f"write {desired} into the spec, if the load needs that many",
            change.location,
        )


def _asked(tasks: int) -> str:
    return f"{counted(tasks, 'task')} {'is' if tasks == 1 else 'are'} asked"


@frozen
class _Service:
    """A service in its current, deployed and planned state."""

    address: Address
    tasks: Tasks
    deployed: int
    wanted: int | None
    brokers: bool
    scaling_unknown: str

    @property
    def autoscaled(self) -> bool:
        """Whether Application Auto Scaling may have chosen the count."""
        if self.brokers or self.tasks.scaled is None:
            return False
        least, most = self.tasks.scaled
        return least <= self.tasks.desired <= most

    @property
    def scaling(self) -> str:
        """The information about scaling, as the end of a sentence."""
        if self.tasks.scaled:
            least, most = self.tasks.scaled
            return f" (Application Auto Scaling keeps it from {least} to {most})"
        return f" ({self.scaling_unknown})" if self.scaling_unknown else ""


def _service(service: _Service, change: ResourceChange | None) -> Iterator[Block]:
    tasks, deployed, wanted = service.tasks, service.deployed, service.wanted
    brokers, name = service.brokers, service.address.logical_id
    updated = change is not None and change.action in UPDATED
    now = f"{_asked(tasks.desired)} for"
    if service.autoscaled:
        return
    now += service.scaling
    if tasks.desired == deployed:
        if change and updated and brokers and tasks.running < tasks.desired:
            yield warned(
                change,
                "CAM647",
                f"{name}: only {tasks.running} of {counted(deployed, 'broker')} "
                f"{'runs' if tasks.running == 1 else 'run'}: replacing more of them may leave "
                "partitions without a quorum",
                "wait until all brokers are healthy, unless this deployment repairs them",
                change.location,
            )
    elif change and updated and wanted == deployed and brokers:
        yield blocked(
            change,
            "CAM660",
            f"{name}: {now}, not {deployed} as deployed, and this deployment would set "
            f"{wanted} again: "
            + (
                "it would start brokers that were stopped, even while their data is restored"
                if tasks.desired == 0
                else "brokers that stop without leaving the cluster first take their data with "
                "them, and those without a node id hang"
            ),
            f"{_first(tasks)}{_unscale(tasks)}; to set {wanted} again, pass --allow-data-loss {{}}",
            change.location,
        )
    elif (change is None or not updated) and wanted == tasks.desired and brokers:
        return  # this deployment records it
    elif change is None or not updated:
        yield Block(
            "CAM647",
            Severity.WARNING,
            f"{name}: {now}, not {deployed} as deployed; this deployment leaves that as it is",
            f"the next one that changes {name} sets the number of the spec; to set it now: "
            + (
                "`camformation start SPEC`"
                if tasks.desired == 0
                else f"aws ecs update-service --desired-count {deployed}"
            )
            if not brokers or tasks.desired == 0
            else f"set orchestration.brokers to {tasks.desired} if the cluster was scaled",
            service.address.template,
            name,
        )
    elif not brokers and wanted is not None and wanted != tasks.desired:
        yield warned(
            change,
            "CAM647",
            f"{name}: {now}, not {deployed} as deployed, and this deployment sets {wanted}",
            "start what was stopped first: `camformation start SPEC`"
            if tasks.desired == 0
            else f"it may have to be scaled again; or write {tasks.desired} into the spec",
            change.location,
        )


def _first(tasks: Tasks) -> str:
    """Return the hint for a deployment that would set another number of brokers."""
    if tasks.desired == 0:
        return (
            "if brokers were stopped for a restore, finish that first; `camformation start SPEC` "
            "starts them"
        )
    return (
        f"if the cluster was scaled, finish that, set orchestration.brokers to {tasks.desired} and "
        "deploy it first"
    )


def _unscale(tasks: Tasks) -> str:
    return (
        ". Brokers do not follow Application Auto Scaling: deregister their scalable target"
        if tasks.scaled
        else ""
    )


def _asks(change: ResourceChange) -> bool:
    """Whether a change overrides a value that may have been changed outside CloudFormation."""
    if change.action not in UPDATED:
        return False
    engine = any(leaf.path == "EngineVersion" for leaf in change.properties)
    return change.type == SERVICE or (change.type == "AWS::RDS::DBCluster" and engine)


def _count(service: Mapping[str, Any]) -> int | None:
    found = shown(service.get("Properties", {}).get("DesiredCount", ""))
    return int(found) if found.isdecimal() else None

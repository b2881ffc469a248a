"""Steps before CloudFormation deletes: drain, save, empty, and unprotect."""

from collections.abc import Iterator
from datetime import datetime

from camformation.counting import counted
from camformation.deploy.cloud.errors import DeployError, Refused
from camformation.deploy.cloud.protocols import Clock, Cloud, Services
from camformation.deploy.destruction.guards import switch
from camformation.deploy.destruction.plan import Destruction, filled
from camformation.deploy.operation.events import Notice
from camformation.deploy.operation.interrupt import Choice, Control
from camformation.frozen import frozen

POLL_S = 5.0
DRAIN_LIMIT_S = 900.0  # a Fargate task stops within its stopTimeout, of at most 120 s
SNAPSHOT_LIMIT_S = 3600.0


@frozen
class Step:
    """Our own step of a destruction, before or after CloudFormation's."""

    time: datetime
    kind: str  # drain | snapshot | empty | unprotect
    message: str


Preparing = Iterator[Step | Notice | None]
"""Yields each step, and None after each pause."""


def stop_if_asked(destruction: Destruction, control: Control) -> None:
    """Ctrl-C before the deletion has started."""
    if control("PREPARE") is Choice.STOP:
        raise stopped(destruction)


def stopped(destruction: Destruction) -> DeployError:
    """Return the error that the user stopped before anything was deleted."""
    return DeployError(
        "CAM694",
        f"stopped: the stack {destruction.stack.name} is not deleted",
        "destroy again to continue; `camformation recover` restarts services that were scaled to "
        "zero",
    )


def drain(cloud: Cloud, clock: Clock, destruction: Destruction) -> Preparing:
    """Stop the services one after the other, so that nothing writes while data is saved."""
    for service in destruction.services:
        parts = service.physical_id.rpartition(":")[2].split("/")
        cluster, name = parts[-2], parts[-1]
        found = cloud.services.services(cluster, [name])
        if not found or found[0].status == "INACTIVE":
            continue
        tasks = found[0].running + found[0].pending
        if found[0].desired or tasks:
            yield Step(clock.now(), "drain", f"scaling {name} to zero ({counted(tasks, 'task')})")
        waited = 0.0
        while _still_running(cloud.services, cluster, name):
            if waited >= DRAIN_LIMIT_S:
                yield Notice(
                    time=clock.now(),
                    code="CAM692",
                    message=f"{name} still has tasks after {DRAIN_LIMIT_S / 60:.0f} minutes; "
                    "CloudFormation will stop them",
                )
                break
            clock.sleep(POLL_S)
            yield None
            waited += POLL_S


def _still_running(services: Services, cluster: str, name: str) -> int:
    """Return the number of tasks of a service that should have none.

    The number is set again if autoscaling or a user has changed it, or the first request did not
    arrive.
    """
    found = services.services(cluster, [name])
    if found and found[0].status != "INACTIVE" and found[0].desired:
        services.set_desired_count(cluster, name, 0)
        found = services.services(cluster, [name])
    return found[0].running + found[0].pending if found else 0


def save(cloud: Cloud, clock: Clock, destruction: Destruction) -> Preparing:
    """Create snapshots of databases that CloudFormation would delete without one, and wait for
    them."""
    for each in destruction.unsaved_clusters:
        cluster = cloud.databases.cluster(each.physical_id)
        if cluster is None or cluster.status == "deleting":
            continue
        name = f"{each.physical_id[:42]}-final-{clock.now():%Y%m%d%H%M%S}".replace("--", "-")
        yield Step(clock.now(), "snapshot", f"saving {each.physical_id} as snapshot {name}")
        try:
            cloud.databases.create_snapshot(each.physical_id, name)
        except Refused as error:
            if error.aws_code != "DBClusterSnapshotAlreadyExistsFault":
                raise  # otherwise this attempt has started it, and only its answer was lost
        waited = 0.0
        while True:
            status = {s.id: s.status for s in cloud.databases.snapshots(each.physical_id)}.get(name)
            if status == "available":
                break
            if status == "failed" or waited >= SNAPSHOT_LIMIT_S:
                raise DeployError(
                    "CAM693",
                    f"the snapshot {name} is {status or 'missing'} "
                    f"after {waited / 60:.0f} minutes; nothing was deleted",
                    "destroy again, or skip the snapshot with --no-final-snapshot",
                )
            clock.sleep(POLL_S)
            yield None
            waited += POLL_S


def empty(cloud: Cloud, clock: Clock, destruction: Destruction) -> Iterator[Step]:
    """Empty the buckets that will be deleted."""
    for bucket in destruction.emptied:
        if filled(cloud, bucket):
            count = sum(cloud.objects.empty(bucket.physical_id))
            what = "1 object or version" if count == 1 else f"{count} objects and versions"
            said = f"emptied {bucket.physical_id}: {what} deleted"
            yield Step(clock.now(), "empty", said)


def unprotect(cloud: Cloud, clock: Clock, destruction: Destruction) -> Preparing:
    """Switch off the protections that the user waived, the stack's own last."""
    for protection in sorted(destruction.protections, key=lambda p: p.address is None):
        if protection.guard:
            switch(cloud, protection.guard, False)
        else:
            cloud.stacks.set_termination_protection(protection.physical_id, False)
        yield Step(clock.now(), "unprotect", f"turned off: {protection.what}")

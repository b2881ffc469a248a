"""The failover of an Aurora cluster, followed until another instance writes and all are available.

Amazon Aurora User Guide, High availability for Amazon Aurora; Amazon RDS API Reference,
FailoverDBCluster.
"""

from collections.abc import Iterator, Sequence

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.services import DatabaseInstance
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.operation.service_moves import Move, Moved, MoveEnded

POLL_S = 5.0
LIMIT_S = 1800.0
FAILING_OVER = "failing-over"


def successor(
    cluster: str, instances: Sequence[DatabaseInstance], wanted: str | None
) -> DatabaseInstance | None:
    """Return the new writer; None if Aurora may choose among several.

    Raises DeployError if no other instance can take over.
    """
    readers = [each for each in instances if not each.writer]
    if not readers:
        raise DeployError(
            "CAM767",
            f"{cluster} has {'one instance' if instances else 'no instances'}: no other instance "
            "can take over",
            "set `database.instances` to 2 or more, and deploy; to restart the only instance, use "
            "the RDS console: brokers have no database until it is back",
        )
    ready = [each for each in readers if each.status == "available"]
    if wanted is None:
        if not ready:
            said = ", ".join(f"{each.id} is {each.status}" for each in readers)
            raise DeployError(
                "CAM767",
                f"no replica of {cluster} is available: {said}",
                "wait until one is: `camformation status --watch` shows it",
            )
        return ready[0] if len(ready) == 1 else None
    found = next((each for each in instances if each.id == wanted), None)
    if found in ready:
        return found
    names = ", ".join(each.id for each in ready)
    why = "is not one of its instances"
    if found is not None:
        why = "writes already" if found.writer else f"is {found.status}"
    raise DeployError(
        "CAM767",
        f"{cluster} cannot fail over to {wanted}, which {why}",
        f"replicas that could: {names}" if names else "no replica is available",
    )


def fail_over(
    cloud: Cloud,
    clock: Clock,
    cluster: str,
    writer: str | None,
    target: str | None,
    control: Control = nobody,
) -> Iterator[Move]:
    """Start a failover to another instance, and follow it; without a writer, follow the running
    failover."""
    if writer is not None:
        yield _moved(clock, f"failing over from {writer}" + (f" to {target}" if target else ""))
        cloud.databases.fail_over(cluster, target)
    said, began = "", clock.now()
    while True:
        status = retried_silently(clock, lambda: _status(cloud, cluster))
        instances = retried_silently(clock, lambda: cloud.databases.instances(cluster))
        now = next((each.id for each in instances if each.writer), "nobody")
        text = f"{status}; {now} writes; " + ", ".join(
            f"{each.id} is {each.status}" for each in instances
        )
        if text != said:
            said = text
            yield _moved(clock, text)
        well = status == "available" and all(each.status == "available" for each in instances)
        if well and now not in (writer, "nobody"):
            yield MoveEnded(
                time=clock.now(),
                succeeded=True,
                message=f"{now} writes" + (f"; {writer} reads" if writer else ""),
                hint="`camformation status` shows the cluster and its replicas",
            )
            return
        if (clock.now() - began).total_seconds() > LIMIT_S:
            raise DeployError(
                "CAM726",
                f"the database {cluster} has not failed over after {LIMIT_S / 60:.0f} minutes: "
                f"{text}",
                "check its events in the RDS console",
            )
        clock.sleep(POLL_S)
        if control("SERVICES") is Choice.DETACH:
            yield MoveEnded(
                time=clock.now(),
                succeeded=True,
                message="detached; RDS continues with the failover",
                hint="follow it with `camformation status --watch`",
                left=True,
            )
            return


def _status(cloud: Cloud, cluster: str) -> str:
    found = cloud.databases.cluster(cluster)
    if found is None:
        raise DeployError("CAM726", f"the database {cluster} does not exist", None)
    return found.status


def _moved(clock: Clock, message: str) -> Moved:
    return Moved(time=clock.now(), subject="database", message=message)

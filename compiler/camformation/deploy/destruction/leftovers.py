"""Resources that still exist after a destruction, and their cost."""

from collections.abc import Callable
from typing import TypeVar

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.destruction.plan import Destruction
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.plan.deletion import (
    BUCKET,
    CLUSTER,
    KEY,
    LOG_GROUP,
    SNAPSHOT_COST,
    Fate,
    ResourceDeletion,
)
from camformation.frozen import frozen

T = TypeVar("T")


@frozen
class Leftover:
    """A remaining resource. `cost` is empty if it is free."""

    what: str
    physical_id: str
    cost: str
    note: str = ""


def look_for_leftovers(
    cloud: Cloud, clock: Clock, destruction: Destruction
) -> tuple[tuple[Leftover, ...], tuple[str, ...]]:
    """Return the remaining resources, those that cost money first, and the failed look-ups with
    their reasons.

    The stack is already deleted: after an error or Ctrl-C, the rest is still returned.
    """
    search = _Search(cloud, clock, destruction)
    return tuple(search.found()), tuple(search.unknown)


class _Search:
    def __init__(self, cloud: Cloud, clock: Clock, destruction: Destruction) -> None:
        self._cloud = cloud
        self._clock = clock
        self._destruction = destruction
        self.unknown: list[str] = []

    def found(self) -> list[Leftover]:
        """Return the remaining resources, as far as they can be looked up."""
        found: list[Leftover] = []
        of = self._destruction.of
        for each in sorted(of(Fate.RETAIN), key=lambda each: not each.cost):
            if not self._gone(each):
                what = each.what or each.address.logical_id
                found.append(Leftover(what, each.physical_id, each.cost, _in_the_way(each)))
        dying = {key.address: key for key in of(Fate.DELETE) if key.type == KEY}
        for each in self._destruction.resources:
            if each.type == CLUSTER and each.fate is not Fate.RETAIN:
                note = _readable_until(dying.get(each.key)) if each.key else ""
                found += self._snapshots(each.physical_id, note)
        for key in dying.values():
            said = (
                f"deleted after {key.pending_days} days; until then, `aws kms cancel-key-deletion "
                f"--key-id {key.physical_id}` cancels this"
            )
            named = f"the KMS key {key.address.logical_id}, pending deletion"
            found.append(Leftover(named, key.physical_id, "", said))
        return found

    def _gone(self, each: ResourceDeletion) -> bool:
        """Whether a bucket that the stack left was deleted since; in doubt it exists."""
        if each.type != BUCKET:
            return False
        bucket = each.physical_id
        region = self._looked_up(
            lambda: self._cloud.objects.bucket_region(bucket) or "", f"the bucket {bucket}"
        )
        return region == ""

    def _snapshots(self, cluster: str, note: str) -> list[Leftover]:
        snapshots = self._looked_up(
            lambda: self._cloud.databases.snapshots(cluster),
            f"snapshots of the Aurora cluster {cluster}",
        )
        return [
            Leftover("a snapshot of the Aurora cluster", each.id, SNAPSHOT_COST, note)
            for each in snapshots or ()
        ]

    def _looked_up(self, call: Callable[[], T], what: str) -> T | None:
        """Return the result of a call; None if it fails, which is noted."""
        try:
            return retried_silently(self._clock, call)
        except DeployError as error:
            self.unknown.append(f"{what}: {error.message}")
        except KeyboardInterrupt:
            self.unknown.append(f"{what}: interrupted")
        return None


def _in_the_way(each: ResourceDeletion) -> str:
    """Return the note on resources to delete before a deployment with the same name: a log group's
    name is fixed."""
    if each.type != LOG_GROUP or not each.physical_id.startswith("/ecs/"):
        return ""
    return (
        "before another deployment of this name, `aws logs delete-log-group --log-group-name "
        f"{each.physical_id}`"
    )


def _readable_until(key: ResourceDeletion | None) -> str:
    if key is None:
        return ""
    return (
        f"readable for only {key.pending_days} days, while its key {key.physical_id} exists: "
        "keep the key, or copy the snapshot with another key"
    )

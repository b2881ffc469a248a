"""Resources that still exist after a destruction, and their cost."""

from collections.abc import Iterator

from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.destruction.plan import Destruction
from camformation.deploy.plan.deletion import (
    BUCKET,
    CLUSTER,
    KEY,
    SNAPSHOT_COST,
    Fate,
    ResourceDeletion,
)
from camformation.frozen import frozen


@frozen
class Leftover:
    """Something that is still there afterwards. `cost` is empty where it costs nothing."""

    what: str
    physical_id: str
    cost: str
    note: str = ""


def leftovers(cloud: Cloud, destruction: Destruction) -> Iterator[Leftover]:
    """Yield what still exists; what costs money comes first."""
    kept = sorted(destruction.of(Fate.RETAIN), key=lambda each: not each.cost)
    for each in kept:
        if each.type == BUCKET and cloud.objects.bucket_region(each.physical_id) is None:
            continue
        yield Leftover(each.what or each.address.logical_id, each.physical_id, each.cost)
    dying = {key.address: key for key in destruction.of(Fate.DELETE) if key.type == KEY}
    for each in destruction.resources:
        if each.type == CLUSTER and each.fate is not Fate.RETAIN:
            for snapshot in cloud.databases.snapshots(each.physical_id):
                yield Leftover(
                    "a snapshot of the Aurora cluster",
                    snapshot.id,
                    SNAPSHOT_COST,
                    _readable_until(dying.get(each.key)) if each.key else "",
                )
    for key in dying.values():
        yield Leftover(
            f"the KMS key {key.address.logical_id}, pending deletion",
            key.physical_id,
            "",
            f"deleted after {key.pending_days} days; until then, `aws kms cancel-key-deletion "
            f"--key-id {key.physical_id}` cancels this",
        )


def _readable_until(key: ResourceDeletion | None) -> str:
    if key is None:
        return ""
    return (
        f"readable for only {key.pending_days} days, while its key {key.physical_id} exists: "
        "keep the key, or copy the snapshot with another key"
    )

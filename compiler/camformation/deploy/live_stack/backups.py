"""The backups of a deployment's brokers and database, and the restorable times.

A restore reads the export position from the restored database, and restores brokers at least to it
(Camunda docs, Restore a backup (RDBMS)). So it needs a time to which the database can be restored,
and a later backup of every partition, without a gap between the two.
"""

from collections.abc import Iterator
from datetime import datetime

from camformation.counting import counted, spoken
from camformation.deploy.cloud.cluster import Backup, BackupRange
from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.services import DatabaseSnapshot
from camformation.deploy.live_stack.data_health import CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.management import Management
from camformation.frozen import frozen


@frozen
class Restorable:
    """The sources for restoring a deployment. `unknown` has the failed queries and their
    reasons."""

    backups: tuple[Backup, ...]
    ranges: tuple[BackupRange, ...]
    partitions: int  # that the cluster has
    cluster: str | None = None  # of the database
    earliest: datetime | None = None  # the times it can be restored to
    latest: datetime | None = None
    snapshots: tuple[DatabaseSnapshot, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """The times that both the database and every partition can be restored to, around the
        newest backup."""
        newest: dict[int, tuple[datetime, datetime]] = {}
        for each in self.ranges:
            if each.start and each.end:
                before = newest.get(each.partition)
                if before is None or each.end > before[1]:
                    newest[each.partition] = (each.start, each.end)
        if not newest or len(newest) < self.partitions:
            return None
        start = max(each[0] for each in newest.values())
        end = min(each[1] for each in newest.values())
        if self.cluster:
            if not (self.earliest and self.latest):
                return None
            start, end = max(start, self.earliest), min(end, self.latest)
        return (start, end) if start <= end else None


def read_restorable(cloud: Cloud, management: Management, deployed: Deployed) -> Restorable:
    """Return the sources for restoring a deployment."""
    unknown: list[str] = []
    state = management.backup_state()
    backups = management.backups()
    partitions = len(state.newest)
    try:
        partitions = management.cluster().partitions
    except CredentialsExpired:
        raise
    except DeployError as error:
        unknown.append(f"how many partitions there are: {error.message}")
    cluster = next((identifier for _, identifier in live(deployed, CLUSTER)), None)
    found = None
    snapshots: tuple[DatabaseSnapshot, ...] = ()
    if cluster:
        try:
            found = cloud.databases.cluster(cluster)
            snapshots = cloud.databases.snapshots(cluster)
        except CredentialsExpired:
            raise
        except DeployError as error:
            unknown.append(f"the database's backups: {error.message}")
    return Restorable(
        backups=backups,
        ranges=state.ranges,
        partitions=partitions,
        cluster=cluster,
        earliest=found.earliest if found else None,
        latest=found.latest if found else None,
        snapshots=snapshots,
        unknown=tuple(unknown),
    )


def faults(found: Restorable, number: int | None, now: datetime, fresh_s: float) -> Iterator[str]:
    """Yield the problems of a backup, or without a number of the newest one, whose maximum age is
    `fresh_s`."""
    if number is None:
        yield from _ranges(found)
    chosen = _chosen(found, number)
    if chosen is None:
        yield f"there is no backup {number}" if number else "there is no completed backup"
        return
    if chosen.state != "COMPLETED":
        yield f"backup {chosen.id} is {chosen.state}" + (
            f": {chosen.reason}" if chosen.reason else ""
        )
    missing = [
        each for each in range(1, found.partitions + 1) if chosen.partitions.get(each) is None
    ]
    if missing:
        yield f"backup {chosen.id} lacks partitions {', '.join(map(str, missing))}"
    sick = sorted(n for n, state in chosen.partitions.items() if state != "COMPLETED")
    if sick and chosen.state == "COMPLETED":
        yield f"backup {chosen.id} is not complete in partitions {', '.join(map(str, sick))}"
    if chosen.taken is None:
        return
    age = (now - chosen.taken).total_seconds()
    if number is None and age > fresh_s:
        yield f"the newest backup, {chosen.id}, is {spoken(age)} old, not at most {spoken(fresh_s)}"
    yield from _with_database(found, chosen, chosen.taken)


def newest(found: Restorable) -> Backup | None:
    """Return the newest completed backup."""
    done = [each for each in found.backups if each.state == "COMPLETED"]
    return max(done, key=lambda each: each.id, default=None)


def _chosen(found: Restorable, number: int | None) -> Backup | None:
    if number is None:
        return newest(found)
    return next((each for each in found.backups if each.id == number), None)


def _ranges(found: Restorable) -> Iterator[str]:
    spans = [each.partition for each in found.ranges]
    if gaps := sorted({each for each in spans if spans.count(each) > 1}):
        yield (
            f"{counted(len(gaps), 'partition')} with a gap between backups: "
            f"{', '.join(map(str, gaps))}; times before the last gap cannot be restored"
        )
    lacking = [each for each in range(1, found.partitions + 1) if each not in spans]
    if lacking and found.backups:
        yield f"no span of time can be restored in partitions {', '.join(map(str, lacking))}"


def _with_database(found: Restorable, backup: Backup, taken: datetime) -> Iterator[str]:
    """Yield the reasons why the database cannot be restored to a time before the backup."""
    if found.cluster is None or not (found.earliest and found.latest):
        return
    earlier = [each for each in found.snapshots if each.created and each.created <= taken]
    if found.earliest > taken and not any(each.status == "available" for each in earlier):
        yield (
            f"backup {backup.id} is of {taken:%Y-%m-%dT%H:%M:%SZ}, before every time that the "
            f"database can be restored to: from {found.earliest:%Y-%m-%dT%H:%M:%SZ} on"
        )

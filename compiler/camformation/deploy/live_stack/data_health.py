"""The health of data stores: database, file system, backups."""

from collections.abc import Iterator
from datetime import datetime

from camformation.counting import counted
from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.part import Part, State
from camformation.deploy.live_stack.variables import variable
from camformation.durations import seconds

CLUSTER = "AWS::RDS::DBCluster"
FILE_SYSTEM = "AWS::EFS::FileSystem"
BUCKET = "BackupBucketName"
SCHEDULE = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_SCHEDULE"
LATE_S = 3600.0
MAX_OBJECTS = 50_000
MAX_LAG_MS = 1_000.0  # readers of Aurora are usually less than 100 ms behind (Aurora User Guide)


def database(cloud: Cloud, now: datetime, deployed: Deployed) -> Iterator[Part]:
    """Yield the Aurora cluster with its instances, and the lag of readers."""
    for _, identifier in live(deployed, CLUSTER):
        cluster = cloud.databases.cluster(identifier)
        if cluster is None:
            yield Part("database", State.UNHEALTHY, f"{identifier} does not exist")
            continue
        if cluster.status == "stopped":
            hint = "`camformation start` starts it"
            yield Part("database", State.STOPPED, f"{identifier} is stopped", (), hint)
            continue
        details, well = [], cluster.status == "available"
        instances = cloud.databases.instances(identifier)
        for each in instances:
            role = "writer" if each.writer else "reader"
            behind = "" if each.writer else _lag(cloud, each.id, now)
            well = well and each.status == "available" and "far behind" not in behind
            details.append(f"{role} {each.id}: {each.status}{behind}")
        well = well and any(each.writer for each in instances)
        says = f"{cluster.status}, engine {cluster.engine_version or 'unknown'}"
        yield Part("database", State.HEALTHY if well else State.UNHEALTHY, says, tuple(details))


def _lag(cloud: Cloud, instance: str, now: datetime) -> str:
    try:
        lag = cloud.databases.replica_lag(instance, now)
    except CredentialsExpired:
        raise
    except DeployError as error:
        return f", lag unknown: {error.message}"
    if lag is None:
        return ", lag unknown"
    return f", {lag:.0f} ms behind" if lag < MAX_LAG_MS else f", far behind: {lag:.0f} ms"


def file_system(cloud: Cloud, deployed: Deployed) -> Iterator[Part]:
    """Yield the brokers' file system."""
    for _, identifier in live(deployed, FILE_SYSTEM):
        found = cloud.file_systems.file_system(identifier)
        if found is None:
            yield Part("file system", State.UNHEALTHY, f"{identifier} does not exist")
            continue
        up = sum(each == "available" for each in found.mount_targets)
        well = found.status == "available" and up == len(found.mount_targets)
        says = (
            f"{found.status}, {found.size_bytes / 1e9:.1f} GB, {up} of "
            f"{counted(len(found.mount_targets), 'mount target')} available"
        )
        yield Part("file system", State.HEALTHY if well else State.UNHEALTHY, says)


def backups(cloud: Cloud, now: datetime, deployed: Deployed) -> Iterator[Part]:
    """Yield the time of the brokers' last write to the backup bucket, and whether it matches their
    schedule."""
    bucket = deployed.stack.outputs.get(BUCKET)
    if not bucket:
        return
    newest = cloud.objects.newest(bucket, MAX_OBJECTS)
    every = _interval(deployed)
    if newest is None and cloud.local:
        yield Part("backups", State.UNKNOWN, "the local target's brokers write none")
        return
    if newest is None:
        kind = State.HEALTHY if every is None else State.UNHEALTHY
        yield Part("backups", kind, f"the bucket {bucket} is empty")
        return
    age = (now - newest).total_seconds()
    said = f"{age / 3600:.0f} hours" if age >= 7200 else f"{age / 60:.0f} minutes"
    late = every is not None and age > max(2 * every, LATE_S)
    details = (f"they should every {every / 60:.0f} minutes",) if late and every else ()
    kind = State.UNHEALTHY if late else State.HEALTHY
    yield Part("backups", kind, f"brokers last wrote to {bucket} {said} ago", details)


def _interval(deployed: Deployed) -> float | None:
    """Return the seconds between scheduled backups; None for cron expressions, or without a
    schedule."""
    schedule = variable(deployed, SCHEDULE)
    return seconds(schedule) if isinstance(schedule, str) else None


def live(deployed: Deployed, kind: str) -> list[tuple[str, str]]:
    """Return the resources of a type that exist: logical and physical IDs."""
    return [
        (resource.logical_id, resource.physical_id)
        for resources in deployed.resources.values()
        for resource in resources
        if resource.type == kind and resource.physical_id and resource.status != "DELETE_COMPLETE"
    ]

"""Checks of existing resources that a deployment uses: a database's source, a shared file system,
buckets.
"""

from collections.abc import Iterator
from datetime import datetime

from camformation.deploy.change.bootstrap import find_bucket
from camformation.deploy.change.package import MAX_BODY_BYTES, check_bucket, minified
from camformation.deploy.cloud.account_references import AccessPoint, SharedFileSystem
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.preflight.model import Result, Situation, no, ok, skipped
from camformation.deploy.preflight.subnet_checks import PRIVATE, subnet_ids
from camformation.diagnostics import Path
from camformation.layout import ROOT

ENGINE = "aurora-postgresql"
OWNER = 1000  # user and group of brokers' data
SOURCE = ("database", "source")
SHARED = ("storage", "efs", "existing")


def database_source(s: Situation) -> Iterator[Result]:
    """Whether the snapshot or cluster that a new database is created from exists."""
    source = s.deployment.database.source
    if source is None or not s.first:
        return
    if source.snapshot_identifier:
        yield from _snapshot(s, str(source.snapshot_identifier))
    if source.cluster_identifier:
        yield from _origin(s, str(source.cluster_identifier), source.restore_to_time)


def _snapshot(s: Situation, name: str) -> Iterator[Result]:
    path = (*SOURCE, "snapshot_identifier")
    if ":snapshot:" in name:  # of a database instance, which Aurora accepts, too
        yield skipped(f"{name} is no snapshot of a cluster", "", path)
        return
    found = s.account.references.snapshot(name)
    if found is None:
        yield no(
            f"there is no snapshot {name} in this account and region",
            "correct it; a snapshot of another account must be shared, and named by its ARN",
            path,
        )
    elif found.status != "available":
        yield no(f"the snapshot {name} is {found.status}", "wait until it is available", path)
    else:
        yield _fitting(s, f"the snapshot {name}", found.engine, found.version, path)


def _origin(s: Situation, cluster: str, moment: object) -> Iterator[Result]:
    path = (*SOURCE, "cluster_identifier")
    found = s.account.references.origin(cluster)
    if found is None:
        yield no(
            f"there is no database cluster {cluster} in this account and region",
            "correct it; of a deleted cluster only snapshots are left",
            path,
        )
        return
    time = _time(moment)
    if time and found.earliest and found.latest and not found.earliest <= time <= found.latest:
        yield no(
            f"{cluster} can be restored to a time from {found.earliest:%Y-%m-%dT%H:%M:%SZ} to "
            f"{found.latest:%Y-%m-%dT%H:%M:%SZ}",
            "choose a time in between",
            (*SOURCE, "restore_to_time"),
        )
    else:
        yield _fitting(s, f"the cluster {cluster}", found.engine, found.version, path)


def _fitting(s: Situation, source: str, engine: str, version: str, path: Path) -> Result:
    """Judge whether data of an engine's version can become the spec's: RDS never goes back to an
    older one (Aurora User Guide, Restoring from a DB cluster snapshot)."""
    if engine != ENGINE:
        return no(f"{source} is of {engine}", f"name one of {ENGINE}", path)
    wanted = _number(str(s.deployment.database.engine_version))
    if _number(version)[: len(wanted)] > wanted:
        return no(
            f"{source} is of {engine} {version}, newer than `engine_version`",
            f"set `database.engine_version` to {version} or later",
            path,
        )
    return ok(f"{source} is of {engine} {version}", path)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split(".") if each.isdigit())


def _time(given: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(given)) if given else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def shared_file_system(s: Situation) -> Iterator[Result]:
    """Whether an existing file system is found, with a mount target for each task and the brokers'
    access point.
    """
    shared = s.deployment.storage.efs.existing
    if shared is None:
        return
    name, point = str(shared.file_system_id), str(shared.access_point_id)
    found = s.account.references.file_system(name)
    if found is None:
        yield no(
            f"there is no file system {name} in this account and region",
            "correct it",
            (*SHARED, "file_system_id"),
        )
        return
    problems = [
        *_unmounted(s, name, found),
        *_entered(name, point, s.account.references.access_point(point)),
    ]
    yield from problems
    if not problems:
        yield ok(f"{name} is {found.state}, and {point} leads to it")


def _unmounted(s: Situation, name: str, found: SharedFileSystem) -> Iterator[Result]:
    path = (*SHARED, "file_system_id")
    if found.state != "available":
        yield no(f"the file system {name} is {found.state}", "wait until it is available", path)
    if not found.encrypted:
        yield no(
            f"the file system {name} is not encrypted at rest",
            "copy its data into one that is: encryption cannot be turned on later",
            path,
            certain=False,
        )
    if s.deployment.network.existing:
        subnets = s.account.vpcs.subnets(subnet_ids(s)[PRIVATE])
        for zone in sorted({each.zone for each in subnets} - set(found.zones)):
            yield no(
                f"the file system {name} has no mount target in {zone}, where tasks may run",
                "add one, or leave out the subnets of that zone",
                path,
            )


def _entered(name: str, point: str, found: AccessPoint | None) -> Iterator[Result]:
    path = (*SHARED, "access_point_id")
    if found is None:
        yield no(f"there is no access point {point} in this account and region", "correct it", path)
    elif found.file_system != name:
        yield no(f"{point} is an access point of {found.file_system}", f"name one of {name}", path)
    elif (found.user, found.group) != (OWNER, OWNER):
        yield no(
            f"{point} does not make everybody user and group {OWNER}",
            f"make one with that POSIX user: brokers' data belongs to {OWNER}",
            path,
            certain=False,
        )


def replicas(s: Situation) -> Iterator[Result]:
    """Whether the bucket for copies of backups exists, and keeps versions, which replication
    requires (Amazon S3 User Guide, Requirements and considerations for replication)."""
    replication = s.deployment.storage.backup.replication
    if replication is None:
        return
    path = ("storage", "backup", "replication", "bucket_arn")
    bucket = str(replication.bucket_arn).rpartition(":")[2]
    versioned = s.account.references.versioned(bucket)
    if versioned is None:
        yield no(f"there is no bucket {bucket}", "correct the ARN, or make the bucket", path)
    elif not versioned:
        yield no(
            f"the bucket {bucket} keeps no versions",
            f"`aws s3api put-bucket-versioning --bucket {bucket} "
            "--versioning-configuration Status=Enabled`",
            path,
        )
    else:
        yield ok(f"{bucket} keeps versions", path)


def backed_up(s: Situation) -> Iterator[Result]:
    """Whether AWS Backup takes up the database: of Aurora, a plan alone is not enough (AWS Backup
    Developer Guide, Assigning resources to a backup plan)."""
    spec = s.deployment.aws_backup
    if spec is None or "database" not in spec.resources:
        return
    if "Aurora" in s.account.references.left_out():
        yield no(
            f"AWS Backup leaves out Aurora in {s.cloud.region}: its plan would not back up the "
            "database",
            "`aws backup update-region-settings --resource-type-opt-in-preference Aurora=true`",
            ("aws_backup", "resources"),
            certain=False,
        )
    else:
        yield ok("AWS Backup does not leave out Aurora")


def restored(s: Situation) -> Iterator[Result]:
    """Whether the bucket that brokers are restored from exists."""
    restore = s.deployment.orchestration.restore
    if restore is None or restore.bucket is None:
        return
    name, path = str(restore.bucket.name), ("orchestration", "restore", "bucket", "name")
    if s.account.references.versioned(name) is None:
        yield no(
            f"there is no bucket {name}",
            "correct the name: the container that restores brokers would fail",
            path,
        )
    else:
        yield ok(f"{name} exists", path)


def artifact_bucket(s: Situation) -> Iterator[Result]:
    """Whether there is a bucket for templates that the caller may use, if they need one."""
    if len(s.templates) == 1 and len(minified(s.templates[ROOT]).encode()) <= MAX_BODY_BYTES:
        return
    name = s.artifact_bucket or s.deployment.stack.artifact_bucket
    name = str(name) if name else find_bucket(s.cloud.stacks)
    if name is None:
        yield no(
            f"there is no artifact bucket in {s.cloud.region}",
            "`camformation bootstrap` creates one; `stack.artifact_bucket` names another",
        )
        return
    try:
        check_bucket(s.cloud.objects, name)
    except DeployError as error:
        if error.code != "CAM502":
            raise
        yield no(error.message, error.hint or "")
    else:
        yield ok(f"{name} can be used")

"""The data, keys and passwords of a deployment for a restored one, and the restore time.

Camunda docs, Restore a backup (RDBMS): the database is restored first, and brokers at least to its
export position. So the database is restored to the time of a backup, or just before, and brokers to
that backup or a later one. Users are in the database, with their passwords.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from camformation.deploy.cloud.cluster import Backup
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.live_stack.backups import Restorable, faults
from camformation.deploy.live_stack.data_health import BUCKET, CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.own_secrets import own_secrets
from camformation.deploy.live_stack.own_services import own_services
from camformation.deploy.live_stack.variables import variable, variable_of
from camformation.frozen import frozen
from camformation.shapes import mappings, properties

ORIGIN = "SourceDBClusterIdentifier"
TIME = "RestoreToTime"
USERS = ("admin", "connectors")  # kinds of secrets
NAMES = {
    "database.user": "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_USERNAME",
    "database.table_prefix": "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PREFIX",
}


@frozen
class RestoreSource:
    """The location of a deployment's data."""

    stack: str
    cluster: str  # of the database
    engine_version: str
    bucket: str
    bucket_key: str | None
    passwords: Mapping[str, str]  # ARNs of secrets, by kind
    secrets_key: str | None


@frozen
class Moment:
    """The time that both are restored to: the database to `database`, brokers to `brokers` at most,
    or as far as backups go."""

    database: datetime
    brokers: datetime | None
    version: str = ""  # of the backup


@frozen
class Origin:
    """The source of a deployed database."""

    cluster: Any
    time: Any
    restores: bool  # whether brokers still have the restore container


def read_source(cloud: Cloud, deployed: Deployed) -> RestoreSource:
    """Return the sources in a deployment. Raises DeployError if it has no data of its own."""
    stack = deployed.stack.name
    identifier = next((each for _, each in live(deployed, CLUSTER)), None)
    found = cloud.databases.cluster(identifier) if identifier else None
    bucket = deployed.stack.outputs.get(BUCKET)
    if found is None or not bucket:
        what = "Aurora cluster of its own" if found is None else "backup bucket"
        raise DeployError(
            "CAM775",
            f"{stack} has no {what}",
            "restore it by hand: see Restoring as a spec, in docs/operations.md",
        )
    secrets = own_secrets(cloud, deployed, own_services(cloud, deployed))
    users = {each.kind: each for each in secrets if each.kind in USERS and not each.key}
    keys = [each.state.key for each in users.values() if each.state and each.state.key]
    return RestoreSource(
        stack=stack,
        cluster=found.id,
        engine_version=found.engine_version,
        bucket=bucket,
        bucket_key=_arn(cloud.objects.encryption_key(bucket), deployed.stack.id),
        passwords={kind: each.arn for kind, each in users.items()},
        secrets_key=_arn(keys[0], deployed.stack.id) if keys else None,
    )


def origin_of(deployed: Deployed) -> Origin | None:
    """Return the source of a deployment's database; None if it started empty."""
    bodies = [
        body
        for template in deployed.templates.values()
        for body in template.get("Resources", {}).values()
    ]
    containers = [
        str(each.get("Name"))
        for body in bodies
        for each in mappings(properties(body).get("ContainerDefinitions"))
    ]
    for body in bodies:
        own = properties(body)
        if body.get("Type") == CLUSTER and ORIGIN in own:
            restores = any("restore" in name for name in containers)
            return Origin(own[ORIGIN], own.get(TIME), restores)
    return None


def moment_of(found: Restorable, to: datetime | None, now: datetime) -> Moment:
    """Return the time to restore to: the newest, or the last before `to`. Raises DeployError if
    database and backups have no common time."""
    done = [
        each
        for each in found.backups
        if each.state == "COMPLETED" and each.taken and (to is None or each.taken <= to)
    ]
    best = max(done, key=lambda each: each.id, default=None)
    if best is None or best.taken is None:
        raise _impossible("there is no completed backup" + (" up to that time" if to else ""))
    if wrong := list(faults(found, best.id, now, 0)):
        raise _impossible("; ".join(wrong))
    starts = [_began(found, each, best) for each in range(1, found.partitions + 1)]
    begun = max((each for each in starts if each), default=best.taken)
    limits = [best.taken] + ([found.latest] if found.latest else [])
    database = min(limits).replace(microsecond=0)
    first = max([begun] + ([found.earliest] if found.earliest else [])).replace(microsecond=0)
    if database < first:
        raise _impossible(
            f"the database can be restored up to {_text(database)}, and together with backups from "
            f"{_text(first)} on"
        )
    return Moment(database, to, best.version)


def other_names(
    deployed: Deployed, templates: Mapping[str, Mapping[str, Any]], database: str
) -> Iterator[str]:
    """Yield the fields that brokers need to find their tables, and that differ between a new
    deployment and its source. Values that CloudFormation computes are not compared."""
    for field, name in NAMES.items():
        old, new = variable(deployed, name), variable_of(templates, name)
        if old != new and all(each is None or isinstance(each, str) for each in (old, new)):
            yield f"{field} ({old or 'none'})"
    for template in deployed.templates.values():
        for body in template.get("Resources", {}).values():
            old = properties(body).get("DatabaseName")
            if body.get("Type") == CLUSTER and isinstance(old, str) and old != database:
                yield f"database.name ({old})"


def restored_fields(
    source: RestoreSource, moment: Moment, *, passwords: bool
) -> Iterator[tuple[str, str]]:
    """Yield the fields of the spec of a restored deployment, with their values."""
    if source.engine_version:
        yield "database.engine_version", source.engine_version
    yield "database.source.cluster_identifier", source.cluster
    yield "database.source.restore_to_time", _text(moment.database)
    yield "orchestration.restore.bucket.name", source.bucket
    if source.bucket_key:
        yield "orchestration.restore.bucket.kms_key_arn", source.bucket_key
    if moment.brokers:
        yield "orchestration.restore.to", _text(moment.brokers)
    if passwords:
        for kind, arn in source.passwords.items():
            yield f"authentication.users.{kind}.password_secret_arn", arn
        if source.secrets_key:
            yield "secrets.kms_key_arn", source.secrets_key


def _began(found: Restorable, partition: int, backup: Backup) -> datetime | None:
    """Return the start of the gapless restorable time of a partition up to a backup."""
    taken = backup.taken
    spans = [
        each.start
        for each in found.ranges
        if each.partition == partition and each.start and each.end and taken
        # times of ranges and of backups come from different brokers
        if each.start <= taken or each.start.replace(microsecond=0) <= taken
    ]
    return max(spans, default=None)


def _arn(key: str | None, stack: str) -> str | None:
    """Return the ARN of a key that may be named by its id; None for AWS managed keys."""
    if not key or key.startswith("alias/aws/") or ":alias/aws/" in key:
        return None
    if key.startswith("arn:"):
        return key
    partition, _, region, account = stack.split(":")[1:5]
    kind = "" if key.startswith("alias/") else "key/"
    return f"arn:{partition}:kms:{region}:{account}:{kind}{key}"


def _text(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _impossible(why: str) -> DeployError:
    return DeployError(
        "CAM775",
        why,
        "`camformation backup list` shows what there is, and `camformation backup create` takes a "
        "backup; a snapshot can be restored by hand: see Restoring as a spec, in "
        "docs/operations.md",
    )

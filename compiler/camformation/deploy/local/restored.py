"""Aurora clusters created from a snapshot or another cluster, with the data of their PostgreSQL.

The emulator has no log of changes: a point in time means the source's current data.
"""

from pathlib import Path
from typing import Any

from camformation.deploy.local import databases
from camformation.deploy.local.modules import Function, module, replace, replace_handler

Record = dict[str, Any]

CLUSTER = "AWS::RDS::DBCluster"
MISSING = "{kind} {name} not found (Service: Rds, Status Code: 404)"
KEPT = "_Postgresql"  # of a snapshot: the folder with the data


def install() -> None:
    """Restore clusters like RDS; keep the data of snapshots."""
    replace_handler(CLUSTER, "create", _restored)
    replace("_create_cluster_snapshot_internal", _with_data, module("services.rds"))


def _restored(original: Function) -> Function:
    """A restored cluster has its source's administrator, database and data; restored to a point in
    time, its engine version too (Amazon RDS API Reference, RestoreDBClusterToPointInTime)."""

    def create(
        logical_id: str, properties: dict[str, Any], *arguments: Any, **more: Any
    ) -> tuple[str, dict[str, Any]]:
        source, of_cluster = _source(properties)
        if source is None:
            created: tuple[str, dict[str, Any]] = original(
                logical_id, properties, *arguments, **more
            )
            return created
        inherited = {name: source.get(name, "") for name in ("MasterUsername", "DatabaseName")}
        if of_cluster:
            inherited["EngineVersion"] = source["EngineVersion"]
        cluster_id, attributes = original(logical_id, properties | inherited, *arguments, **more)
        record = module("services.rds")._clusters[cluster_id]
        record["StorageEncrypted"] = bool(record.get("KmsKeyId")) or source["StorageEncrypted"]
        if of_cluster:
            databases.copy(source, databases.folder(record))
        elif source.get(KEPT):
            databases.put_back(Path(source[KEPT]), databases.folder(record))
        return cluster_id, attributes

    return create


def _source(properties: dict[str, Any]) -> tuple[Record | None, bool]:
    """The cluster or snapshot to restore, and whether it is a cluster."""
    rds = module("services.rds")
    for key, kind, known in (
        ("SourceDBClusterIdentifier", "DBCluster", rds._clusters),
        ("SnapshotIdentifier", "DBClusterSnapshot", rds._db_cluster_snapshots),
    ):
        if key in properties:
            given = str(properties[key])
            name = given.split(":", 6)[-1] if given.startswith("arn:") else given
            found = known.get(name)
            if found is None:
                raise ValueError(MISSING.format(kind=kind, name=name))
            return found, known is rds._clusters
    return None, False


def _with_data(original: Function) -> Function:
    """A snapshot knows its database's name, and has the data of its time."""

    def create(snapshot_id: str, cluster: Record) -> Record:
        snapshot: Record = original(snapshot_id, cluster)
        snapshot["DatabaseName"] = cluster.get("DatabaseName", "")
        kept = databases.snapshots() / snapshot_id.replace(":", "_")
        snapshot[KEPT] = str(kept) if databases.copy(cluster, kept) else ""
        return snapshot

    return create

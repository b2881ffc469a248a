"""Gate checks for the origin of a database's data, and for its parameters.

CloudFormation makes a cluster anew when its source is changed or removed (AWS docs,
AWS::RDS::DBCluster, SnapshotIdentifier): `CAM650` then says so in the words here.
"""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import ALLOW, warned
from camformation.deploy.plan.containers import (
    broker_services,
    containers_of,
    name_of,
    place,
    told,
)
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.stored import DATABASE

CLUSTER = "AWS::RDS::DBCluster"
GROUP = "AWS::RDS::DBClusterParameterGroup"
ORIGIN = (
    "SnapshotIdentifier",
    "SourceDBClusterIdentifier",
    "SourceDbClusterResourceId",
    "RestoreToTime",
    "UseLatestRestorableTime",
)
STATIC = {
    "huge_pages",
    "max_connections",
    "max_files_per_process",
    "max_locks_per_transaction",
    "max_logical_replication_workers",
    "max_pred_locks_per_transaction",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "rds.logical_replication",
    "shared_buffers",
    "shared_preload_libraries",
    "superuser_reserved_connections",
    "track_activity_query_size",
    "track_commit_timestamp",
    "wal_buffers",
    "wal_level",
}
"""Parameters that only a start of the server reads (PostgreSQL docs, Server configuration;
Amazon Aurora User Guide, Aurora PostgreSQL parameters)."""
RESTART = "restart them when brokers may do without the database for a minute"


def other_origin(change: ResourceChange) -> tuple[str, str] | None:
    """Return what to say of a cluster whose source changes, and what to do; None of others."""
    leaf = next((each for each in change.properties if each.path in ORIGIN), None)
    if change.type != CLUSTER or leaf is None:
        return None
    return (
        f"its source changes ({leaf.path}), for which CloudFormation makes a new cluster",
        "keep `database.source` as it was deployed for as long as the cluster lives; another "
        "source is another deployment; " + ALLOW,
    )


def source_gate(situation: Situation) -> Iterator[Block]:
    """Warn of brokers that do not fit a new database, and of parameters that wait."""
    for change in situation.changes:
        if change.type == CLUSTER and change.action is Action.ADD:
            yield from _first(situation, change)
        elif change.type in (CLUSTER, GROUP) and change.action is Action.CHANGE:
            yield from _waiting(change)


def _first(situation: Situation, cluster: ResourceChange) -> Iterator[Block]:
    properties = situation.after[cluster.address].get("Properties", {})
    restored = any(name in properties for name in ORIGIN)
    for service, (task, brokers) in broker_services(situation.after).items():
        if service in situation.before:
            continue
        names = [name_of(each) for each in containers_of(situation.after[task])]
        if restored and not any("restore" in name for name in names):
            yield warned(
                cluster,
                "CAM764",
                f"{cluster.logical_id}: the database is restored, and the brokers begin without "
                "data: they export nothing until they are past what the database has seen",
                "restore the brokers too: set orchestration.restore, with the bucket of the "
                "deployment that the database is from",
                place(cluster, ORIGIN),
            )
        ddl = told(brokers[0]).value(f"{DATABASE}RDBMS_AUTODDL", default="true")
        if ddl.lower() == "false" and not restored:
            yield warned(
                cluster,
                "CAM766",
                f"{cluster.logical_id}: the database is new, and brokers create no tables in it: "
                "they do not start",
                "set database.auto_ddl to true for the first deployment, or let an init "
                "container run Camunda's SQL scripts",
                None,
            )


def _waiting(change: ResourceChange) -> Iterator[Block]:
    for leaf in change.properties:
        name = leaf.path.removeprefix("Parameters.")
        if change.type == CLUSTER and leaf.path == "DBClusterParameterGroupName":
            if leaf.after is None:
                continue  # RDS keeps the one that it has (`kept_gate`)
            what = "another parameter group; its static parameters take effect"
        elif change.type == GROUP and name in STATIC:
            what = f"{name} is static: the new value takes effect"
        else:
            continue
        yield warned(
            change,
            "CAM765",
            f"{change.logical_id}: {what} only when the cluster's instances are restarted",
            RESTART,
            leaf.location,
        )

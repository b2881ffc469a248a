"""Gate checks for the origin of a database's data, and for its parameters.

CloudFormation creates a new cluster when its source is changed or removed (AWS docs,
AWS::RDS::DBCluster, SnapshotIdentifier): `CAM650` then uses the messages here.
"""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import ALLOW, warned
from camformation.deploy.plan.containers import (
    broker_services,
    changed_brokers,
    containers_of,
    dotted,
    name_of,
    place,
    told,
    version_tag,
)
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.stored import DATABASE
from camformation.deploy.plan.symbols import shown

CLUSTER, INSTANCE = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"
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
AUTO_DDL = f"{DATABASE}RDBMS_AUTODDL"
RESTART = "restart them when brokers can do without the database for a minute"


def other_origin(change: ResourceChange) -> tuple[str, str] | None:
    """Return the message and hint for a cluster whose source changes; None for others."""
    leaf = next((each for each in change.properties if each.path in ORIGIN), None)
    if change.type != CLUSTER or leaf is None:
        return None
    return (
        f"its source changes ({leaf.path}), so CloudFormation creates a new cluster",
        "keep `database.source` as it was deployed for as long as the cluster lives; another "
        "source needs a new deployment; " + ALLOW,
    )


def source_gate(situation: Situation) -> Iterator[Block]:
    """Warn of brokers that do not suit a new database, and of parameters that wait for a
    restart."""
    for change in situation.changes:
        if change.type == CLUSTER and change.action is Action.ADD:
            yield from _first(situation, change)
        elif change.type in (CLUSTER, GROUP) and change.action is Action.CHANGE:
            yield from () if restarted(situation) else _waiting(change)
    yield from _old_tables(situation)


def _old_tables(situation: Situation) -> Iterator[Block]:
    """Warn of brokers of another minor version that do not change the tables (Camunda docs, RDBMS
    configuration, Schema management)."""
    for broker in changed_brokers(situation):
        versions = [version_tag(shown(each["Image"])) for each in (broker.before, broker.after)]
        old, new = (version[:2] if version else () for version in versions)
        ddl = told(broker.after).value(AUTO_DDL, default="true")
        if old and new and old < new and ddl.lower() == "false":
            yield warned(
                broker.change,
                "CAM766",
                f"{broker.change.logical_id}: brokers go from {dotted(old)} to {dotted(new)}, and "
                "do not migrate the database's tables",
                f"run Camunda's SQL scripts of {dotted(new)} first, or let brokers do it with "
                "database.auto_ddl",
                place(broker.change, [f"[{AUTO_DDL}]"]) or broker.change.location,
            )


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
                f"{cluster.logical_id}: the database is restored, but the brokers start without "
                "data: they export nothing until they pass the position that the database has "
                "recorded",
                "restore the brokers too: set orchestration.restore, with the backup bucket of "
                "the deployment that the database comes from",
                place(cluster, ORIGIN),
            )
        ddl = told(brokers[0]).value(AUTO_DDL, default="true")
        if ddl.lower() == "false" and not restored:
            yield warned(
                cluster,
                "CAM766",
                f"{cluster.logical_id}: the database is new, but brokers do not create tables in "
                "it, so they will not start",
                "set database.auto_ddl to true for the first deployment, or let an init "
                "container run Camunda's SQL scripts",
                None,
            )


def restarted(situation: Situation) -> bool:
    """Whether the update restarts every instance of the database anyway: for another engine
    version, or another class of each (Amazon RDS User Guide, Settings for DB instances)."""
    instances, engine = set(), False
    for change, before, after in situation.updated():
        if change.type == INSTANCE and before.get("DBInstanceClass") != after.get(
            "DBInstanceClass"
        ):
            instances.add(change.address)
        elif change.type == CLUSTER and (leaf := change.change_of("EngineVersion")):
            live = situation.running.engines.get(change.address) if situation.running else None
            engine |= live != leaf.after
    rest = {address for address, _ in situation.remaining(INSTANCE)} - instances
    return engine or bool(instances and not rest)


def _waiting(change: ResourceChange) -> Iterator[Block]:
    for leaf in change.properties:
        name = leaf.path.removeprefix("Parameters.")
        if change.type == CLUSTER and leaf.path == "DBClusterParameterGroupName":
            if leaf.after is None:
                continue  # RDS keeps the one that it has (`kept_gate`)
            what = "the parameter group changes; its static parameters take effect"
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

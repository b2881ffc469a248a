"""RDS over boto3."""

from datetime import datetime, timedelta

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.services import (
    DatabaseCluster,
    DatabaseInstance,
    DatabaseSnapshot,
)

LAG_WINDOW = timedelta(minutes=10)


class AwsDatabases:
    """Implements `Databases`."""

    def __init__(self, rds: Client, cloudwatch: Client) -> None:
        self._rds = rds
        self._cloudwatch = cloudwatch

    def cluster(self, cluster: str) -> DatabaseCluster | None:
        """See `Databases`."""
        try:
            answer = self._rds.call("describe_db_clusters", DBClusterIdentifier=cluster)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        found = answer["DBClusters"][0]
        return DatabaseCluster(
            id=found["DBClusterIdentifier"],
            status=found.get("Status", ""),
            deletion_protection=bool(found.get("DeletionProtection")),
            engine_version=found.get("EngineVersion", ""),
            admin_secret=found.get("MasterUserSecret", {}).get("SecretArn"),
            earliest=found.get("EarliestRestorableTime"),
            latest=found.get("LatestRestorableTime"),
        )

    def instances(self, cluster: str) -> tuple[DatabaseInstance, ...]:
        """See `Databases`."""
        try:
            answer = self._rds.call("describe_db_clusters", DBClusterIdentifier=cluster)
        except Refused as error:
            if is_missing(error):
                return ()
            raise
        writers = {
            member["DBInstanceIdentifier"]: bool(member.get("IsClusterWriter"))
            for member in answer["DBClusters"][0].get("DBClusterMembers", ())
        }
        found = [
            DatabaseInstance(
                id=each["DBInstanceIdentifier"],
                status=each.get("DBInstanceStatus", ""),
                writer=writers.get(each["DBInstanceIdentifier"], False),
            )
            for each in self._rds.items(
                "describe_db_instances",
                "DBInstances",
                Filters=[{"Name": "db-cluster-id", "Values": [cluster]}],
            )
        ]
        return tuple(sorted(found, key=lambda each: (not each.writer, each.id)))

    def stop(self, cluster: str) -> None:
        """See `Databases`."""
        self._rds.call("stop_db_cluster", DBClusterIdentifier=cluster)

    def start(self, cluster: str) -> None:
        """See `Databases`."""
        self._rds.call("start_db_cluster", DBClusterIdentifier=cluster)

    def fail_over(self, cluster: str, instance: str | None) -> None:
        """See `Databases`."""
        self._rds.call(
            "failover_db_cluster", DBClusterIdentifier=cluster, TargetDBInstanceIdentifier=instance
        )

    def rotate_administrator(self, cluster: str) -> None:
        """See `Databases`. It must be applied at once (RDS API Reference, ModifyDBCluster)."""
        self._rds.call(
            "modify_db_cluster",
            DBClusterIdentifier=cluster,
            RotateMasterUserPassword=True,
            ApplyImmediately=True,
        )

    def replica_lag(self, instance: str, now: datetime) -> float | None:
        """See `Databases`. AuroraReplicaLag: Aurora User Guide, Amazon CloudWatch metrics."""
        answer = self._cloudwatch.call(
            "get_metric_statistics",
            Namespace="AWS/RDS",
            MetricName="AuroraReplicaLag",
            Dimensions=[{"Name": "DBInstanceIdentifier", "Value": instance}],
            StartTime=now - LAG_WINDOW,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
        points = sorted(answer.get("Datapoints", ()), key=lambda each: each["Timestamp"])
        return float(points[-1]["Maximum"]) if points else None

    def set_deletion_protection(self, cluster: str, enabled: bool) -> None:
        """See `Databases`."""
        self._rds.call(
            "modify_db_cluster",
            DBClusterIdentifier=cluster,
            DeletionProtection=enabled,
            ApplyImmediately=True,
        )

    def create_snapshot(self, cluster: str, snapshot: str) -> None:
        """See `Databases`."""
        self._rds.call(
            "create_db_cluster_snapshot",
            DBClusterIdentifier=cluster,
            DBClusterSnapshotIdentifier=snapshot,
        )

    def snapshots(self, cluster: str) -> tuple[DatabaseSnapshot, ...]:
        """See `Databases`."""
        return tuple(
            DatabaseSnapshot(
                id=found["DBClusterSnapshotIdentifier"],
                cluster_id=found["DBClusterIdentifier"],
                status=found.get("Status", ""),
                created=found.get("SnapshotCreateTime"),
            )
            for found in self._rds.items(
                "describe_db_cluster_snapshots",
                "DBClusterSnapshots",
                DBClusterIdentifier=cluster,
                SnapshotType="manual",
            )
        )

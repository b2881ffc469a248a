"""The billed uses of data stores: the database, the file system, buckets, backups."""

import re

from camformation.cost.stacks import Resource, target
from camformation.cost.use import HOURS, All, Assumed, Use, Uses
from camformation.shapes import mapping, mappings, number

BUCKETS = {
    "BackupBucket": "backup_gb",
    "DocumentsBucket": "documents_gb",
    "AccessLogsBucket": "access_logs_gb",
}
NODE_IDS = "NodeIdBucket"
INSTANCE = "AWS::RDS::DBInstance"


def _optimized(cluster: Resource | None) -> str:
    optimized = cluster is not None and cluster.properties.get("StorageType") == "aurora-iopt1"
    return "_io" if optimized else ""


def instance(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An Aurora instance, and the advanced mode of Database Insights."""
    cluster = target(of, "DBClusterIdentifier", every)
    kind = str(of.properties.get("DBInstanceClass"))
    advanced = cluster is not None and cluster.properties.get("DatabaseInsightsMode") == "advanced"
    if kind != "db.serverless":
        yield Use(f"aurora.instance{_optimized(cluster)}.{kind}", HOURS)
        if advanced:
            yield Use("aurora.insights", _cpus(kind) * HOURS, f"{_cpus(kind)} vCPU")
        return
    limits = mapping(cluster and cluster.properties.get("ServerlessV2ScalingConfiguration"))
    least, most = number(limits.get("MinCapacity")), number(limits.get("MaxCapacity"))
    average = min(max(assumed("acu") or least, least), most)
    note = f"{average:g} of {least:g} to {most:g} ACU"
    yield Use(f"aurora.acu{_optimized(cluster)}", average * HOURS, note)
    if advanced:
        yield Use("aurora.insights_acu", average * HOURS, note)


def _cpus(kind: str) -> int:
    """Return the vCPUs of a class by its size (Aurora User Guide, hardware specifications)."""
    size = re.search(r"\.(\d*)(x?)large$", kind)
    return 4 * int(size[1] or 1) if size and size[2] else 2


def database(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An Aurora cluster: storage, requests, backups, the administrator's secret, monitoring."""
    yield Use(f"aurora.storage{_optimized(of)}", assumed("database_gb"))
    if not _optimized(of):
        yield Use("aurora.io", assumed("database_io"))
    if number(of.properties.get("BackupRetentionPeriod"), 1.0) > 1:
        yield Use("aurora.backup", assumed("database_backup_gb"))
    if str(of.properties.get("ManageMasterUserPassword")).lower() == "true":
        yield Use("secret", 1, "the administrator's, managed by RDS")
    instances = sum(
        each.type == INSTANCE and target(each, "DBClusterIdentifier", every) is of for each in every
    )
    if (seconds := number(of.properties.get("MonitoringInterval"))) > 0:
        monitored = instances * assumed("monitoring_gb") * 60 / seconds
        yield Use("logs.ingested", monitored, "Enhanced Monitoring")


def file_system(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An EFS file system: storage, throughput, automatic backups."""
    yield Use("efs.storage", assumed("file_system_gb"))
    mode = of.properties.get("ThroughputMode")
    if mode == "elastic":
        yield Use("efs.read", assumed("file_system_read_gb"))
        yield Use("efs.write", assumed("file_system_write_gb"))
    elif mode == "provisioned":
        yield Use("efs.throughput", number(of.properties.get("ProvisionedThroughputInMibps")))
    if mapping(of.properties.get("BackupPolicy")).get("Status") == "ENABLED":
        yield Use("backup.efs", assumed("file_system_gb"), "automatic backups")


def bucket(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A bucket: storage, or the writes with which brokers renew their node ids."""
    if of.logical_id != NODE_IDS:
        yield Use("s3.storage", assumed(BUCKETS.get(of.logical_id, "bucket_gb")))
        return
    brokers = sum(
        number(each.properties.get("DesiredCount"), 1.0)
        for each in every
        if each.type == "AWS::ECS::Service" and each.logical_id.startswith("Orchestration")
    )
    yield Use("s3.put", brokers * HOURS * 3600 / assumed("lease_seconds") / 1000)


RECOVERY_POINTS = {
    "backups": ("backup.s3", "backup_gb"),
    "database": ("aurora.backup", "database_gb"),
    "documents": ("backup.s3", "documents_gb"),
    "file_system": ("backup.efs", "file_system_gb"),
}
"""Prices of recovery points, and the size of the backed-up resource, by the name of the selection.
"""


def recovery_points(of: Resource, every: All, assumed: Assumed) -> Uses:
    """Recovery points of a resource: its full size, plus the changes."""
    name = mapping(of.properties.get("BackupSelection")).get("SelectionName")
    if found := RECOVERY_POINTS.get(str(name)):
        size, copies = assumed(found[1]), _copies(every)
        yield Use(found[0], size)
        yield Use(found[0], copies * size, f"copies, {copies} of each, at the price of this region")


def _copies(every: All) -> int:
    plans = [each for each in every if each.type == "AWS::Backup::BackupPlan"]
    rules = [
        rule
        for each in plans
        for rule in mappings(mapping(each.properties.get("BackupPlan")).get("BackupPlanRule"))
    ]
    return sum(len(mappings(rule.get("CopyActions"))) for rule in rules)

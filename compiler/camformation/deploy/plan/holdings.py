"""The data that each type of resource holds, described for operators of Camunda."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from camformation.deploy.plan.model import Action, ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, Symbol, shown, symbols
from camformation.deploy.plan.template_diff import DELETE, RETAIN, SNAPSHOT, properties_of


@dataclass(frozen=True)
class Holding:
    """A resource's data. `itself` is false if the data survives elsewhere."""

    what: str
    loss: str
    itself: bool = True


_OF_PATCHES = {
    "AWS::APS::Workspace": Holding("the Prometheus workspace", "every metric in it"),
    "AWS::AmazonMQ::Broker": Holding("the message broker", "every message in it"),
    "AWS::Cognito::UserPool": Holding("the user pool", "every user in it"),
    "AWS::DocDB::DBCluster": Holding("the database cluster", "everything in it"),
    "AWS::DynamoDB::GlobalTable": Holding("the table", "every item in it"),
    "AWS::DynamoDB::Table": Holding("the table", "every item in it"),
    "AWS::EC2::Volume": Holding("the volume", "everything on it"),
    "AWS::ECR::Repository": Holding("the repository", "every image in it"),
    "AWS::ElastiCache::CacheCluster": Holding("the cache", "everything in it"),
    "AWS::ElastiCache::ReplicationGroup": Holding("the cache", "everything in it"),
    "AWS::FSx::FileSystem": Holding("the file system", "every file in it"),
    "AWS::Kinesis::Stream": Holding("the stream", "every record in it"),
    "AWS::MSK::Cluster": Holding("the Kafka cluster", "every topic in it"),
    "AWS::Neptune::DBCluster": Holding("the database cluster", "everything in it"),
    "AWS::OpenSearchService::Domain": Holding("the OpenSearch domain", "every index in it"),
    "AWS::Redshift::Cluster": Holding("the database cluster", "everything in it"),
    "AWS::Route53::HostedZone": Holding(
        "the hosted zone", "every record in it; another one has other name servers"
    ),
    "AWS::SQS::Queue": Holding("the queue", "every message in it"),
}
"""Types that only patches add to a template."""

HOLDINGS: Mapping[str, Holding] = {
    **_OF_PATCHES,
    "AWS::EFS::FileSystem": Holding(
        "the EFS file system",
        "the brokers' data of every partition: running process instances, jobs, timers, messages",
    ),
    "AWS::EFS::AccessPoint": Holding(
        "the EFS access point",
        "the brokers' access to their data; with another directory or user they see an empty disk",
    ),
    "AWS::RDS::DBCluster": Holding(
        "the Aurora cluster",
        "Camunda's secondary storage: process history, tasks, users and authorizations",
    ),
    "AWS::RDS::DBInstance": Holding("the database instance", "everything in the database"),
    "AWS::KMS::Key": Holding(
        "the KMS key",
        "everything encrypted with it, kept snapshots and backups included, becomes unreadable",
    ),
    "AWS::Backup::BackupVault": Holding(
        "the backup vault",
        "every recovery point in it, of the database, the buckets and the file system",
    ),
    "AWS::SecretsManager::Secret": Holding(
        "the secret", "the password in it, at once and without a recovery window"
    ),
}

PROTECTED = {*HOLDINGS, "AWS::S3::Bucket"} - {"AWS::RDS::DBInstance"}
"""Types that hold data. An Aurora instance does not: instances can be replaced and removed."""

LOGS = Holding("the access logs bucket", "every access log and flow log")
BUCKETS = (
    (
        "nodeid",
        Holding(
            "the node-id bucket",
            "the leases through which brokers find their data: the file system is useless without "
            "them",
        ),
    ),
    ("backup", Holding("the backup bucket", "every backup of Zeebe")),
    ("document", Holding("the documents bucket", "every document uploaded to Camunda")),
    ("accesslogs", LOGS),
    ("", Holding("the S3 bucket", "every object in it")),
)
"""Purpose of a bucket, by a part of its logical ID."""

GONE = (Action.DELETE, Action.REPLACE)
KEY, TOPIC = "AWS::KMS::Key", "AWS::SNS::Topic"
"""A topic stores nothing that needs its key: it only passes messages on."""
SECRET = "AWS::SecretsManager::Secret"
KEPT = {
    DELETE: "nothing is kept",
    RETAIN: "the old one is kept in the account, outside the deployment",
    SNAPSHOT: "only a final snapshot is kept",
}
"""The rest of a resource that goes, by its policy."""

LAST_INSTANCE = Holding(
    "the only instance of the Aurora cluster",
    "the data stays in the cluster, but cannot be reached until the cluster has an instance again",
    itself=False,
)


EVERY_INSTANCE = Holding(
    "an instance of the Aurora cluster, which will have none left", LAST_INSTANCE.loss, itself=False
)


def holding(situation: Situation, change: ResourceChange) -> Holding | None:
    """Return the data of a changed resource, or None if no data depends on it."""
    if change.action in (Action.ADD, Action.IMPORT):
        return None
    if change.type == "AWS::S3::Bucket":
        name = change.logical_id.lower()
        return next(held for part, held in BUCKETS if part in name)
    if change.type == "AWS::RDS::DBInstance":
        return _instance(situation, change)
    if change.type == KEY and _users(situation, change.address) == {TOPIC}:
        return None
    return HOLDINGS.get(change.type)


def _users(situation: Situation, key: Address) -> set[str]:
    """Return the types of resources that encrypt with a key, without those that only may use it."""
    return {
        resource["Type"]
        for resource in situation.before.values()
        if not resource["Type"].startswith(("AWS::IAM::", "AWS::KMS::"))
        and any(symbol.resource == key for symbol in symbols(resource.get("Properties", {})))
    }


def _instance(situation: Situation, change: ResourceChange) -> Holding | None:
    before = situation.before.get(change.address, {})
    cluster = before.get("Properties", {}).get("DBClusterIdentifier")
    if cluster is None:
        return HOLDINGS[change.type]

    def others(resources: Iterable[tuple[Address, Mapping[str, Any]]]) -> bool:
        return any(
            address != change.address
            and resource["Type"] == change.type
            and resource.get("Properties", {}).get("DBClusterIdentifier") == cluster
            for address, resource in resources
        )

    its = situation.change(cluster.resource) if isinstance(cluster, Symbol) else None
    if others(situation.remaining(change.type)) or (its and its.action in GONE):
        return None  # the cluster itself is reported
    if change.action is Action.REPLACE:
        # the new one joins the cluster before the old one is deleted (`interruption_gate`)
        return None
    return EVERY_INSTANCE if others(situation.before.items()) else LAST_INSTANCE


def loss(change: ResourceChange, held: Holding) -> str:
    """Return what is lost with a resource."""
    return "the password in it" if change.type == SECRET else held.loss


def kept(situation: Situation, change: ResourceChange) -> str:
    """Return what remains of a resource: its protection takes precedence over its policy, and KMS
    and Secrets Manager have their own ways (AWS KMS Developer Guide, Deleting keys; CloudFormation
    deletes secrets without a recovery window)."""
    properties = properties_of(situation.before, change.address)
    if change.type == KEY and (change.old_resource or DELETE) == DELETE:
        days = shown(properties.get("PendingWindowInDays", 30))
        return (
            f"KMS deletes it {days} days later, until when its deletion can be cancelled (aws kms "
            "cancel-key-deletion)"
        )
    if change.type == SECRET and (change.old_resource or DELETE) == DELETE:
        return "nothing is kept, not even for a recovery window"
    if change.old_resource != RETAIN and properties.get("DeletionProtection") is True:
        return (
            "AWS does not delete the old one, whose deletion protection is on: it remains in the "
            "account"
        )
    return KEPT.get(change.old_resource or DELETE, KEPT[DELETE])

"""The billed uses of resources, by type. A property that only AWS knows counts as its default."""

from collections.abc import Callable, Iterator, Mapping

from camformation.audit.values import listed
from camformation.cost.stacks import Resource, mapping, mappings, number, target
from camformation.frozen import frozen

HOURS = 730
"""Hours of a month, as AWS's pricing calculator counts them."""
FREE_STORAGE = 20
"""GB of ephemeral storage that each task has (AWS Fargate pricing)."""
LONGEST = 365  # days of logs that an estimate counts as stored
All = tuple[Resource, ...]
Assumed = Callable[[str], float]
"""Value of an assumption; what asks has used it."""


@frozen
class Use:
    """A quantity of something that has a price."""

    key: str
    quantity: float
    note: str = ""


Uses = Iterator[Use]
BUCKETS = {
    "BackupBucket": "backup_gb",
    "DocumentsBucket": "documents_gb",
    "AccessLogsBucket": "access_logs_gb",
}
NODE_IDS = "NodeIdBucket"
SEED = "SeedLogGroup"


def service(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An ECS service: the size of its tasks, and their metrics."""
    task = target(of, "TaskDefinition", every)
    count = number(of.properties.get("DesiredCount"), 1.0)
    if task:
        yield from _tasks(of, task, count)
    network = mapping(mapping(of.properties.get("NetworkConfiguration")).get("AwsvpcConfiguration"))
    if network.get("AssignPublicIp") == "ENABLED":
        yield Use("ipv4.hour", count * HOURS)
    insights = {
        setting.get("Value")
        for each in every
        if each.type == "AWS::ECS::Cluster"
        for setting in mappings(each.properties.get("ClusterSettings"))
        if setting.get("Name") == "containerInsights"
    }
    if "enhanced" in insights:
        yield Use("metric.enhanced", count * assumed("insights_enhanced_metrics"))
    elif "enabled" in insights:
        yield Use("metric", assumed("insights_metrics"))


def _tasks(of: Resource, task: Resource, count: float) -> Uses:
    arm = mapping(task.properties.get("RuntimePlatform")).get("CpuArchitecture") == "ARM64"
    providers = mappings(of.properties.get("CapacityProviderStrategy"))
    spot = any(each.get("CapacityProvider") == "FARGATE_SPOT" for each in providers)
    note = f"{count:g} tasks" if count != 1 else "1 task"
    if spot:
        note += ", those on Spot at the price of others, their limit"
    kind = "arm" if arm else "x86"
    cpu, memory = (number(task.properties.get(each)) / 1024 for each in ("Cpu", "Memory"))
    yield Use(f"fargate.vcpu_{kind}", count * cpu * HOURS, note)
    yield Use(f"fargate.gb_{kind}", count * memory * HOURS, note)
    own = mapping(task.properties.get("EphemeralStorage")).get("SizeInGiB")
    if (more := number(own, FREE_STORAGE) - FREE_STORAGE) > 0:
        yield Use("fargate.storage", count * more * HOURS, note)


def _optimized(cluster: Resource | None) -> str:
    optimized = cluster is not None and cluster.properties.get("StorageType") == "aurora-iopt1"
    return "_io" if optimized else ""


def instance(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An Aurora instance."""
    cluster = target(of, "DBClusterIdentifier", every)
    kind = str(of.properties.get("DBInstanceClass"))
    if kind != "db.serverless":
        yield Use(f"aurora.instance{_optimized(cluster)}.{kind}", HOURS)
        return
    limits = mapping(cluster and cluster.properties.get("ServerlessV2ScalingConfiguration"))
    least, most = number(limits.get("MinCapacity")), number(limits.get("MaxCapacity"))
    average = min(max(assumed("acu") or least, least), most)
    note = f"{average:g} of {least:g} to {most:g} ACU"
    yield Use(f"aurora.acu{_optimized(cluster)}", average * HOURS, note)


def database(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An Aurora cluster: storage, requests, backups, the administrator's secret."""
    yield Use(f"aurora.storage{_optimized(of)}", assumed("database_gb"))
    if not _optimized(of):
        yield Use("aurora.io", assumed("database_io"))
    if number(of.properties.get("BackupRetentionPeriod"), 1.0) > 1:
        yield Use("aurora.backup", assumed("database_backup_gb"))
    if str(of.properties.get("ManageMasterUserPassword")).lower() == "true":
        yield Use("secret", 1, "the administrator's, managed by RDS")
    if of.properties.get("DatabaseInsightsMode") == "advanced":
        yield Use("aurora.insights", HOURS, "at least 1 vCPU")


def _share(of: Resource, every: All) -> float:
    return 1 / sum(each.type == of.type for each in every)


def nat(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A NAT gateway; all share the traffic."""
    yield Use("nat.hour", HOURS)
    yield Use("nat.gb", assumed("nat_gb") * _share(of, every))


def address(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A public IPv4 address."""
    yield Use("ipv4.hour", HOURS)


def endpoint(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An interface endpoint in each of its zones; gateway endpoints are free."""
    if of.properties.get("VpcEndpointType") != "Interface":
        return
    zones = len(listed(of.properties.get("SubnetIds"))) or 1
    yield Use("endpoint.hour", zones * HOURS, f"{zones} zones")
    others = [e for e in every if e.type == of.type]
    count = sum(e.properties.get("VpcEndpointType") == "Interface" for e in others)
    yield Use("endpoint.gb", assumed("endpoint_gb") / count)


def balancer(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A load balancer, and the addresses that AWS gives an internet-facing one."""
    kind = "nlb" if of.properties.get("Type") == "network" else "alb"
    yield Use(f"{kind}.hour", HOURS)
    yield Use(f"{kind}.lcu", assumed("lcu") * HOURS)
    if of.properties.get("Scheme", "internet-facing") == "internet-facing":
        zones = len(listed(of.properties.get("Subnets")))
        own = mappings(of.properties.get("SubnetMappings"))
        zones += sum("AllocationId" not in each for each in own)
        yield Use("ipv4.hour", zones * HOURS, f"{zones} zones")


def file_system(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An EFS file system: storage and throughput."""
    yield Use("efs.storage", assumed("file_system_gb"))
    mode = of.properties.get("ThroughputMode")
    if mode == "elastic":
        yield Use("efs.read", assumed("file_system_read_gb"))
        yield Use("efs.write", assumed("file_system_write_gb"))
    elif mode == "provisioned":
        yield Use("efs.throughput", number(of.properties.get("ProvisionedThroughputInMibps")))


def bucket(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A bucket: storage, or the writes by which brokers keep their node ids."""
    if of.logical_id != NODE_IDS:
        yield Use("s3.storage", assumed(BUCKETS.get(of.logical_id, "bucket_gb")))
        return
    brokers = sum(
        number(each.properties.get("DesiredCount"), 1.0)
        for each in every
        if each.type == "AWS::ECS::Service" and each.logical_id.startswith("Orchestration")
    )
    yield Use("s3.put", brokers * HOURS * 3600 / assumed("lease_seconds") / 1000)


def logs(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A log group; all share what is written, but for that of the seed, which runs once."""
    if of.logical_id == SEED:
        return
    writing = sum(e.type == of.type and e.logical_id != SEED for e in every)
    ingested = assumed("logs_gb") / writing
    days = min(number(of.properties.get("RetentionInDays"), LONGEST), LONGEST)
    yield Use("logs.ingested", ingested)
    yield Use("logs.stored", ingested * days / 30 * assumed("logs_compression"), f"{days:g} days")


def flow_log(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A flow log."""
    to_s3 = of.properties.get("LogDestinationType") == "s3"
    yield Use("logs.to_s3" if to_s3 else "logs.ingested", assumed("flow_logs_gb"))


def alarm(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An alarm, by the metrics that it reads."""
    queries = mappings(of.properties.get("Metrics"))
    yield Use("alarm", max(1, sum("MetricStat" in each for each in queries)))


def web_acl(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A web ACL, its rules and its requests."""
    yield Use("waf.acl", 1)
    yield Use("waf.rule", len(listed(of.properties.get("Rules"))))
    yield Use("waf.requests", assumed("waf_requests"))


def authority(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A private certificate authority."""
    short = of.properties.get("UsageMode") == "SHORT_LIVED_CERTIFICATE"
    yield Use("private_ca.short_lived" if short else "private_ca", 1)


RECOVERY_POINTS = {
    "backups": ("backup.s3", "backup_gb"),
    "database": ("aurora.backup", "database_gb"),
    "documents": ("backup.s3", "documents_gb"),
    "file_system": ("backup.efs", "file_system_gb"),
}
"""Prices of recovery points and the size of what they are of, by the name of the selection."""


def recovery_points(of: Resource, every: All, assumed: Assumed) -> Uses:
    """Recovery points of a resource, as large as it is: what changes comes on top."""
    name = mapping(of.properties.get("BackupSelection")).get("SelectionName")
    if found := RECOVERY_POINTS.get(str(name)):
        yield Use(found[0], assumed(found[1]))


def _each(key: str) -> Callable[[Resource, All, Assumed], Uses]:
    return lambda of, every, assumed: iter([Use(key, 1)])


USES: Mapping[str, Callable[[Resource, All, Assumed], Uses]] = {
    "AWS::ACMPCA::CertificateAuthority": authority,
    "AWS::Backup::BackupSelection": recovery_points,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::CloudWatch::CompositeAlarm": _each("alarm.composite"),
    "AWS::CloudWatch::Dashboard": _each("dashboard"),
    "AWS::EC2::EIP": address,
    "AWS::EC2::FlowLog": flow_log,
    "AWS::EC2::NatGateway": nat,
    "AWS::EC2::VPCEndpoint": endpoint,
    "AWS::ECS::Service": service,
    "AWS::EFS::FileSystem": file_system,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": balancer,
    "AWS::KMS::Key": _each("kms.key"),
    "AWS::Logs::LogGroup": logs,
    "AWS::Logs::MetricFilter": _each("metric"),
    "AWS::RDS::DBCluster": database,
    "AWS::RDS::DBInstance": instance,
    "AWS::Route53::HostedZone": _each("route53.zone"),
    "AWS::S3::Bucket": bucket,
    "AWS::SecretsManager::Secret": _each("secret"),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": _each("route53.zone"),
    "AWS::WAFv2::WebACL": web_acl,
}
"""The types that cost something."""

FREE = (
    *("AWS::ApplicationAutoScaling::", "AWS::CertificateManager::Certificate", "AWS::EC2::"),
    *("AWS::ECS::", "AWS::EFS::", "AWS::ElasticLoadBalancingV2::", "AWS::Events::Rule"),
    *("AWS::IAM::", "AWS::Lambda::", "AWS::Logs::", "AWS::RDS::", "AWS::Route53::RecordSet"),
    *("AWS::S3::BucketPolicy", "AWS::SecretsManager::", "AWS::ServiceDiscovery::", "AWS::SNS::"),
    *("AWS::WAFv2::", "Custom::", "AWS::KMS::Alias", "AWS::Backup::", "AWS::CloudFormation::"),
    "AWS::APS::",  # what its rules read is billed with the workspace
)
"""How types begin that cost next to nothing of themselves; the seed's function runs once."""

"""The types of resources that cost something, with their billed uses.

A property that only AWS knows counts as its default.
"""

from collections.abc import Callable, Mapping

from camformation.cost.data_uses import bucket, database, file_system, instance, recovery_points
from camformation.cost.log_uses import alarm, flow_log, logs, scaling
from camformation.cost.network_uses import address, balancer, endpoint, nat, web_acl
from camformation.cost.stacks import Resource
from camformation.cost.task_uses import AUTHORITY, authority, service
from camformation.cost.use import All, Assumed, Use, Uses

Counted = Callable[[Resource, All, Assumed], Uses]


def _each(key: str) -> Counted:
    return lambda of, every, assumed: iter([Use(key, 1)])


def _key(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A KMS key. Each of its first two rotations adds the same price (AWS KMS pricing)."""
    rotates = str(of.properties.get("EnableKeyRotation")).lower() == "true"
    yield Use("kms.key", 1, "before rotations: the first two add as much each" if rotates else "")


USES: Mapping[str, Counted] = {
    AUTHORITY: authority,
    "AWS::ApplicationAutoScaling::ScalingPolicy": scaling,
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
    "AWS::KMS::Key": _key,
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

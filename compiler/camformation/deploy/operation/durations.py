"""The usual time to create a resource of each type, and the source of each figure.

AWS publishes no such numbers. These come from published creation logs, from documented timeouts, or
otherwise from experience: `source` says which.
"""

from collections.abc import Mapping

from camformation.frozen import frozen


@frozen
class Usual:
    """The usual seconds of a creation: few are faster than `low`, few slower than `high`.

    CloudFormation's own polling is included.
    """

    low: int
    high: int
    source: str

    @property
    def typical(self) -> float:
        """The middle, in seconds: what a schedule assumes."""
        return (self.low + self.high) / 2


ESTIMATE = "estimate: no published measurement"
TERRAFORM_LOGS = "creation times in published Terraform logs"
CDK_LOGS = "creation times in published CDK and CloudFormation logs"
ECS_CLI_LOG = "stack events in aws/amazon-ecs-cli#602"

DURATIONS: Mapping[str, Usual] = {
    "AWS::Backup::BackupPlan": Usual(2, 15, ESTIMATE),
    "AWS::Backup::BackupSelection": Usual(2, 15, ESTIMATE),
    "AWS::Backup::BackupVault": Usual(5, 20, ESTIMATE),
    "AWS::CertificateManager::Certificate": Usual(
        60, 300, "estimate for DNS validation, which AWS does not bound"
    ),
    "AWS::EC2::EIP": Usual(5, 20, TERRAFORM_LOGS),
    "AWS::EC2::InternetGateway": Usual(5, 20, TERRAFORM_LOGS),
    "AWS::CloudWatch::Alarm": Usual(1, 5, ESTIMATE),
    "AWS::CloudWatch::Dashboard": Usual(1, 5, ESTIMATE),
    "AWS::Logs::MetricFilter": Usual(1, 5, ESTIMATE),
    "AWS::EC2::FlowLog": Usual(5, 20, ESTIMATE),
    "AWS::EC2::NatGateway": Usual(85, 125, f"{TERRAFORM_LOGS} (8 runs)"),
    "AWS::EC2::Route": Usual(5, 15, TERRAFORM_LOGS),
    "AWS::EC2::RouteTable": Usual(5, 15, TERRAFORM_LOGS),
    "AWS::EC2::SecurityGroup": Usual(5, 20, TERRAFORM_LOGS),
    "AWS::EC2::SecurityGroupEgress": Usual(5, 10, TERRAFORM_LOGS),
    "AWS::EC2::SecurityGroupIngress": Usual(5, 10, TERRAFORM_LOGS),
    "AWS::EC2::Subnet": Usual(5, 15, TERRAFORM_LOGS),
    "AWS::EC2::SubnetRouteTableAssociation": Usual(5, 15, TERRAFORM_LOGS),
    "AWS::EC2::VPC": Usual(11, 25, TERRAFORM_LOGS),
    "AWS::EC2::VPCEndpoint": Usual(60, 120, "estimate for interface endpoints"),
    "AWS::EC2::VPCGatewayAttachment": Usual(5, 20, TERRAFORM_LOGS),
    "AWS::ECS::Cluster": Usual(2, 20, CDK_LOGS),
    "AWS::ECS::Service": Usual(
        60, 300, "published CDK logs for trivial services; more where containers start slowly"
    ),
    "AWS::ECS::TaskDefinition": Usual(1, 5, CDK_LOGS),
    "AWS::EFS::AccessPoint": Usual(5, 15, ESTIMATE),
    "AWS::EFS::FileSystem": Usual(5, 10, CDK_LOGS),
    "AWS::EFS::MountTarget": Usual(78, 94, CDK_LOGS),
    "AWS::ElasticLoadBalancingV2::Listener": Usual(2, 10, TERRAFORM_LOGS),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Usual(2, 10, TERRAFORM_LOGS),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Usual(135, 187, f"{TERRAFORM_LOGS} (9 runs)"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Usual(2, 15, TERRAFORM_LOGS),
    "AWS::Events::Rule": Usual(30, 65, ESTIMATE),
    "AWS::IAM::Role": Usual(15, 20, CDK_LOGS),
    "AWS::KMS::Alias": Usual(5, 20, ESTIMATE),
    "AWS::KMS::Key": Usual(10, 30, TERRAFORM_LOGS),
    "AWS::Lambda::Function": Usual(5, 20, ESTIMATE),
    "AWS::Logs::LogGroup": Usual(2, 10, ESTIMATE),
    "AWS::RDS::DBCluster": Usual(45, 120, TERRAFORM_LOGS),
    "AWS::RDS::DBClusterParameterGroup": Usual(10, 300, "stack events in generator-jhipster#7035"),
    "AWS::RDS::DBInstance": Usual(360, 540, f"{TERRAFORM_LOGS}, terraform-provider-aws#14862"),
    "AWS::RDS::DBSubnetGroup": Usual(5, 15, TERRAFORM_LOGS),
    "AWS::Route53::RecordSet": Usual(30, 60, ESTIMATE),
    "AWS::S3::Bucket": Usual(5, 25, ESTIMATE),
    "AWS::S3::BucketPolicy": Usual(2, 10, ESTIMATE),
    "AWS::SecretsManager::Secret": Usual(2, 15, ESTIMATE),
    "AWS::SNS::Topic": Usual(2, 15, ESTIMATE),
    "AWS::SNS::TopicPolicy": Usual(1, 5, ESTIMATE),
    "AWS::ServiceDiscovery::HttpNamespace": Usual(5, 60, ECS_CLI_LOG),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": Usual(30, 65, ECS_CLI_LOG),
    "AWS::ServiceDiscovery::Service": Usual(2, 30, ECS_CLI_LOG),
    "AWS::WAFv2::LoggingConfiguration": Usual(2, 20, ESTIMATE),
    "AWS::WAFv2::WebACL": Usual(5, 30, ESTIMATE),
    "AWS::WAFv2::WebACLAssociation": Usual(5, 60, ESTIMATE),
    "Custom::DatabaseSeed": Usual(60, 150, "estimate: a Fargate task that pulls psql and ends"),
}
"""By resource type."""

SERVICES: Mapping[str, Usual] = {
    "OrchestrationService": Usual(
        180, 600, "estimate within Camunda's start period of 300 s and its timeout of 15 min"
    ),
    "ConnectorsService": Usual(120, 240, "estimate: one task, started after the brokers"),
}
"""By the logical ID of an ECS service, because its application decides the duration."""

GATEWAY_ENDPOINT = Usual(5, 20, TERRAFORM_LOGS)
UNKNOWN = Usual(5, 30, "unknown resource type")
STACK = Usual(10, 20, "estimate: what a nested stack adds to the resources in it")


def usual(resource_type: str, logical_id: str = "") -> Usual:
    """Return the usual creation time of a resource with that type and logical ID.

    For a nested stack, it is the time in addition to its resources.
    """
    if resource_type == "AWS::CloudFormation::Stack":
        return STACK
    if resource_type == "AWS::ECS::Service" and logical_id in SERVICES:
        return SERVICES[logical_id]
    return DURATIONS.get(resource_type, UNKNOWN)

"""The types of resources that are free by themselves, each with the reason."""

from collections.abc import Mapping

_TASKS = "tasks are counted with their service; those of the ops task and the seed run for minutes"
_RULES = "part of what it belongs to, which is counted"
_NETWORK = "free (Amazon VPC pricing); what goes through it is data transfer"
FREE: Mapping[str, str] = {
    "AWS::APS::RuleGroupsNamespace": "what its rules read is billed with the workspace",
    "AWS::ApplicationAutoScaling::ScalableTarget": "free; its policies' alarms are counted",
    "AWS::Backup::BackupPlan": "recovery points are counted with their selections",
    "AWS::Backup::BackupVault": "recovery points are counted with their selections",
    "AWS::CertificateManager::Certificate": "free for load balancers (AWS Certificate Manager)",
    "AWS::EC2::EgressOnlyInternetGateway": _NETWORK,
    "AWS::EC2::InternetGateway": _NETWORK,
    "AWS::EC2::NetworkAcl": _NETWORK,
    "AWS::EC2::NetworkAclEntry": _NETWORK,
    "AWS::EC2::PrefixList": _NETWORK,
    "AWS::EC2::Route": _NETWORK,
    "AWS::EC2::RouteTable": _NETWORK,
    "AWS::EC2::SecurityGroup": _NETWORK,
    "AWS::EC2::SecurityGroupEgress": _NETWORK,
    "AWS::EC2::SecurityGroupIngress": _NETWORK,
    "AWS::EC2::Subnet": _NETWORK,
    "AWS::EC2::SubnetCidrBlock": _NETWORK,
    "AWS::EC2::SubnetNetworkAclAssociation": _NETWORK,
    "AWS::EC2::SubnetRouteTableAssociation": _NETWORK,
    "AWS::EC2::VPC": _NETWORK,
    "AWS::EC2::VPCCidrBlock": _NETWORK,
    "AWS::EC2::VPCGatewayAttachment": _NETWORK,
    "AWS::ECS::Cluster": "free; its Container Insights are counted with the services",
    "AWS::ECS::ClusterCapacityProviderAssociations": "free; tasks are counted",
    "AWS::ECS::TaskDefinition": _TASKS,
    "AWS::EFS::AccessPoint": _RULES,
    "AWS::EFS::MountTarget": _RULES,
    "AWS::ElasticLoadBalancingV2::Listener": _RULES,
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": _RULES,
    "AWS::ElasticLoadBalancingV2::ListenerRule": _RULES,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _RULES,
    "AWS::Events::Rule": "events of AWS services are free (Amazon EventBridge pricing)",
    "AWS::KMS::Alias": _RULES,
    "AWS::Lambda::Function": "billed by use; the seed's runs once",
    "AWS::Lambda::Permission": _RULES,
    "AWS::Logs::ResourcePolicy": "free",
    "AWS::RDS::DBClusterParameterGroup": _RULES,
    "AWS::RDS::DBParameterGroup": _RULES,
    "AWS::RDS::DBSubnetGroup": _RULES,
    "AWS::Route53::RecordSet": "free; queries are not counted, and free for aliases of AWS",
    "AWS::S3::BucketPolicy": _RULES,
    "AWS::SNS::Subscription": "messages are few",
    "AWS::SNS::Topic": "messages are few",
    "AWS::SNS::TopicPolicy": _RULES,
    "AWS::SecretsManager::ResourcePolicy": _RULES,
    "AWS::ServiceDiscovery::HttpNamespace": "free for Service Connect (Amazon ECS)",
    "AWS::ServiceDiscovery::Service": "instances that ECS registers are free (AWS Cloud Map)",
    "AWS::WAFv2::IPSet": _RULES,
    "AWS::WAFv2::LoggingConfiguration": "its log group is counted",
    "AWS::WAFv2::WebACLAssociation": _RULES,
}
FREE_SERVICES = {
    "AWS::CloudFormation::": "free for resources of AWS (AWS CloudFormation pricing)",
    "AWS::IAM::": "free (AWS IAM)",
    "Custom::": "runs when the stack changes",
}
"""Prefixes of types that are all free."""


def free(kind: str) -> bool:
    """Whether a type of resources is free by itself."""
    return kind in FREE or kind.startswith(tuple(FREE_SERVICES))

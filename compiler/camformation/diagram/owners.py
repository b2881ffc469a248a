"""The box that each resource of a template belongs to, found by references."""

from collections.abc import Mapping

from camformation.audit.values import Template
from camformation.diagram.values import references

BY_WHAT_IT_REFERS_TO = (
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::Route53::RecordSet",
    "AWS::RDS::DBInstance",
    "AWS::EFS::MountTarget",
    "AWS::EFS::AccessPoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::S3::BucketPolicy",
    "AWS::Backup::BackupPlan",
    "AWS::Backup::BackupSelection",
    "AWS::SNS::TopicPolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::KMS::Alias",
)
BY_WHAT_REFERS_TO_IT = (
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::CertificateManager::Certificate",
    "AWS::WAFv2::WebACL",
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::ECS::TaskDefinition",
    "AWS::IAM::Role",
    "AWS::EC2::EIP",
    "AWS::EC2::SecurityGroup",
    "AWS::Lambda::Function",
    "AWS::ServiceDiscovery::Service",
)
WATCHES = "AWS::CloudWatch::Alarm"  # what it refers to is not its own


def owners(template: Template, known: Mapping[str, str]) -> dict[str, str]:
    """Return the box of every resource that belongs to one. `known`: those that boxes name."""
    found = dict(known)
    resources = template["Resources"]
    refers = {
        name: [r for r in dict.fromkeys(references(each.get("Properties"))) if r in resources]
        for name, each in resources.items()
    }
    while True:
        before = len(found)
        for name, each in resources.items():
            if each["Type"] == WATCHES:
                continue
            if name in found:
                for other in refers[name]:
                    if resources[other]["Type"] in BY_WHAT_REFERS_TO_IT:
                        found.setdefault(other, found[name])
            elif each["Type"] in BY_WHAT_IT_REFERS_TO:
                for other in refers[name]:
                    if other in found:
                        found.setdefault(name, found[other])
        if len(found) == before:
            return found

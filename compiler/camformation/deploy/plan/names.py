"""Names of resources in templates: two resources of a type cannot have the same one."""

from collections.abc import Callable, Mapping
from typing import Any

from camformation.deploy.plan.provider_schemas import ResourceSchema, schema_of
from camformation.deploy.plan.symbols import shown, symbols
from camformation.shapes import is_function

NAMES: Mapping[str, tuple[str, ...]] = {
    "AWS::AmazonMQ::Broker": ("BrokerName",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateName",),
    "AWS::EC2::SecurityGroup": ("GroupName", "VpcId"),
    "AWS::ECS::Service": ("ServiceName", "Cluster"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name",),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name",),
    "AWS::ElasticLoadBalancingV2::TrustStore": ("Name",),
    "AWS::Events::Rule": ("Name",),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    "AWS::MSK::Cluster": ("ClusterName",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SQS::Queue": ("QueueName",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::ServiceDiscovery::HttpNamespace": ("Name",),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": ("Name", "Vpc"),
    "AWS::ServiceDiscovery::Service": ("Name", "NamespaceId"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
    "AWS::WAFv2::IPSet": ("Name", "Scope"),
    "AWS::WAFv2::RegexPatternSet": ("Name", "Scope"),
    "AWS::WAFv2::RuleGroup": ("Name", "Scope"),
    "AWS::WAFv2::WebACL": ("Name", "Scope"),
}
"""The place of the name for types whose identifier is AWS's own (AWS docs, Name type). For all
others, the identifier is the name."""

_RULE = ("GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6")
SAME: Mapping[str, tuple[str, ...]] = {
    "AWS::EC2::SecurityGroupEgress": (
        *_RULE,
        "DestinationPrefixListId",
        "DestinationSecurityGroupId",
    ),
    "AWS::EC2::SecurityGroupIngress": (*_RULE, "SourcePrefixListId", "SourceSecurityGroupId"),
    "AWS::EC2::NatGateway": ("AllocationId",),
    "AWS::EC2::Route": (
        *("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock"),
        "DestinationPrefixListId",
    ),
    "AWS::EC2::VPCEndpoint": ("VpcId", "ServiceName", "PrivateDnsEnabled"),
    "AWS::EFS::MountTarget": ("FileSystemId", "SubnetId"),
    "AWS::ElasticLoadBalancingV2::Listener": ("LoadBalancerArn", "Port"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("ListenerArn", "Priority"),
}
"""Values other than names that only one resource of a type can have (EC2 API Reference,
InvalidPermission.Duplicate, Resource.AlreadyAssociated, RouteAlreadyExists; AWS PrivateLink Guide,
Private DNS: one endpoint of a service; EFS API Reference, MountTargetConflict; ELB API Reference,
DuplicateListener, PriorityInUse)."""
NEEDED = {"AWS::EC2::VPCEndpoint": "PrivateDnsEnabled"}
"""Properties without which others may have the same values."""

Name = tuple[str, ...]


def name_properties(
    kind: str, schemas: Callable[[str], ResourceSchema] = schema_of
) -> tuple[str, ...]:
    """Return the properties that name a resource of a type; none if AWS names it."""
    if kind in NAMES:
        return NAMES[kind]
    schema = schemas(kind)
    own = tuple(pointer[0] for pointer in schema.identifier if len(pointer) == 1)
    return () if any((name,) in schema.read_only for name in own) else own


def name_of(resource: Mapping[str, Any]) -> Name:
    """Return a resource's name in a template, with its place; empty if it has none."""
    properties = resource.get("Properties", {})
    names = name_properties(resource["Type"])
    needed = names[:1] if resource["Type"] in NAMES else set(names) - {"SetIdentifier"}
    if not names or any(name not in properties for name in needed):
        return ()  # AWS generates missing ones
    return tuple(shown(properties.get(name, "")) for name in names)


def same_of(resource: Mapping[str, Any]) -> Name:
    """Return the values that only this resource can have; empty for most types."""
    properties = resource.get("Properties", {})
    parts, needed = (each.get(resource["Type"], ()) for each in (SAME, NEEDED))
    if needed and str(properties.get(needed)).lower() != "true":
        return ()
    return tuple(shown(properties.get(name, "")) for name in parts)


def still_taken(resource: Mapping[str, Any]) -> str:
    """Return the note on a remaining resource with a name that a later one would need."""
    name = name_of(resource) if resource else ()
    given = resource.get("Properties", {}).get(name_properties(resource["Type"])[0]) if name else {}
    if not name or is_function(given) or any(each.resource.template for each in symbols(given)):
        return ""
    return f"; delete it before a later deployment creates another {name[0]}, which would fail"

"""The ECS cluster, and the namespaces in which its services are found."""

from troposphere import GetAtt, Ref, ecs
from troposphere.servicediscovery import (
    DnsConfig,
    DnsRecord,
    HttpNamespace,
    PrivateDnsNamespace,
    Service,
)

from camformation.components.network import Network
from camformation.frozen import frozen
from camformation.units import Unit, Value


@frozen
class ClusterSpec:
    """The `cluster` section of a spec."""

    container_insights: str  # enhanced | enabled | disabled
    runtime_monitoring: bool  # may tasks pull the agent of GuardDuty Runtime Monitoring


@frozen
class Cluster:
    """Exports of the cluster."""

    name: Value
    arn: Value
    namespace_arn: Value  # of the HTTP namespace, for Service Connect
    discovery_service_arn: Value  # orchestration-cluster.<name>-oc1.service.local
    runtime_monitoring: bool


def build_cluster(unit: Unit, spec: ClusterSpec, network: Network) -> Cluster:
    """Create the cluster, the Service Connect namespace and the private DNS namespace."""
    cluster = unit.add(
        ecs.Cluster(
            "EcsCluster",
            ClusterName=f"{unit.deployment}-cluster",
            ClusterSettings=[
                ecs.ClusterSetting(Name="containerInsights", Value=spec.container_insights)
            ],
        )
    )
    connect = unit.add(
        HttpNamespace(
            "ServiceConnectNamespace",
            Name=f"{unit.deployment}-oc1-sc",
            Description="Service Connect namespace of the ECS services",
        )
    )
    dns = unit.add(
        PrivateDnsNamespace(
            "PrivateDnsNamespace",
            Name=f"{unit.deployment}-oc1.service.local",
            Description="Private DNS names of the brokers, for clients outside ECS",
            Vpc=network.vpc_id,
        )
    )
    discovery = unit.add(
        Service(
            "DiscoveryService",
            Name="orchestration-cluster",
            NamespaceId=Ref(dns),
            DnsConfig=DnsConfig(
                DnsRecords=[DnsRecord(Type="A", TTL=10)], RoutingPolicy="MULTIVALUE"
            ),
        )
    )
    return Cluster(
        name=unit.export("ClusterName", Ref(cluster)),
        arn=unit.export("ClusterArn", GetAtt(cluster, "Arn")),
        namespace_arn=unit.export("NamespaceArn", GetAtt(connect, "Arn")),
        discovery_service_arn=unit.export("DiscoveryServiceArn", GetAtt(discovery, "Arn")),
        runtime_monitoring=spec.runtime_monitoring,
    )

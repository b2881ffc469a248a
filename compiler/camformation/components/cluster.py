"""The ECS cluster, and the namespaces in which its services are found."""

from collections.abc import Sequence
from typing import Any

from troposphere import GetAtt, Ref, ecs
from troposphere.servicediscovery import (
    DnsConfig,
    DnsRecord,
    HttpNamespace,
    PrivateDnsNamespace,
    Service,
)

from camformation.components.network import Network
from camformation.components.policies import arn as own_arn
from camformation.frozen import frozen
from camformation.units import Unit, Value


@frozen
class ClusterSpec:
    """The `cluster` section of a spec."""

    container_insights: str  # enhanced | enabled | disabled
    runtime_monitoring: bool  # may tasks pull the agent of GuardDuty Runtime Monitoring
    existing: str | None  # name or ARN of a cluster to use instead of a new one

    @property
    def existing_name(self) -> str | None:
        """The name of the existing cluster."""
        return self.existing.rpartition("/")[2] if self.existing else None


@frozen
class Cluster:
    """Exports of the cluster."""

    name: Value
    arn: Value
    namespace_arn: Value  # of the HTTP namespace, for Service Connect
    discovery_service_arn: Value  # orchestration-cluster.<name>-oc1.service.local
    runtime_monitoring: bool


def build_cluster(
    unit: Unit, spec: ClusterSpec, network: Network, *, capacity_providers: Sequence[str] = ()
) -> Cluster:
    """Create the cluster, the Service Connect namespace and the private DNS namespace.

    An existing cluster may have a namespace of its own; services here always name theirs.
    """
    name, arn = _cluster(unit, spec, capacity_providers)
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
        name=name,
        arn=arn,
        namespace_arn=unit.export("NamespaceArn", GetAtt(connect, "Arn")),
        discovery_service_arn=unit.export("DiscoveryServiceArn", GetAtt(discovery, "Arn")),
        runtime_monitoring=spec.runtime_monitoring,
    )


def _cluster(
    unit: Unit, spec: ClusterSpec, capacity_providers: Sequence[str]
) -> tuple[Value, Value]:
    """Return name and ARN of the cluster: an existing one's, or a new one's."""
    if existing := spec.existing_name:
        there = own_arn("ecs", f"cluster/{existing}")
        return unit.export("ClusterName", existing), unit.export("ClusterArn", there)
    given: dict[str, Any] = (
        {"CapacityProviders": list(capacity_providers)} if capacity_providers else {}
    )
    cluster = unit.add(
        ecs.Cluster(
            "EcsCluster",
            ClusterName=f"{unit.deployment}-cluster",
            ClusterSettings=[
                ecs.ClusterSetting(Name="containerInsights", Value=spec.container_insights)
            ],
            **given,
        )
    )
    name = unit.export("ClusterName", Ref(cluster))
    return name, unit.export("ClusterArn", GetAtt(cluster, "Arn"))

"""The ECS cluster, and the namespaces for its services."""

from collections.abc import Sequence

from troposphere import GetAtt, Ref, ecs
from troposphere.servicediscovery import (
    DnsConfig,
    DnsRecord,
    HttpNamespace,
    PrivateDnsNamespace,
    Service,
)

from camformation.components.keys import Keys
from camformation.components.network import Network
from camformation.components.policies import arn as own_arn
from camformation.components.service_connect import (
    ServiceConnectTls,
    ServiceConnectTlsSpec,
    build_service_connect_tls,
)
from camformation.frozen import frozen
from camformation.units import Ready, Unit, Value


@frozen
class ClusterSpec:
    """The `cluster` section of a spec."""

    container_insights: str  # enhanced | enabled | disabled
    runtime_monitoring: bool  # whether tasks may pull the agent of GuardDuty Runtime Monitoring
    existing: str | None  # name or ARN of a cluster to use instead of a new one
    service_connect_tls: ServiceConnectTlsSpec | None

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
    service_connect_tls: ServiceConnectTls | None
    providers: Ready  # the cluster has the capacity providers of its services


def build_cluster(
    unit: Unit,
    spec: ClusterSpec,
    network: Network,
    keys: Keys,
    *,
    capacity_providers: Sequence[str] = (),
) -> Cluster:
    """Create the cluster, the Service Connect namespace and the private DNS namespace.

    An existing cluster may have its own namespace; services here always name theirs.
    """
    name, arn = _cluster(unit, spec)
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
        service_connect_tls=build_service_connect_tls(
            unit, spec.service_connect_tls, name, keys.secrets
        )
        if spec.service_connect_tls
        else None,
        providers=_providers(unit, spec, capacity_providers),
    )


def _cluster(unit: Unit, spec: ClusterSpec) -> tuple[Value, Value]:
    """Return name and ARN of the cluster: an existing one's, or a new one's."""
    if existing := spec.existing_name:
        there = own_arn("ecs", f"cluster/{existing}")
        return unit.export("ClusterName", existing), unit.export("ClusterArn", there)
    cluster = unit.add(
        ecs.Cluster(
            "EcsCluster",
            ClusterName=f"{unit.deployment}-cluster",
            ClusterSettings=[
                ecs.ClusterSetting(Name="containerInsights", Value=spec.container_insights)
            ],
        )
    )
    name = unit.export("ClusterName", Ref(cluster))
    return name, unit.export("ClusterArn", GetAtt(cluster, "Arn"))


def _providers(unit: Unit, spec: ClusterSpec, capacity_providers: Sequence[str]) -> Ready:
    """Give a new cluster its capacity providers.

    They are a separate resource, so that they are deleted only after the service that uses them:
    ECS refuses to remove providers in use (Amazon ECS API Reference, PutClusterCapacityProviders).
    """
    if spec.existing or not capacity_providers:
        return Ready(unit.name, ())
    providers = ecs.ClusterCapacityProviderAssociations(
        "CapacityProviders",
        Cluster=Ref("EcsCluster"),
        CapacityProviders=list(capacity_providers),
        DefaultCapacityProviderStrategy=[],
    )
    return unit.ready(unit.add(providers))

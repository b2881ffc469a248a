"""Deletion protection that AWS switches on and off without a deployment."""

from typing import Any

from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.plan.address_gate import LOAD_BALANCER
from camformation.deploy.plan.deletion import CLUSTER, ResourceDeletion
from camformation.frozen import frozen

KINDS = {CLUSTER: "Aurora cluster", LOAD_BALANCER: "load balancer"}


@frozen
class Guard:
    """A resource with such a protection."""

    type: str
    physical_id: str
    name: str

    @property
    def what(self) -> str:
        """The resource, for people."""
        return f"the {KINDS[self.type]} {self.name}"


def guard(resource: ResourceDeletion) -> Guard | None:
    """Return the guard of a resource; None for types that have none."""
    if resource.type not in KINDS:
        return None
    name = resource.physical_id if resource.type == CLUSTER else resource.address.logical_id
    return Guard(resource.type, resource.physical_id, name)


def protects(cloud: Cloud, found: Guard) -> bool | None:
    """Return whether the protection is on; None if the resource is gone."""
    if found.type == LOAD_BALANCER:
        return cloud.targets.deletion_protection(found.physical_id)
    cluster = cloud.databases.cluster(found.physical_id)
    return None if cluster is None else cluster.deletion_protection


def switch(cloud: Cloud, found: Guard, enabled: bool) -> None:
    """Switch the protection at once."""
    if found.type == LOAD_BALANCER:
        cloud.targets.set_deletion_protection(found.physical_id, enabled)
    else:
        cloud.databases.set_deletion_protection(found.physical_id, enabled)


def protecting(found: Guard) -> tuple[str, dict[str, Any]]:
    """Return the call that switches the protection on, for people."""
    if found.type == CLUSTER:
        cluster = {"DBClusterIdentifier": found.physical_id, "DeletionProtection": True}
        return "rds:ModifyDBCluster", cluster
    attribute = {"Key": "deletion_protection.enabled", "Value": "true"}
    balancer = {"LoadBalancerArn": found.physical_id, "Attributes": [attribute]}
    return "elasticloadbalancing:ModifyLoadBalancerAttributes", balancer

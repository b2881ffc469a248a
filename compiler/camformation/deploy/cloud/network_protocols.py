"""Networks and load balancers, a Protocol for each; see `protocols`."""

from typing import Protocol

from camformation.deploy.cloud.services import (
    Interface,
    SecurityGroup,
    TargetState,
    VpcEndpoint,
)


class Targets(Protocol):
    """Elastic Load Balancing."""

    def health(self, group: str) -> tuple[TargetState, ...]:
        """Return the targets of a group; none if there is no such group."""

    def deletion_protection(self, balancer: str) -> bool | None:
        """Return whether a load balancer is protected; None if there is no such load balancer."""

    def set_deletion_protection(self, balancer: str, enabled: bool) -> None:
        """Switch a load balancer's deletion protection at once."""


class Networks(Protocol):
    """EC2: the contents of a VPC, whoever created them."""

    def endpoints(self, vpc: str) -> tuple[VpcEndpoint, ...]:
        """Return the endpoints; those being deleted are left out."""

    def interfaces(self, vpc: str) -> tuple[Interface, ...]:
        """Return the network interfaces."""

    def security_groups(self, vpc: str) -> tuple[SecurityGroup, ...]:
        """Return the security groups, `default` among them."""

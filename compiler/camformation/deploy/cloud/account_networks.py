"""Queries about VPCs and their connections. They only read."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from camformation.frozen import frozen


@frozen
class Vpc:
    """A VPC."""

    id: str
    cidrs: tuple[str, ...]
    dns_support: bool = True
    dns_hostnames: bool = True
    ipv6_cidrs: tuple[str, ...] = ()
    owner: str = ""  # the account; another one shares it


@frozen
class Subnet:
    """A subnet."""

    id: str
    vpc: str
    zone: str
    cidr: str
    free: int  # addresses
    ipv6: bool = False  # whether it has a block of IPv6 addresses


@frozen
class Peering:
    """A peering connection of VPCs, with the blocks of both sides."""

    id: str
    vpcs: tuple[str, ...]
    cidrs: Mapping[str, tuple[str, ...]]  # by VPC


@frozen
class Endpoint:
    """A VPC endpoint."""

    id: str
    service: str
    private_dns: bool
    route_tables: tuple[str, ...] = ()


@frozen
class Route:
    """A route: its destination (a CIDR block or a prefix list) and target (`igw-…`, `nat-…`)."""

    to: str
    through: str
    active: bool = True  # False: a black hole


@frozen
class RouteTable:
    """A route table, and its associated subnets; `main`: for subnets without an association."""

    id: str
    routes: tuple[Route, ...]
    subnets: tuple[str, ...] = ()
    main: bool = False


@frozen
class AclRule:
    """A rule of a network ACL. Protocols are numbers (TCP is 6), and `-1` is all of them."""

    number: int
    outward: bool
    allows: bool
    protocol: str
    cidr: str
    ports: tuple[int, int] = (0, 65535)


@frozen
class NetworkAcl:
    """A network ACL, and its subnets."""

    id: str
    rules: tuple[AclRule, ...]
    subnets: tuple[str, ...]


class Vpcs(Protocol):
    """EC2: VPCs and their connections."""

    def vpcs(self) -> tuple[Vpc, ...]:
        """Return the region's VPCs, without their DNS attributes."""

    def vpc(self, vpc: str) -> Vpc | None:
        """Return a VPC."""

    def subnets(self, subnets: Sequence[str]) -> tuple[Subnet, ...]:
        """Return the existing ones of the subnets."""

    def peerings(self) -> tuple[Peering, ...]:
        """Return the region's active peering connections."""

    def prefix_lists(self, lists: Sequence[str]) -> Mapping[str, int]:
        """Return the maximum number of entries of each prefix list."""

    def security_groups(self, groups: Sequence[str]) -> Mapping[str, str]:
        """Return the VPC of each of the security groups."""

    def endpoints(self, vpc: str) -> tuple[Endpoint, ...]:
        """Return a VPC's endpoints."""

    def route_tables(self, vpc: str) -> tuple[RouteTable, ...]:
        """Return a VPC's route tables."""

    def acls(self, vpc: str) -> tuple[NetworkAcl, ...]:
        """Return a VPC's network ACLs."""

    def name_servers(self, vpc: str) -> tuple[str, ...]:
        """Return the DNS servers of a VPC's DHCP options: addresses, or `AmazonProvidedDNS`."""

    def endpoint_services(self, services: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the zones of the existing ones of the services of VPC endpoints."""

    def blocked(self) -> str:
        """Return the mode of VPC Block Public Access for the region's internet gateways: `off`,
        `block-ingress` or `block-bidirectional`."""

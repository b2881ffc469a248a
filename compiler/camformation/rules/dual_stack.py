"""Rules for IPv6: who comes over it, and whether load balancers can have it."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.registry import Violation, rule


def inside(network: IPv4Network | IPv6Network, block: IPv4Network | IPv6Network) -> bool:
    """Return whether a network is part of a block; networks of two IP versions never are."""
    if isinstance(network, IPv4Network) and isinstance(block, IPv4Network):
        return network.subnet_of(block)
    if isinstance(network, IPv6Network) and isinstance(block, IPv6Network):
        return network.subnet_of(block)
    return False


@rule("CAM128", "Networks and load balancers with different IP versions", Severity.WARNING)
def versions(d: Deployment) -> Iterator[Violation]:
    """With `ip_address_type: ipv4` the load balancers have IPv4 addresses only, so no client can
    connect from an IPv6 network in `allowed_cidrs`. With `dualstack` their names also lead to IPv6
    addresses, which many clients try first: if no IPv6 network is allowed, these clients wait for a
    timeout, and some never try IPv4. 0.0.0.0/0 allows no IPv6 client; ::/0 does.

    The spec does not show the networks of a prefix list: with one, nothing is reported for
    `dualstack`.

    Source: Elastic Load Balancing User Guide, IP address types for your Application Load Balancer;
    RFC 8305, section 4.
    """
    access = d.access
    if not (access.http or access.grpc):
        return
    six = [index for index, block in enumerate(access.allowed_cidrs) if ":" in block]
    if access.ip_address_type == "ipv4":
        for index in six:
            yield Violation(
                ("access", "allowed_cidrs", index),
                f"no client can connect from {access.allowed_cidrs[index]}: the load balancers "
                "have only IPv4 addresses",
                "set access.ip_address_type to dualstack, or remove the network",
            )
    elif access.allowed_cidrs and not six and not access.allowed_prefix_list_ids:
        yield Violation(
            ("access", "ip_address_type"),
            "the load balancers have IPv6 addresses, but no IPv6 network is allowed",
            "add the clients' IPv6 networks to access.allowed_cidrs, for example "
            '"::/0" in addition to 0.0.0.0/0',
        )


@rule("CAM129", "Dual stack without IPv6 subnets")
def subnets(d: Deployment) -> Iterator[Violation]:
    """A load balancer with `ip_address_type: dualstack` needs subnets with IPv6 blocks, in a VPC
    with one; otherwise the deployment fails at the load balancer. In a new VPC, `network.ipv6`
    creates them. The spec does not show the subnets of an existing VPC:
    `network.existing.ipv6_cidr` says that they have blocks, and routes for them.

    Source: Elastic Load Balancing User Guide, IP address types for your Application Load Balancer
    and for your Network Load Balancer (Dualstack requirements).
    """
    if d.access.ip_address_type != "dualstack" or not (d.access.http or d.access.grpc):
        return
    existing = d.network.existing
    if existing is None and not d.network.ipv6:
        yield Violation(
            ("access", "ip_address_type"),
            "the load balancers' subnets have no IPv6 blocks",
            "set network.ipv6 to true",
        )
    elif existing and existing.ipv6_cidr is None:
        yield Violation(
            ("access", "ip_address_type"),
            "the load balancers need subnets with IPv6 blocks, which the spec does not mention",
            "set network.existing.ipv6_cidr to the VPC's IPv6 block, if its subnets have parts of "
            "it",
            Severity.WARNING,
        )

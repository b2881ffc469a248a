"""The billed uses of networks: NAT gateways, addresses, endpoints, load balancers, the firewall."""

from camformation.cost.stacks import Resource
from camformation.cost.use import HOURS, All, Assumed, Use, Uses, share
from camformation.shapes import listed, mappings


def nat(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A NAT gateway; all share the traffic."""
    yield Use("nat.hour", HOURS)
    yield Use("nat.gb", assumed("nat_gb") * share(of, every))


def address(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A public IPv4 address."""
    yield Use("ipv4.hour", HOURS)


def endpoint(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An interface endpoint in each of its zones; gateway endpoints are free."""
    if of.properties.get("VpcEndpointType") != "Interface":
        return
    zones = len(listed(of.properties.get("SubnetIds"))) or 1
    yield Use("endpoint.hour", zones * HOURS, f"{zones} zones")
    others = [e for e in every if e.type == of.type]
    count = sum(e.properties.get("VpcEndpointType") == "Interface" for e in others)
    yield Use("endpoint.gb", assumed("endpoint_gb") / count)


def balancer(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A load balancer, and the addresses that AWS gives an internet-facing one."""
    kind = "nlb" if of.properties.get("Type") == "network" else "alb"
    yield Use(f"{kind}.hour", HOURS)
    yield Use(f"{kind}.lcu", assumed("lcu") * HOURS)
    if of.properties.get("Scheme", "internet-facing") == "internet-facing":
        zones = len(listed(of.properties.get("Subnets")))
        own = mappings(of.properties.get("SubnetMappings"))
        zones += sum("AllocationId" not in each for each in own)
        yield Use("ipv4.hour", zones * HOURS, f"{zones} zones")


def web_acl(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A web ACL, its rules and its requests."""
    yield Use("waf.acl", 1)
    yield Use("waf.rule", len(listed(of.properties.get("Rules"))))
    yield Use("waf.requests", assumed("waf_requests"))

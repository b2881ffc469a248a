"""Checks of what a VPC has besides its subnets: services of endpoints, DNS servers."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from camformation.deploy.preflight.account_checks import place_of
from camformation.deploy.preflight.model import Result, Situation, no, ok, skipped
from camformation.deploy.preflight.subnet_checks import PRIVATE, known_zones
from camformation.deploy.preflight.template_values import bodies, service_of
from camformation.layout import Templates

AMAZON = ("AmazonProvidedDNS", "169.254.169.253", "fd00:ec2::253")
"""The Route 53 Resolver of a VPC, which also has the second address of its block (Amazon VPC User
Guide, Understanding Amazon DNS)."""


def endpoint_services(s: Situation) -> Iterator[Result]:
    """Whether the region has the services of new VPC endpoints, and the zones of their subnets
    (AWS PrivateLink Guide, Access an AWS service using an interface VPC endpoint)."""
    before = _services(s, s.deployed.templates if s.deployed else {})
    wanted = {name: kind for name, kind in _services(s, s.templates).items() if name not in before}
    if not wanted or (s.deployed is None and not s.first):
        return
    found = s.account.vpcs.endpoint_services(sorted(wanted))
    interfaces = [name for name, kind in wanted.items() if kind == "Interface"]
    zones = known_zones(s, PRIVATE) if s.first and interfaces else set()
    path = ("network", "vpc_endpoints")
    problems = 0
    for name in sorted(wanted):
        if name not in found:
            problems += 1
            fix = "leave it out: tasks then reach the service through NAT gateways"
            yield no(f"{s.cloud.region} has no endpoints of {name}", fix, path)
        elif name in interfaces and (lacking := zones - set(found[name])) and found[name]:
            problems += 1
            yield no(
                f"{name} has endpoints in {', '.join(sorted(found[name]))}, and not in "
                f"{', '.join(sorted(lacking))}",
                "leave it out, or choose other zones",
                path,
            )
    if not problems:
        yield ok(f"{len(wanted)} are offered in {', '.join(sorted(zones)) or s.cloud.region}")


def _services(s: Situation, templates: Templates) -> dict[str, str]:
    """Return the kind of each service of VPC endpoints."""
    place = place_of(s)
    return {
        place.filled(service_of(each)): str(each.get("VpcEndpointType", "Gateway"))
        for _, each in bodies(templates, "AWS::EC2::VPCEndpoint")
    }


def name_servers(s: Situation) -> Iterator[Result]:
    """Whether tasks in an existing VPC find private names."""
    existing = s.deployment.network.existing
    if not existing:
        return
    servers = s.account.vpcs.name_servers(str(existing.vpc_id))
    vpc = s.account.vpcs.vpc(str(existing.vpc_id))
    blocks = vpc.cidrs if vpc else ()
    own = [each for each in servers if not _is_amazons(each, blocks)]
    if not own:
        yield ok(f"{existing.vpc_id} uses the Route 53 Resolver")
        return
    yield skipped(
        f"{existing.vpc_id} has DNS servers of its own, {', '.join(own)}: what they forward cannot "
        "be seen",
        "let them forward amazonaws.com and the private names of the deployment to the Route 53 "
        "Resolver of the VPC, as only it knows the addresses of the database, the file system, "
        "endpoints and brokers",
        ("network", "existing", "vpc_id"),
    )


def _is_amazons(server: str, blocks: tuple[str, ...]) -> bool:
    if server in AMAZON:
        return True
    try:
        address = ip_address(server)
        return any(address == ip_network(each, strict=False)[2] for each in blocks)
    except ValueError:
        return False

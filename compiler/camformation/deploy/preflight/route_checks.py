"""Checks of the routes of an existing VPC, out of its subnets and into them."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from camformation.components.ecr import ecr_repository
from camformation.deploy.cloud.account_networks import Route, RouteTable
from camformation.deploy.preflight.facts import counts, images
from camformation.deploy.preflight.model import Result, Situation, no, ok
from camformation.deploy.preflight.subnet_checks import EXISTING, PRIVATE, entrance, subnet_ids
from camformation.deploy.preflight.template_values import bodies, service_of
from camformation.rules.network import NEEDED_ENDPOINTS

TABLES = "private_route_table_ids"
PUBLIC_REGISTRIES = ("docker.io", "public.ecr.aws", "quay.io", "ghcr.io", "registry.k8s.io")


def routes(s: Situation) -> Iterator[Result]:
    """Whether tasks have a route out of an existing VPC, and clients a route in."""
    existing = s.deployment.network.existing
    if not existing:
        return
    tables = s.account.vpcs.route_tables(str(existing.vpc_id))
    if not tables:  # another account's: only its owner sees them
        return
    problems = list(_unknown(s, tables))
    if s.first:
        problems += [*_out(s, tables), *_in(s, tables)]
    yield from problems
    if not problems:
        yield ok(f"the route tables of {existing.vpc_id} lead where tasks and clients go")


def _unknown(s: Situation, tables: Sequence[RouteTable]) -> Iterator[Result]:
    existing = s.deployment.network.existing
    assert existing
    known = {each.id for each in tables}
    for index, name in enumerate(existing.private_route_table_ids):
        if str(name) not in known:
            yield no(
                f"{existing.vpc_id} has no route table {name}",
                "name one of its own",
                (*EXISTING, TABLES, index),
            )


def _out(s: Situation, tables: Sequence[RouteTable]) -> Iterator[Result]:
    """Yield subnets of tasks without a route to services that tasks need. Tasks have no public
    addresses, so an internet gateway does not work for them (Amazon ECS Developer Guide, Fargate
    task networking).
    """
    stuck = {}
    for name in subnet_ids(s)[PRIVATE]:
        table = _table(name, tables)
        if table and (why := _stuck(table)):
            stuck[name] = why
    if not stuck:
        return
    outside = [each.name for each in images(s.templates) if not ecr_repository(each.name)]
    lacking = [] if outside else _lacking(s)
    if outside:
        needed = f"the image {outside[0]} is in none of Amazon ECR's registries"
    elif lacking:
        needed = f"the VPC has no endpoints for {', '.join(lacking)}"
    else:
        return
    for name, why in stuck.items():
        yield no(
            f"{name} {why}, and {needed}",
            "add a route to a NAT gateway or another way out; or keep all images in Amazon ECR, "
            "and add the endpoints that tasks need to `vpc_endpoints`",
            (*EXISTING, PRIVATE),
            certain=any(map(_public, outside)),
        )


def _in(s: Situation, tables: Sequence[RouteTable]) -> Iterator[Result]:
    """Yield subnets of internet-facing load balancers that cannot be reached from the internet."""
    balancers = counts(s.templates).get("AWS::ElasticLoadBalancingV2::LoadBalancer", 0)
    if not balancers or s.deployment.access.scheme != "internet-facing":
        return
    groups = subnet_ids(s)
    field = entrance(s, groups)
    for name in groups[field]:
        table = _table(name, tables)
        if table and not any(each.through.startswith("igw-") for each in table.routes):
            yield no(
                f"{name} has no route to an internet gateway, and load balancers there are to face "
                "the internet",
                "name public subnets, or set `access.scheme: internal`",
                (*EXISTING, field),
                certain=False,
            )


def _table(subnet: str, tables: Sequence[RouteTable]) -> RouteTable | None:
    own = next((each for each in tables if subnet in each.subnets), None)
    return own or next((each for each in tables if each.main), None)


def _stuck(table: RouteTable) -> str:
    """Return why a route table has no route outside; nothing if it has one."""
    found = [each for each in table.routes if _leads_out(each)]
    ways = [each for each in found if each.active and not each.through.startswith("igw-")]
    if ways:
        return ""
    if hole := next((each for each in found if not each.active), None):
        return f"leads into a black hole ({hole.through or 'what its route named is gone'})"
    if found:
        return f"leads to {found[0].through} alone, which needs public addresses that no task has"
    return "has no route out of the VPC"


def _leads_out(route: Route) -> bool:
    """Whether a route may lead to the internet: to public addresses, or to a list that may have
    some. A list behind an endpoint is a service's."""
    if route.to.startswith("pl-"):
        return not route.through.startswith("vpce-")
    try:
        block = ip_network(route.to, strict=False)
    except ValueError:
        return False
    return route.through != "local" and (not block.is_private or block.prefixlen == 0)


def _lacking(s: Situation) -> list[str]:
    """Return the services that tasks need without endpoints in the VPC or the spec."""
    existing = s.deployment.network.existing
    assert existing
    there = {each.service for each in s.account.vpcs.endpoints(str(existing.vpc_id))}
    there |= {service_of(each) for _, each in bodies(s.templates, "AWS::EC2::VPCEndpoint")}
    needed = (*NEEDED_ENDPOINTS, "s3")
    return [name for name in needed if not any(each.endswith(f".{name}") for each in there)]


def _public(image: str) -> bool:
    """Whether an image's registry is on the internet: Docker Hub's images name none."""
    host, slash, _ = image.partition("/")
    if not slash or not ("." in host or ":" in host):
        return True
    return host in PUBLIC_REGISTRIES

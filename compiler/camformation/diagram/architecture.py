"""The picture of a deployment: its boxes, groups and arrows, from its flat template."""

from collections.abc import Iterable, Iterator

from camformation.audit.branches import branches
from camformation.audit.matrix import Flow
from camformation.audit.matrix import matrix as exposure
from camformation.audit.values import Template, named
from camformation.deployment import Deployment
from camformation.diagram.compute import load_balancers, other_tasks, seeds, services, ways_out
from camformation.diagram.data import databases, existing_data, file_systems, regional
from camformation.diagram.flows import block_of, bundled, ports, traffic
from camformation.diagram.model import Edge, Group, Line, Node, Picture
from camformation.diagram.owners import owners
from camformation.diagram.roles import accesses, roles_of
from camformation.diagram.values import cidr, said, zone
from camformation.frozen import replaced
from camformation.shapes import listed, mapping, resources

REGION, VPC, PUBLIC, PRIVATE, TASKS, SERVICES = (
    "region",
    "vpc",
    "public",
    "private",
    "tasks",
    "services",
)


def architecture(template: Template, deployment: Deployment) -> Picture:
    """Return the picture of a compiled deployment as it is where all conditions hold, with what is
    exposed in any case."""
    shown, template = exposure(template), branches(template)[0]
    existing = deployment.network.existing
    vpc = (existing.cidr if existing else "") or block_of(template)
    inner, outer = _subnets(template)
    private = PRIVATE if inner else VPC
    public = PUBLIC if outer else private
    tls = deployment.access.tls
    hostnames = (str(tls.hostname), str(tls.grpc_hostname or f"grpc.{tls.hostname}")) if tls else ()
    inside = _has_internal(template, set(inner))
    boxes = [
        *load_balancers(template, public, private if inside else public, hostnames),
        *services(template, TASKS),
        *seeds(template, TASKS),
        *ways_out(template, public, private),
        *databases(template, private),
        *file_systems(template, private),
    ]
    boxes += other_tasks(template, TASKS, {member for each in boxes for member in each.members})
    boxes += regional(template, shown.access, SERVICES)
    boxes = _adopted(template, boxes)
    data = list(existing_data(deployment))
    boxes += [node for node, _ in data]
    addresses = {address: node.id for node, held in data for address in held}
    places = {"inside": VPC, "outside": "", "beside": ""}
    found, edges, among = traffic(template, shown, boxes, str(vpc), places, addresses)
    boxes = [_among(each, among.get(each.id, [])) for each in boxes] + found
    edges += accesses(template, shown, boxes, roles_of(template, boxes))
    tasks = {each.id: each for each in boxes if each.group == TASKS}
    groups = _groups(template, deployment, str(vpc), inner, outer)
    name = f"{deployment.name}: Camunda {deployment.version} on Amazon ECS"
    used = {each.group for each in boxes}
    kept = tuple(g for g in groups if g.cells or g.id in (REGION, VPC) or g.id in used)
    return Picture(name, kept, tuple(boxes), tuple(_through(bundled(edges, tasks), template)))


def _groups(
    template: Template,
    deployment: Deployment,
    vpc: str,
    inner: list[str],
    outer: list[str],
) -> Iterator[Group]:
    region = f"AWS Region {deployment.region}" if deployment.region else "AWS Region"
    account = f", account {deployment.account}" if deployment.account else ""
    yield Group(REGION, "", region + account)
    existing = deployment.network.existing
    title = f"VPC {vpc}" if not existing else f"Existing VPC {existing.vpc_id}, {existing.cidr}"
    own = tuple(name for name, _ in resources(template, "AWS::EC2::VPC"))
    yield Group(VPC, REGION, title, (), own)
    prefix = "Existing " if existing else ""
    open_ = any(True for _ in resources(template, "AWS::EC2::InternetGateway")) or existing
    if outer:
        word = "public subnets" if open_ else "subnets of the load balancers"
        yield _subnet_group(template, PUBLIC, f"{prefix}{word}", outer)
    if inner:
        yield _subnet_group(template, PRIVATE, f"{prefix}private subnets", inner)
    clusters = [name for name, _ in resources(template, "AWS::ECS::Cluster")]
    own_cluster = f"ECS cluster {clusters[0]}" if clusters else "Existing ECS cluster"
    yield Group(TASKS, PRIVATE if inner else VPC, f"{own_cluster}, on Fargate", (), tuple(clusters))
    yield Group(SERVICES, REGION, "Services of the Region")


def _subnet_group(template: Template, name: str, title: str, subnets: list[str]) -> Group:
    known = dict(resources(template, "AWS::EC2::Subnet"))
    cells = []
    for each in subnets:
        properties = known.get(each)
        if properties is None:
            cells.append(Line(said(template, {"Ref": each}) if each.isalnum() else each))
        else:
            parts = (
                zone(template, properties.get("AvailabilityZone")),
                cidr(template, properties.get("CidrBlock")),
            )
            cells.append(Line("  ".join(part for part in parts if part), (each,)))
    return Group(
        name, VPC, title[:1].upper() + title[1:], tuple(cells), tuple(known.keys() & subnets)
    )


def _subnets(template: Template) -> tuple[list[str], list[str]]:
    """Return the subnets of tasks and data, and all others."""
    inner: dict[str, None] = {}
    for _, properties in resources(template, "AWS::ECS::Service"):
        network = mapping(properties.get("NetworkConfiguration")).get("AwsvpcConfiguration")
        inner |= dict.fromkeys(map(named, listed(mapping(network).get("Subnets"))))
    outer = dict.fromkeys(name for name, _ in resources(template, "AWS::EC2::Subnet"))
    for _, properties in resources(template, "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        outer |= dict.fromkeys(map(named, listed(properties.get("Subnets"))))
    return list(inner), [each for each in outer if each not in inner]


def _has_internal(template: Template, inner: set[str]) -> bool:
    """Return whether load balancers are in the subnets of the tasks."""
    return any(
        inner & set(map(named, listed(properties.get("Subnets"))))
        for _, properties in resources(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    )


def _adopted(template: Template, boxes: Iterable[Node]) -> list[Node]:
    """Return the boxes with all resources that belong to them."""
    boxes = list(boxes)
    own = owners(template, {member: each.id for each in boxes for member in each.members})
    adopted: dict[str, list[str]] = {}
    for logical_id, box in own.items():
        adopted.setdefault(box, []).append(logical_id)
    return [replaced(each, members=tuple(adopted.get(each.id, ()))) for each in boxes]


def _among(node: Node, flows: list[Flow]) -> Node:
    if not flows:
        return node
    members = dict.fromkeys((*node.members, *(each.logical_id for each in flows)))
    lines = (*node.lines, Line(f"to each other: {ports(flows)}"))
    return replaced(node, lines=lines, members=tuple(members))


def _through(edges: Iterable[Edge], template: Template) -> Iterator[Edge]:
    """Yield arrows; those to S3 say if they pass a gateway endpoint."""
    gateways = tuple(
        name
        for name, each in resources(template, "AWS::EC2::VPCEndpoint")
        if each.get("VpcEndpointType") == "Gateway"
    )
    for edge in edges:
        if edge.target == "s3" and gateways:
            members = (*edge.members, *gateways)
            edge = replaced(edge, label=f"{edge.label} (gateway endpoint)", members=members)
        yield edge

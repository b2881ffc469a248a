"""The VPC: its subnets in two or three zones, and their routes."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from itertools import islice
from re import fullmatch
from typing import Any

from troposphere import AWSObject, Cidr, GetAZs, Ref, Region, Select, Sub, Tags, ec2

from camformation.components.access_logs_spec import FlowLogsSpec
from camformation.components.egress_spec import EgressSpec, ProxySpec
from camformation.components.endpoint_policies import (
    EndpointPoliciesSpec,
    own_account_and_buckets,
)
from camformation.components.ipv6 import build_ipv6, ipv6_cidr, ipv6_route
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Ready, Unit, Value

ZONE_ID = r"[a-z]{2,4}\d-az\d+"  # euw2-az1, where the zone's name in an account is eu-west-2a


@frozen
class ExistingNetworkSpec:
    """`network.existing`: a VPC that is managed elsewhere."""

    vpc_id: str
    cidr: str
    ipv6_cidr: str | None  # if it has one, and the load balancers' subnets too
    private_subnet_ids: tuple[str, ...]
    public_subnet_ids: tuple[str, ...]
    private_route_table_ids: tuple[str, ...]  # the S3 gateway endpoint is added to these
    database_subnet_ids: tuple[str, ...]  # the private ones if empty
    load_balancer_subnet_ids: tuple[str, ...]  # the public or private ones if empty


@frozen
class NetworkSpec:
    """The `network` section of a spec."""

    cidr: str
    separate_subnets: bool  # for load balancers and the database
    ipv6: bool
    availability_zones: int | tuple[str, ...]  # a count, zone names or zone ids
    nat_gateways: str  # none | single | per_zone
    vpc_endpoints: tuple[str, ...]  # interface endpoints by service, or ("all",)
    endpoint_policies: EndpointPoliciesSpec | None
    existing: ExistingNetworkSpec | None
    egress: EgressSpec
    proxy: ProxySpec | None
    flow_logs: FlowLogsSpec | None


@frozen
class Network:
    """Exports of the network."""

    vpc_id: Value
    cidr: str
    ipv6_cidr: Value | None
    public_subnet_ids: tuple[Value, ...]
    private_subnet_ids: tuple[Value, ...]
    private_route_table_ids: tuple[Value, ...]
    internet: Ready  # the internet gateway is attached and public subnets are routed to it
    ipv6: Ready  # the load balancers' subnets have IPv6 blocks, if there are any
    routed: Ready  # private subnets have their route tables, and S3 can be reached
    own_database_subnet_ids: tuple[Value, ...] = ()  # apart from the private ones
    own_load_balancer_subnet_ids: tuple[Value, ...] = ()  # apart from both kinds

    @property
    def database_subnet_ids(self) -> tuple[Value, ...]:
        """The subnets of the database."""
        return self.own_database_subnet_ids or self.private_subnet_ids

    def load_balancer_subnet_ids(self, *, public: bool) -> tuple[Value, ...]:
        """Return the subnets of the load balancers."""
        kind = self.public_subnet_ids if public else self.private_subnet_ids
        return self.own_load_balancer_subnet_ids or kind


def build_network(unit: Unit, spec: NetworkSpec, *, internal: bool = False) -> Network:
    """Create the VPC, its subnets and routes; or describe the existing one. Load balancers are in
    the private subnets if they are internal."""
    if existing := spec.existing:
        tables = _in_order(existing.private_route_table_ids)
        to_s3 = _s3_endpoint(
            unit,
            existing.vpc_id,
            tables,
            ("network", "existing", "private_route_table_ids"),
        )
        return Network(
            vpc_id=existing.vpc_id,
            cidr=existing.cidr,
            ipv6_cidr=existing.ipv6_cidr,
            public_subnet_ids=_in_order(existing.public_subnet_ids),
            private_subnet_ids=_in_order(existing.private_subnet_ids),
            private_route_table_ids=tables,
            internet=unit.ready(),
            ipv6=unit.ready(),
            routed=unit.ready(*to_s3),
            own_database_subnet_ids=_in_order(existing.database_subnet_ids),
            own_load_balancer_subnet_ids=_in_order(existing.load_balancer_subnet_ids),
        )

    vpc = unit.add(
        ec2.VPC(
            "Vpc",
            CidrBlock=spec.cidr,
            EnableDnsSupport=True,  # both are needed to mount EFS by name and for private DNS
            EnableDnsHostnames=True,
            Tags=_name(unit, "vpc"),
        )
    )
    gateway = unit.add(ec2.InternetGateway("InternetGateway", Tags=_name(unit, "internet")))
    attachment = unit.add(
        ec2.VPCGatewayAttachment(
            "InternetGatewayAttachment", VpcId=Ref(vpc), InternetGatewayId=Ref(gateway)
        )
    )
    zones = _zones(spec.availability_zones)
    tiers = ("private", "public", *(("balancer", "database") if spec.separate_subnets else ()))
    blocks = subnet_blocks(spec.cidr, len(zones), len(tiers))
    private, public, *others = (
        _subnets(unit, vpc, tier, zones, blocks[place * len(zones) : (place + 1) * len(zones)])
        for place, tier in enumerate(tiers)
    )
    balancers, databases = others or ([], [])

    public_table = unit.add(
        ec2.RouteTable("PublicRouteTable", VpcId=Ref(vpc), Tags=_name(unit, "public"))
    )
    public_route = unit.add(
        ec2.Route(
            "PublicRoute",
            RouteTableId=Ref(public_table),
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=Ref(gateway),
            DependsOn=attachment,
        )
    )
    outer = [*public, *([] if internal else balancers)]
    routed = [_associate(unit, subnet, public_table) for subnet in outer]
    ipv6: list[AWSObject] = []
    if spec.ipv6:
        users = balancers or (private if internal else public)
        ipv6 = build_ipv6(unit, vpc, [*private, *public, *balancers], users)
        if not internal:
            ipv6.append(ipv6_route(unit, public_table, gateway, attachment))
    private_tables, associations = [], []
    for number, subnet in enumerate(private, 1):
        table = unit.add(
            ec2.RouteTable(
                f"PrivateRouteTable{number}",
                VpcId=Ref(vpc),
                Tags=_name(unit, f"private-{number}"),
            )
        )
        associations.append(_associate(unit, subnet, table))
        private_tables.append(table)
    to_s3 = _s3_endpoint(
        unit, Ref(vpc), [Ref(table) for table in private_tables], policies=spec.endpoint_policies
    )

    return Network(
        vpc_id=unit.export("VpcId", Ref(vpc)),
        cidr=spec.cidr,
        ipv6_cidr=unit.export("Ipv6Cidr", ipv6_cidr(vpc)) if spec.ipv6 else None,
        public_subnet_ids=_export_ids(unit, public),
        private_subnet_ids=_export_ids(unit, private),
        private_route_table_ids=_export_ids(unit, private_tables),
        internet=unit.ready(attachment, public_route, *routed),
        ipv6=unit.ready(*ipv6),
        routed=unit.ready(*associations, *to_s3),
        own_database_subnet_ids=_export_ids(unit, databases),
        own_load_balancer_subnet_ids=_export_ids(unit, balancers),
    )


def _in_order(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the IDs in one order, however the spec lists them: another order is not a change.

    Open fields are not sorted, because their value must not decide anything.
    """
    return ids if any(isinstance(each, Open) for each in ids) else tuple(sorted(ids))


def subnet_blocks(cidr: str, zones: int, tiers: int = 2) -> list[Any]:
    """Return the blocks of the private subnets, then of the public ones and of other tiers, zone by
    zone.

    The VPC is cut into the smallest power of two of equal blocks that holds one of each tier in
    each zone: 8 of two tiers for three zones (a /16 makes /19s, as Camunda's reference has it), 4
    for two zones (/18s). Where the VPC's own block is left open, `Fn::Cidr` cuts it in the same
    way.
    """
    count = tiers * zones
    bits = (count - 1).bit_length()
    network = ip_network(cidr)
    if isinstance(cidr, Open):
        size = network.max_prefixlen - network.prefixlen - bits
        blocks = Cidr(cidr, count, size)
        return [Select(index, blocks) for index in range(count)]
    return [str(block) for block in islice(network.subnets(bits), count)]


def _zones(zones: int | tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the property that places a subnet in each zone.

    A count leaves the choice to the region; a deployer that knows the zones pins it to their names,
    because the order of GetAZs may change and a subnet cannot move (AWS docs, Fn::GetAZs).
    """
    if isinstance(zones, int):
        return [{"AvailabilityZone": Select(index, GetAZs(Region))} for index in range(zones)]
    # Naming the zones is the point here: W3010 would have GetAZs choose them.
    named: dict[str, Any] = {"Metadata": {"cfn-lint": {"config": {"ignore_checks": ["W3010"]}}}}
    return [
        {"AvailabilityZoneId": zone}
        if fullmatch(ZONE_ID, zone)
        else {"AvailabilityZone": zone, **named}
        for zone in zones
    ]


def _subnets(
    unit: Unit, vpc: ec2.VPC, tier: str, zones: list[dict[str, Any]], blocks: list[Any]
) -> list[ec2.Subnet]:
    return [
        unit.add(
            ec2.Subnet(
                f"{tier.capitalize()}Subnet{number}",
                VpcId=Ref(vpc),
                CidrBlock=block,
                MapPublicIpOnLaunch=False,  # load balancers and NAT gateways bring their own
                Tags=_name(unit, f"{tier}-{number}"),
                **zone,
            ),
            section=("network", "availability_zones"),
        )
        for number, (zone, block) in enumerate(zip(zones, blocks, strict=True), 1)
    ]


def _associate(
    unit: Unit, subnet: ec2.Subnet, table: ec2.RouteTable
) -> ec2.SubnetRouteTableAssociation:
    return unit.add(
        ec2.SubnetRouteTableAssociation(
            f"{subnet.title}RouteTableAssociation", SubnetId=Ref(subnet), RouteTableId=Ref(table)
        )
    )


def _s3_endpoint(
    unit: Unit,
    vpc_id: Value | Ref,
    table_ids: Sequence[Value | Ref],
    section: Path = (),
    *,
    policies: EndpointPoliciesSpec | None = None,
) -> list[ec2.VPCEndpoint]:
    """Route private subnets to S3 without a NAT gateway, unless no route table is known.

    Brokers exit if they cannot renew their leases in S3 for the length of a lease.
    """
    if not table_ids:
        return []
    endpoint = ec2.VPCEndpoint(
        "S3Endpoint",
        VpcId=vpc_id,
        VpcEndpointType="Gateway",
        ServiceName=Sub("com.amazonaws.${AWS::Region}.s3"),
        RouteTableIds=list(table_ids),
        Tags=_name(unit, "s3"),
        **({"PolicyDocument": own_account_and_buckets(policies)} if policies else {}),
    )
    return [unit.add(endpoint, section=section)]


def _export_ids(unit: Unit, resources: Iterable[AWSObject]) -> tuple[Value, ...]:
    return tuple(unit.export(f"{r.title}Id", Ref(r)) for r in resources)


def _name(unit: Unit, suffix: str) -> Tags:
    return Tags(Name=f"{unit.deployment}-{suffix}")

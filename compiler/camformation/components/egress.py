"""Outbound connectivity of the private subnets: NAT gateways and interface endpoints.

A separate unit from the network, so that the database does not wait two minutes for NAT gateways.
"""

from troposphere import Ref, Sub, Tags, ec2

from camformation.components.endpoint_policies import own_account
from camformation.components.network import Network, NetworkSpec
from camformation.components.security_groups import SecurityGroups
from camformation.frozen import frozen
from camformation.units import Ready, Unit, Value

ENDPOINTS = {  # service of an interface endpoint (AWS docs, AWS PrivateLink): logical id
    "secretsmanager": "SecretsManagerEndpoint",
    "kms": "KmsEndpoint",
    "logs": "LogsEndpoint",
    "ecr.api": "EcrApiEndpoint",
    "ecr.dkr": "EcrDkrEndpoint",
    "ssm": "SsmEndpoint",
    "ssmmessages": "SsmMessagesEndpoint",
    "sts": "StsEndpoint",
    "elasticfilesystem": "ElasticFileSystemEndpoint",
}


@frozen
class Egress:
    """Exports of the outbound routes."""

    open: Ready  # the private subnets have all their outgoing routes
    nat_gateways: tuple[Value, ...] = ()


def build_egress(unit: Unit, spec: NetworkSpec, network: Network, groups: SecurityGroups) -> Egress:
    """Create the NAT gateways, the private default routes and the interface endpoints.

    An existing VPC has its own outgoing routes; only endpoints that the spec requests are added to
    it.
    """
    nat = "none" if spec.existing else spec.nat_gateways
    gateways, routes = _default_routes(unit, nat, network)
    # An existing VPC's other users may not all be of this account.
    limited = spec.endpoint_policies is not None and not spec.existing
    endpoints = _endpoints(unit, spec.vpc_endpoints, network, groups, limited=limited)
    return Egress(open=unit.ready(*routes, *endpoints), nat_gateways=gateways)


def _default_routes(
    unit: Unit, nat_gateways: str, network: Network
) -> tuple[tuple[Value, ...], list[ec2.Route]]:
    """Add NAT gateways and the routes to them; return their IDs, and the routes."""
    if nat_gateways == "none":
        return (), []
    section = ("network", "nat_gateways")
    subnets = network.public_subnet_ids[: 1 if nat_gateways == "single" else None]
    gateways = []
    for number, subnet_id in enumerate(subnets, 1):
        name = Tags(Name=f"{unit.deployment}-nat-{number}")
        address = unit.add(
            ec2.EIP(f"NatGateway{number}Address", Domain="vpc", Tags=name),
            after=[network.internet],
            section=section,
        )
        gateways.append(
            unit.add(
                ec2.NatGateway(
                    f"NatGateway{number}",
                    SubnetId=subnet_id,
                    AllocationId=address.get_att("AllocationId"),
                    Tags=name,
                ),
                after=[network.internet],
                section=section,
            )
        )
    ids = tuple(unit.export(f"{each.title}Id", Ref(each)) for each in gateways)
    return ids, [
        unit.add(
            ec2.Route(
                f"PrivateRoute{index + 1}",
                RouteTableId=table_id,
                DestinationCidrBlock="0.0.0.0/0",
                NatGatewayId=Ref(gateways[index % len(gateways)]),
            ),
            section=section,
        )
        for index, table_id in enumerate(network.private_route_table_ids)
    ]


def _endpoints(
    unit: Unit,
    services: tuple[str, ...],
    network: Network,
    groups: SecurityGroups,
    *,
    limited: bool,
) -> list[ec2.VPCEndpoint]:
    if groups.endpoints is None:
        return []
    return [
        unit.add(
            ec2.VPCEndpoint(
                title,
                VpcId=network.vpc_id,
                VpcEndpointType="Interface",
                ServiceName=Sub(f"com.amazonaws.${{AWS::Region}}.{service}"),
                PrivateDnsEnabled=True,
                SubnetIds=list(network.private_subnet_ids),
                SecurityGroupIds=[groups.endpoints.id],
                Tags=Tags(Name=f"{unit.deployment}-{service}"),
                **({"PolicyDocument": own_account()} if limited else {}),
            ),
            section=("network", "vpc_endpoints"),
        )
        for service, title in ENDPOINTS.items()
        if service in services or "all" in services
    ]

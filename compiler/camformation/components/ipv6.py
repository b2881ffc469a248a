"""IPv6 of a new VPC: a block that Amazon provides, and parts of it for the load balancers' subnets.

Other subnets have none, so tasks, database and file system have IPv4 addresses only. A subnet's
block is a separate resource: `Ipv6CidrBlock` of a subnet may replace it, with everything in it (its
provider schema, conditionalCreateOnlyProperties).
"""

from collections.abc import Sequence

from troposphere import AWSObject, Cidr, GetAtt, Ref, Select, ec2

from camformation.units import Unit

SECTION = ("network", "ipv6")
SUBNET_BITS = 64  # the size of every IPv6 subnet (Amazon VPC User Guide, Subnet CIDR blocks)


def ipv6_cidr(vpc: ec2.VPC) -> Select:
    """Return the VPC's block."""
    return Select(0, GetAtt(vpc, "Ipv6CidrBlocks"))


def build_ipv6(
    unit: Unit, vpc: ec2.VPC, subnets: Sequence[ec2.Subnet], users: Sequence[ec2.Subnet]
) -> list[AWSObject]:
    """Add the VPC's block, and parts of it for some of the subnets; return the resources to wait
    for.

    A subnet's part depends on its place among all of them, so it stays if others get one.
    """
    block = unit.add(
        ec2.VPCCidrBlock("Ipv6CidrBlock", VpcId=Ref(vpc), AmazonProvidedIpv6CidrBlock=True),
        section=SECTION,
    )
    parts = Cidr(ipv6_cidr(vpc), len(subnets), SUBNET_BITS)
    return [
        unit.add(
            ec2.SubnetCidrBlock(
                f"{subnet.title}Ipv6CidrBlock",
                SubnetId=Ref(subnet),
                Ipv6CidrBlock=Select(index, parts),
                DependsOn=block,
            ),
            section=SECTION,
        )
        for index, subnet in enumerate(subnets)
        if subnet in users
    ]


def ipv6_route(
    unit: Unit, table: ec2.RouteTable, gateway: ec2.InternetGateway, attachment: AWSObject
) -> ec2.Route:
    """Route the public subnets to the internet."""
    return unit.add(
        ec2.Route(
            "PublicIpv6Route",
            RouteTableId=Ref(table),
            DestinationIpv6CidrBlock="::/0",
            GatewayId=Ref(gateway),
            DependsOn=attachment,
        ),
        section=SECTION,
    )

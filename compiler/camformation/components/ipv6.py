"""IPv6 of a new VPC: a block that Amazon provides, and a part of it for every subnet.

All subnets have one, so that load balancers can move between them by another scheme. Private
subnets have no IPv6 route to the internet; tasks, database and file system use IPv4.
"""

from typing import Any

from troposphere import AWSObject, Cidr, GetAtt, Ref, Select, ec2

from camformation.units import Unit

SECTION = ("network", "ipv6")
SUBNET_BITS = 64  # the size of every IPv6 subnet (Amazon VPC User Guide, Subnet CIDR blocks)


def ipv6_block(unit: Unit, vpc: ec2.VPC) -> ec2.VPCCidrBlock:
    """Add a block of Amazon's addresses to the VPC."""
    return unit.add(
        ec2.VPCCidrBlock("Ipv6CidrBlock", VpcId=Ref(vpc), AmazonProvidedIpv6CidrBlock=True),
        section=SECTION,
    )


def ipv6_cidr(vpc: ec2.VPC) -> Select:
    """Return the VPC's block."""
    return Select(0, GetAtt(vpc, "Ipv6CidrBlocks"))


def ipv6_subnets(vpc: ec2.VPC, block: ec2.VPCCidrBlock, count: int) -> list[dict[str, Any]]:
    """Return the properties of each subnet, in the order of the subnets."""
    blocks = Cidr(ipv6_cidr(vpc), count, SUBNET_BITS)
    return [
        {"Ipv6CidrBlock": Select(index, blocks), "DependsOn": block.title} for index in range(count)
    ]


def ipv6_route(
    unit: Unit, table: ec2.RouteTable, gateway: ec2.InternetGateway, attachment: AWSObject
) -> ec2.Route:
    """Lead the public subnets to the internet, and back."""
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

"""EC2 over boto3: VPCs and their connections."""

from collections.abc import Mapping, Sequence
from typing import Any

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.account_networks import (
    AclRule,
    Endpoint,
    NetworkAcl,
    Peering,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from camformation.deploy.cloud.errors import Refused


class AwsVpcs:
    """Implements `Vpcs`."""

    def __init__(self, ec2: Client) -> None:
        self._ec2 = ec2

    def vpcs(self) -> tuple[Vpc, ...]:
        """See `Vpcs`."""
        return tuple(map(_vpc, self._ec2.items("describe_vpcs", "Vpcs")))

    def vpc(self, vpc: str) -> Vpc | None:
        """See `Vpcs`."""
        try:
            answer = self._ec2.call("describe_vpcs", VpcIds=[vpc])
        except Refused as error:
            if is_missing(error):
                return None
            raise
        found = _vpc(answer["Vpcs"][0])
        return Vpc(
            found.id,
            found.cidrs,
            dns_support=self._attribute(vpc, "enableDnsSupport", "EnableDnsSupport"),
            dns_hostnames=self._attribute(vpc, "enableDnsHostnames", "EnableDnsHostnames"),
            ipv6_cidrs=found.ipv6_cidrs,
            owner=found.owner,
        )

    def _attribute(self, vpc: str, name: str, key: str) -> bool:
        answer = self._ec2.call("describe_vpc_attribute", VpcId=vpc, Attribute=name)
        return bool(answer[key]["Value"])

    def subnets(self, subnets: Sequence[str]) -> tuple[Subnet, ...]:
        """See `Vpcs`."""
        named = [{"Name": "subnet-id", "Values": list(subnets)}]
        return tuple(
            Subnet(
                id=each["SubnetId"],
                vpc=each["VpcId"],
                zone=each["AvailabilityZone"],
                cidr=each.get("CidrBlock", ""),
                free=int(each["AvailableIpAddressCount"]),
                ipv6=bool(each.get("Ipv6CidrBlockAssociationSet")),
            )
            for each in self._ec2.items("describe_subnets", "Subnets", Filters=named)
        )

    def peerings(self) -> tuple[Peering, ...]:
        """See `Vpcs`."""
        active = [{"Name": "status-code", "Values": ["active"]}]
        found = self._ec2.items(
            "describe_vpc_peering_connections", "VpcPeeringConnections", Filters=active
        )
        return tuple(map(_peering, found))

    def prefix_lists(self, lists: Sequence[str]) -> Mapping[str, int]:
        """See `Vpcs`."""
        # As a filter: EC2 would refuse unknown IDs, but here they are part of the answer.
        named = [{"Name": "prefix-list-id", "Values": list(lists)}]
        found = self._ec2.items("describe_managed_prefix_lists", "PrefixLists", Filters=named)
        return {each["PrefixListId"]: int(each.get("MaxEntries") or 0) for each in found}

    def security_groups(self, groups: Sequence[str]) -> Mapping[str, str]:
        """See `Vpcs`."""
        named = [{"Name": "group-id", "Values": list(groups)}]
        found = self._ec2.items("describe_security_groups", "SecurityGroups", Filters=named)
        return {each["GroupId"]: str(each.get("VpcId", "")) for each in found}

    def endpoints(self, vpc: str) -> tuple[Endpoint, ...]:
        """See `Vpcs`."""
        within = [
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "vpc-endpoint-state", "Values": ["available", "pending", "pendingAcceptance"]},
        ]
        return tuple(
            Endpoint(
                id=each["VpcEndpointId"],
                service=each["ServiceName"],
                private_dns=bool(each.get("PrivateDnsEnabled")),
                route_tables=tuple(each.get("RouteTableIds", ())),
            )
            for each in self._ec2.items("describe_vpc_endpoints", "VpcEndpoints", Filters=within)
        )

    def route_tables(self, vpc: str) -> tuple[RouteTable, ...]:
        """See `Vpcs`."""
        within = [{"Name": "vpc-id", "Values": [vpc]}]
        found = self._ec2.items("describe_route_tables", "RouteTables", Filters=within)
        return tuple(map(_route_table, found))

    def acls(self, vpc: str) -> tuple[NetworkAcl, ...]:
        """See `Vpcs`."""
        within = [{"Name": "vpc-id", "Values": [vpc]}]
        return tuple(
            NetworkAcl(
                id=each["NetworkAclId"],
                rules=tuple(_acl_rule(rule) for rule in each.get("Entries", ())),
                subnets=tuple(joined["SubnetId"] for joined in each.get("Associations", ())),
            )
            for each in self._ec2.items("describe_network_acls", "NetworkAcls", Filters=within)
        )

    def name_servers(self, vpc: str) -> tuple[str, ...]:
        """See `Vpcs`."""
        options = self._ec2.call("describe_vpcs", VpcIds=[vpc])["Vpcs"][0].get("DhcpOptionsId")
        if not options or options == "default":  # none at all
            return ()
        found = self._ec2.call("describe_dhcp_options", DhcpOptionsIds=[options])["DhcpOptions"]
        return tuple(
            str(value.get("Value", ""))
            for each in found
            for configured in each.get("DhcpConfigurations", ())
            if configured.get("Key") == "domain-name-servers"
            for value in configured.get("Values", ())
        )

    def endpoint_services(self, services: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """See `Vpcs`."""
        # As a filter: EC2 would refuse unknown names, but here they are part of the answer.
        named = [{"Name": "service-name", "Values": list(services)}]
        found = self._ec2.items("describe_vpc_endpoint_services", "ServiceDetails", Filters=named)
        return {
            str(each["ServiceName"]): tuple(map(str, each.get("AvailabilityZones", ())))
            for each in found
        }

    def blocked(self) -> str:
        """See `Vpcs`."""
        answer = self._ec2.call("describe_vpc_block_public_access_options")
        found = answer.get("VpcBlockPublicAccessOptions") or {}
        return str(found.get("InternetGatewayBlockMode") or "off")


def _acl_rule(found: Mapping[str, Any]) -> AclRule:
    ports = found.get("PortRange") or {}
    return AclRule(
        number=int(found["RuleNumber"]),
        outward=bool(found["Egress"]),
        allows=found.get("RuleAction") == "allow",
        protocol=str(found.get("Protocol", "-1")),
        cidr=str(found.get("CidrBlock") or found.get("Ipv6CidrBlock") or ""),
        ports=(int(ports.get("From", 0)), int(ports.get("To", 65535))),
    )


def _route_table(found: Mapping[str, Any]) -> RouteTable:
    joined = found.get("Associations", ())
    return RouteTable(
        id=found["RouteTableId"],
        routes=tuple(map(_route, found.get("Routes", ()))),
        subnets=tuple(each["SubnetId"] for each in joined if each.get("SubnetId")),
        main=any(each.get("Main") for each in joined),
    )


def _route(found: Mapping[str, Any]) -> Route:
    """EC2 names the two ends of a route by their kind: `DestinationCidrBlock`, `NatGatewayId`."""
    ends = [(name, value) for name, value in found.items() if isinstance(value, str)]
    to = next((value for name, value in ends if name.startswith("Destination")), "")
    through = next((value for name, value in ends if name.endswith(("Id", "Arn"))
                    and not name.startswith("Destination")
                    and name != "InstanceOwnerId"), "")  # fmt: skip
    return Route(to, through, found.get("State") != "blackhole")


def _vpc(found: Mapping[str, Any]) -> Vpc:
    blocks = [each["CidrBlock"] for each in found.get("CidrBlockAssociationSet", ())]
    return Vpc(
        id=found["VpcId"],
        cidrs=tuple(dict.fromkeys([found["CidrBlock"], *blocks])),
        ipv6_cidrs=tuple(
            each["Ipv6CidrBlock"] for each in found.get("Ipv6CidrBlockAssociationSet", ())
        ),
        owner=str(found.get("OwnerId", "")),
    )


def _peering(found: Mapping[str, Any]) -> Peering:
    sides = [found.get("RequesterVpcInfo", {}), found.get("AccepterVpcInfo", {})]
    cidrs = {
        str(side.get("VpcId", "")): tuple(
            each["CidrBlock"] for each in side.get("CidrBlockSet", ())
        )
        or tuple(filter(None, [side.get("CidrBlock")]))
        for side in sides
    }
    return Peering(found["VpcPeeringConnectionId"], tuple(cidrs), cidrs)

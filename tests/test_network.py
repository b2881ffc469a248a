"""The VPC that a spec makes: its blocks, its zones, its routes and its ways out."""

import json
from dataclasses import replace
from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import Any

import pytest

from camformation.components.egress import ENDPOINTS, build_egress
from camformation.components.egress_spec import EgressSpec
from camformation.components.endpoint_policies import EndpointPoliciesSpec
from camformation.components.network import (
    ExistingNetworkSpec,
    Network,
    NetworkSpec,
    build_network,
)
from camformation.components.security_group_rules import SecurityGroup
from camformation.components.security_groups import SecurityGroups
from camformation.units import Ready, Unit
from deployments import resources

SPEC = NetworkSpec(
    separate_subnets=False,
    cidr="10.190.0.0/16",
    ipv6=False,
    availability_zones=3,
    nat_gateways="per_zone",
    vpc_endpoints=(),
    endpoint_policies=None,
    existing=None,
    egress=EgressSpec(default="open", s3_prefix_list_id=None, destinations=()),
    proxy=None,
    flow_logs=None,
)
EXISTING = ExistingNetworkSpec(
    vpc_id="vpc-1",
    cidr="172.16.0.0/16",
    ipv6_cidr=None,
    private_subnet_ids=("subnet-1", "subnet-2"),
    public_subnet_ids=("subnet-3", "subnet-4"),
    private_route_table_ids=(),
    database_subnet_ids=(),
    load_balancer_subnet_ids=(),
)


def known(group_id: str) -> SecurityGroup:
    return SecurityGroup(group_id, Ready("network", ()))


GROUPS = SecurityGroups(
    alb=known("sg-1"),
    nlb=known("sg-2"),
    orchestration=known("sg-3"),
    connectors=None,
    database=known("sg-4"),
    file_system=known("sg-5"),
    seed=None,
    endpoints=known("sg-6"),
)


def built(spec: NetworkSpec) -> tuple[Network, Unit]:
    unit = Unit("network", "camunda", ("network",))
    return build_network(unit, spec), unit


def egress(spec: NetworkSpec) -> Unit:
    unit = Unit("egress", "camunda", ("network",))
    build_egress(unit, spec, built(spec)[0], GROUPS)
    return unit


def of_type(unit: Unit, kind: str) -> dict[str, dict[str, Any]]:
    resources = {title: resource.to_dict() for title, resource in unit.resources.items()}
    return {
        title: resource.get("Properties", {})
        for title, resource in resources.items()
        if resource["Type"] == f"AWS::EC2::{kind}"
    }


def blocks(unit: Unit) -> dict[str, IPv4Network]:
    return {
        title: IPv4Network(properties["CidrBlock"])
        for title, properties in of_type(unit, "Subnet").items()
    }


@pytest.mark.parametrize("prefix", range(16, 25))
@pytest.mark.parametrize("zones", [2, 3])
def test_subnets_are_equal_and_distinct_blocks_inside_the_vpc(prefix: int, zones: int) -> None:
    spec = replace(SPEC, cidr=f"10.20.0.0/{prefix}", availability_zones=zones)
    subnets = blocks(built(spec)[1]).values()
    assert len(subnets) == 2 * zones
    assert all(subnet.subnet_of(IPv4Network(spec.cidr)) for subnet in subnets)
    assert not any(a.overlaps(b) for a, b in combinations(subnets, 2))
    assert len({subnet.prefixlen for subnet in subnets}) == 1


def test_the_reference_network_is_split_as_camundas_reference_splits_it() -> None:
    assert blocks(built(SPEC)[1]) == {
        "PrivateSubnet1": ip_network("10.190.0.0/19"),
        "PrivateSubnet2": ip_network("10.190.32.0/19"),
        "PrivateSubnet3": ip_network("10.190.64.0/19"),
        "PublicSubnet1": ip_network("10.190.96.0/19"),
        "PublicSubnet2": ip_network("10.190.128.0/19"),
        "PublicSubnet3": ip_network("10.190.160.0/19"),
    }


@pytest.mark.parametrize("zones", [2, 3])
@pytest.mark.parametrize("internal", [False, True])
def test_load_balancers_and_database_can_have_subnets_of_their_own(
    zones: int, internal: bool
) -> None:
    spec = replace(SPEC, separate_subnets=True, availability_zones=zones)
    unit = Unit("network", "camunda", ("network",))
    network = build_network(unit, spec, internal=internal)
    found = blocks(unit)
    assert len(found) == 4 * zones
    assert not any(a.overlaps(b) for a, b in combinations(found.values(), 2))
    assert {each.prefixlen for each in found.values()} == {20 if zones == 3 else 19}
    balancers = network.load_balancer_subnet_ids(public=not internal)
    groups = (network.private_subnet_ids, network.public_subnet_ids, balancers)
    every = [*(each for ids in groups for each in ids), *network.database_subnet_ids]
    assert len(set(map(id, every))) == len(every) == 4 * zones
    routed = {
        each["SubnetId"]["Ref"]: each["RouteTableId"]["Ref"]
        for each in of_type(unit, "SubnetRouteTableAssociation").values()
    }
    assert not [each for each in routed if each.startswith("Database")]
    outside = {subnet for subnet, table in routed.items() if table == "PublicRouteTable"}
    assert any(each.startswith("Balancer") for each in outside) is not internal
    assert not [each for each in outside if each.startswith("Private")]


def test_two_zones_share_the_whole_block() -> None:
    unit = built(replace(SPEC, availability_zones=2))[1]
    assert sum(subnet.num_addresses for subnet in blocks(unit).values()) == 2**16


@pytest.mark.parametrize(
    ("zones", "placed"),
    [
        (
            2,
            [
                {"AvailabilityZone": {"Fn::Select": [n, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}}
                for n in (0, 1)
            ],
        ),
        (
            ("eu-west-2a", "eu-west-2c"),
            [{"AvailabilityZone": "eu-west-2a"}, {"AvailabilityZone": "eu-west-2c"}],
        ),
        (
            ("euw2-az1", "euw2-az3"),
            [{"AvailabilityZoneId": "euw2-az1"}, {"AvailabilityZoneId": "euw2-az3"}],
        ),
    ],
)
def test_zones_are_a_count_or_names_or_ids(
    zones: int | tuple[str, ...], placed: list[dict[str, Any]]
) -> None:
    subnets = of_type(built(replace(SPEC, availability_zones=zones))[1], "Subnet")
    for tier in ("Private", "Public"):
        for number, place in enumerate(placed, 1):
            subnet = subnets[f"{tier}Subnet{number}"]
            assert {k: v for k, v in subnet.items() if k.startswith("AvailabilityZone")} == place


def test_public_subnets_reach_the_internet_and_private_ones_do_not_by_themselves() -> None:
    unit = built(SPEC)[1]
    routes = of_type(unit, "Route")
    assert [route["RouteTableId"] for route in routes.values()] == [{"Ref": "PublicRouteTable"}]
    tables = {
        properties["SubnetId"]["Ref"]: properties["RouteTableId"]["Ref"]
        for properties in of_type(unit, "SubnetRouteTableAssociation").values()
    }
    assert {tables[f"PublicSubnet{n}"] for n in (1, 2, 3)} == {"PublicRouteTable"}
    assert [tables[f"PrivateSubnet{n}"] for n in (1, 2, 3)] == [
        "PrivateRouteTable1",
        "PrivateRouteTable2",
        "PrivateRouteTable3",
    ]
    assert not any(s["MapPublicIpOnLaunch"] for s in of_type(unit, "Subnet").values())


def test_brokers_reach_s3_without_a_nat_gateway() -> None:
    (endpoint,) = of_type(built(SPEC)[1], "VPCEndpoint").values()
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert endpoint["ServiceName"] == {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"}
    assert endpoint["RouteTableIds"] == [{"Ref": f"PrivateRouteTable{n}"} for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("nat_gateways", "used"),
    [
        ("none", []),
        ("single", ["NatGateway1", "NatGateway1", "NatGateway1"]),
        ("per_zone", ["NatGateway1", "NatGateway2", "NatGateway3"]),
    ],
)
def test_each_private_subnet_leaves_through_its_nat_gateway(
    nat_gateways: str, used: list[str]
) -> None:
    unit = egress(replace(SPEC, nat_gateways=nat_gateways))
    routes = of_type(unit, "Route").values()
    assert [route["NatGatewayId"]["Ref"] for route in routes] == used
    assert of_type(unit, "NatGateway").keys() == set(used)
    assert len(of_type(unit, "EIP")) == len(set(used))


def test_nat_gateways_wait_for_the_internet_gateway() -> None:
    unit = egress(SPEC)
    for title in (*of_type(unit, "EIP"), *of_type(unit, "NatGateway")):
        waits = [resource for ready in unit.after[title] for resource in ready.resources]
        assert {"InternetGatewayAttachment", "PublicRoute"} <= set(waits)


@pytest.mark.parametrize(
    ("asked", "services"),
    [
        ((), set()),
        (("logs", "kms"), {"logs", "kms"}),
        (("all",), set(ENDPOINTS)),
    ],
)
def test_interface_endpoints_are_those_asked_for(
    asked: tuple[str, ...], services: set[str]
) -> None:
    endpoints = of_type(egress(replace(SPEC, vpc_endpoints=asked)), "VPCEndpoint").values()
    names = {endpoint["ServiceName"]["Fn::Sub"] for endpoint in endpoints}
    assert names == {f"com.amazonaws.${{AWS::Region}}.{service}" for service in services}
    for endpoint in endpoints:
        assert endpoint["PrivateDnsEnabled"] is True
        assert endpoint["SecurityGroupIds"] == ["sg-6"]
        assert len(endpoint["SubnetIds"]) == 3


def test_endpoints_let_only_this_accounts_principals_through() -> None:
    own = {
        "Sid": "OwnAccount",
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}},
    }
    found = resources(
        network={
            "vpc_endpoints": ["all"],
            "endpoint_policies": {"buckets": ["example-registry-layers"]},
        }
    )
    endpoints = {
        title: json.loads(json.dumps(each["Properties"]["PolicyDocument"]["Statement"]))
        for title, each in found.items()
        if each["Type"] == "AWS::EC2::VPCEndpoint"
    }
    assert len(endpoints) == len(ENDPOINTS) + 1
    s3 = endpoints.pop("S3Endpoint")
    assert all(statements == [own] for statements in endpoints.values())
    assert s3[0] == own and s3[1]["Principal"] == "*" and s3[1]["Action"] == ["s3:GetObject"]
    layers, named = s3[1]["Resource"]
    assert layers["Fn::Sub"].endswith(":s3:::prod-${AWS::Region}-starport-layer-bucket/*")
    assert named["Fn::Sub"][1] == {"Bucket": "example-registry-layers"}


def test_endpoints_in_an_existing_vpc_serve_its_other_users_too() -> None:
    existing = replace(EXISTING, private_route_table_ids=("rtb-1",))
    policies = EndpointPoliciesSpec(buckets=())
    spec = replace(SPEC, existing=existing, vpc_endpoints=("logs",), endpoint_policies=policies)
    for unit in (built(spec)[1], egress(spec)):
        for endpoint in of_type(unit, "VPCEndpoint").values():
            assert "PolicyDocument" not in endpoint


def test_an_existing_vpc_is_left_as_it_is() -> None:
    spec = replace(SPEC, existing=EXISTING)
    network, unit = built(spec)
    assert not unit.resources
    assert not egress(spec).resources
    assert network.vpc_id == "vpc-1"
    assert network.cidr == "172.16.0.0/16"
    assert network.private_subnet_ids == ("subnet-1", "subnet-2")
    assert network.public_subnet_ids == ("subnet-3", "subnet-4")
    assert network.internet.resources == ()


def test_an_existing_vpc_gets_the_endpoints_it_is_asked_to_have() -> None:
    existing = replace(EXISTING, private_route_table_ids=("rtb-1",))
    spec = replace(SPEC, existing=existing, vpc_endpoints=("logs",))
    (gateway,) = of_type(built(spec)[1], "VPCEndpoint").values()
    assert (gateway["VpcId"], gateway["RouteTableIds"]) == ("vpc-1", ["rtb-1"])
    assert list(egress(spec).resources) == ["LogsEndpoint"]

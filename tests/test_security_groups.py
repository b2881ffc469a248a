"""Who may talk to whom, read from the rules as EC2 would read them."""

import re
from dataclasses import replace
from typing import Any

import pytest

from camformation.components.access_spec import AccessSpec, TlsSpec
from camformation.components.network import Network
from camformation.components.security_groups import build_security_groups
from camformation.units import Ready, Unit

VPC = "10.190.0.0/16"
NETWORK = Network(
    vpc_id="vpc-1",
    cidr=VPC,
    ipv6_cidr=None,
    public_subnet_ids=(),
    private_subnet_ids=(),
    private_route_table_ids=(),
    internet=Ready("network", ()),
    ipv6=Ready("network", ()),
    routed=Ready("network", ()),
)
TLS = TlsSpec(
    hostname="camunda.example.com",
    grpc_hostname=None,
    certificate_arn="arn",
    grpc_certificate_arn=None,
    hosted_zone_id=None,
    private_hosted_zone_id=None,
    grpc_hosted_zone_id=None,
    grpc_private_hosted_zone_id=None,
    policy="",
)
CLOSED = AccessSpec(
    allowed_cidrs=(),
    allowed_prefix_list_ids=(),
    scheme="internet-facing",
    ip_address_type="ipv4",
    http=True,
    grpc=True,
    tls=None,
    target_tls=None,
    waf=None,
    desync_mitigation="defensive",
    deletion_protection=False,
    management_port="closed",
    vpc_clients=False,
    alb_security_group_ids=(),
    nlb_security_group_ids=(),
)
Flow = tuple[str, str, int, int]
MINIMUM: set[Flow] = {
    ("Alb", "Orchestration", 8080, 8080),
    ("Alb", "Orchestration", 9600, 9600),
    ("Nlb", "Orchestration", 26500, 26500),
    ("Nlb", "Orchestration", 9600, 9600),
    ("Orchestration", "Orchestration", 8080, 8080),
    ("Orchestration", "Orchestration", 9600, 9600),
    ("Orchestration", "Orchestration", 26500, 26502),
    ("Orchestration", "Database", 5432, 5432),
    ("Orchestration", "FileSystem", 2049, 2049),
}


def built(
    spec: AccessSpec, *, connectors: bool = False, seed: bool = False, endpoints: bool = False
) -> dict[str, dict[str, Any]]:
    unit = Unit("security_groups", "camunda", ("access",))
    build_security_groups(
        unit, spec, NETWORK, connectors=connectors, seed=seed, endpoints=endpoints
    )
    return {title: resource.to_dict() for title, resource in unit.resources.items()}


def flows(resources: dict[str, dict[str, Any]], direction: str) -> set[Flow]:
    """Return (source, target, first port, last port) of the rules of one direction."""
    rules = [
        resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == f"AWS::EC2::SecurityGroup{direction}"
    ]
    assert all(rule["IpProtocol"] == "tcp" for rule in rules)
    found = set()
    for rule in rules:
        own = rule["GroupId"]["Fn::GetAtt"][0].removesuffix("SecurityGroup")
        cidr = rule.get("CidrIp") or rule.get("CidrIpv6")
        group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
        peer = cidr or group["Fn::GetAtt"][0].removesuffix("SecurityGroup")
        ends = (peer, own) if direction == "Ingress" else (own, peer)
        found.add((*ends, rule["FromPort"], rule["ToPort"]))
    assert len(found) == len(rules)
    return found


def to_internet(*groups: str) -> set[Flow]:
    return {(group, "0.0.0.0/0", port, port) for group in groups for port in (80, 443)}


def test_a_closed_deployment_lets_nothing_in_but_its_own_parts() -> None:
    resources = built(CLOSED)
    assert flows(resources, "Ingress") == MINIMUM
    assert flows(resources, "Egress") == MINIMUM | to_internet("Orchestration")


def test_connectors_the_seed_and_endpoints_add_their_own_flows_only() -> None:
    resources = built(CLOSED, connectors=True, seed=True, endpoints=True)
    between = MINIMUM | {
        ("Alb", "Connectors", 8080, 8080),
        ("Connectors", "Orchestration", 8080, 8080),
        ("Connectors", "Orchestration", 26500, 26500),
        ("Seed", "Database", 5432, 5432),
    }
    tasks = ("Orchestration", "Connectors", "Seed")
    assert flows(resources, "Ingress") == between | {(t, "Endpoints", 443, 443) for t in tasks}
    assert flows(resources, "Egress") == between | to_internet(*tasks)


@pytest.mark.parametrize(
    ("change", "added"),
    [
        (
            {"allowed_cidrs": ("203.0.113.0/24",)},
            {("203.0.113.0/24", "Alb", 80, 80), ("203.0.113.0/24", "Nlb", 26500, 26500)},
        ),
        (
            {"allowed_cidrs": ("2001:db8::/32",), "tls": TLS},
            {
                ("2001:db8::/32", "Alb", 80, 80),
                ("2001:db8::/32", "Alb", 443, 443),
                ("2001:db8::/32", "Nlb", 26500, 26500),
            },
        ),
        (
            {"allowed_cidrs": ("0.0.0.0/0",), "management_port": "public"},
            {
                ("0.0.0.0/0", "Alb", 80, 80),
                ("0.0.0.0/0", "Alb", 9600, 9600),
                ("0.0.0.0/0", "Nlb", 26500, 26500),
            },
        ),
        ({"management_port": "vpc"}, {(VPC, "Alb", 9600, 9600)}),
        (
            {"vpc_clients": True},
            {(VPC, "Orchestration", 8080, 8080), (VPC, "Orchestration", 26500, 26500)},
        ),
    ],
)
def test_access_opens_what_it_says_and_nothing_else(
    change: dict[str, Any], added: set[Flow]
) -> None:
    resources = built(replace(CLOSED, **change))
    assert flows(resources, "Ingress") == MINIMUM | added
    assert flows(resources, "Egress") == MINIMUM | to_internet("Orchestration")


def test_an_ipv6_block_is_an_ipv6_rule() -> None:
    rules = [
        resource["Properties"]
        for resource in built(replace(CLOSED, allowed_cidrs=("2001:db8::/32",))).values()
        if "CidrIpv6" in resource["Properties"]
    ]
    assert {rule["CidrIpv6"] for rule in rules} == {"2001:db8::/32"}
    assert not any("CidrIp" in rule for rule in rules)


def test_no_group_keeps_the_rule_that_lets_everything_out() -> None:
    groups = [
        resource["Properties"]
        for resource in built(CLOSED, connectors=True, seed=True, endpoints=True).values()
        if resource["Type"] == "AWS::EC2::SecurityGroup"
    ]
    assert len(groups) == 8
    for group in groups:
        assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["127.0.0.1/32"]
        assert "SecurityGroupIngress" not in group


def test_the_order_and_number_of_allowed_blocks_renames_no_rule() -> None:
    one, other = "203.0.113.0/24", "198.51.100.0/24"
    both = built(replace(CLOSED, allowed_cidrs=(one, other)))
    assert built(replace(CLOSED, allowed_cidrs=(other, one))) == both
    alone = built(replace(CLOSED, allowed_cidrs=(other,)))
    assert alone.items() <= both.items()


def test_a_block_that_is_named_twice_is_allowed_once() -> None:
    once = built(replace(CLOSED, allowed_cidrs=("203.0.113.0/24",)))
    assert built(replace(CLOSED, allowed_cidrs=("203.0.113.0/24", "203.0.113.0/24"))) == once


def test_descriptions_are_written_in_characters_that_ec2_takes() -> None:
    spec = replace(CLOSED, allowed_cidrs=("0.0.0.0/0",), management_port="vpc", vpc_clients=True)
    for resource in built(spec, connectors=True, seed=True, endpoints=True).values():
        properties = resource["Properties"]
        texts = [properties.get("Description") or properties["GroupDescription"]]
        texts += [rule["Description"] for rule in properties.get("SecurityGroupEgress", [])]
        for text in texts:  # Amazon EC2 API reference, IpRange
            assert re.fullmatch(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{1,255}", text)


def test_prefix_lists_get_in_like_blocks() -> None:
    rules = built(replace(CLOSED, allowed_prefix_list_ids=("pl-0a1b2c3d",), tls=TLS))
    entering = {
        (title.partition("From")[0], rule["Properties"]["FromPort"])
        for title, rule in rules.items()
        if rule["Properties"].get("SourcePrefixListId") == "pl-0a1b2c3d"
    }
    assert entering == {("Alb", 80), ("Alb", 443), ("Nlb", 26500)}

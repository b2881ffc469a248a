"""Outbound rules of tasks: the default, what a spec lists, and what follows from it by itself."""

import re
from typing import Any

import pytest

from camformation.audit.matrix import flows
from camformation.components.s3_prefix_lists import S3_PREFIX_LISTS
from camformation.diagnostics import Finding
from camformation.layout import Layout
from camformation.regions import PARTITIONS
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

Rule = tuple[str, str, Any, Any]
KINDS = ("CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId")
WEB = {("CidrIp", "0.0.0.0/0", port, port) for port in (80, 443)}
S3 = {"prefix_list_id": "pl-0a1b2c3d", "ports": [443]}
IMAGE = "111122223333.dkr.ecr.eu-west-2.amazonaws.com/camunda:8.10"
TLS = {"tls": {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}}
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:oidc-a1B2c3"


def oidc(issuer: str, token_url: str = "https://idp.example.com/token") -> dict[str, Any]:
    client = {"client_id": "connectors", "client_secret_arn": SECRET, "token_url": token_url}
    return {
        "mode": "oidc",
        "oidc": {
            "issuer": issuer,
            "client_id": "camunda",
            "client_secret_arn": SECRET,
            "audiences": ["camunda"],
            "client_id_claim": "client_id",
            "admin": {"users": ["jane"]},
            "connectors": client,
        },
    }


def outside(group: str, **sections: Any) -> set[Rule]:
    """Return the rules that lead out of the deployment from a task's group."""
    found = set()
    for each in resources(**sections).values():
        if each["Type"] != "AWS::EC2::SecurityGroupEgress":
            continue
        given = each["Properties"]
        (kind,) = [kind for kind in KINDS if kind in given]
        owner = given["GroupId"]["Fn::GetAtt"][0]
        if owner == f"{group}SecurityGroup" and isinstance(given[kind], str):
            found.add((kind, given[kind], given.get("FromPort"), given.get("ToPort")))
    return found


def said(code: str, **sections: Any) -> list[Finding]:
    return [each for each in findings(deployment(**sections)) if each.code == code]


def test_tasks_reach_the_web_and_nothing_else_by_default() -> None:
    for group in ("Orchestration", "Connectors", "Seed"):
        assert outside(group) == WEB


NO_NAT: dict[str, Any] = {"nat_gateways": "none", "vpc_endpoints": ["all"]}
LISTED = {("DestinationPrefixListId", "pl-7ca54015", 443, 443)}
TASKS = ("Orchestration", "Connectors", "Seed", "Ops")


@pytest.mark.parametrize(
    ("network", "region", "expected"),
    [
        ({**NO_NAT, "egress": {"default": "routed"}}, "eu-west-2", LISTED),
        ({**NO_NAT, "egress": {"default": "open"}}, "eu-west-2", WEB),
        ({**NO_NAT}, "eu-west-2", WEB),
        ({"egress": {"default": "routed"}}, "eu-west-2", WEB),
        ({**NO_NAT, "egress": {"default": "routed"}}, "af-south-1", WEB),
        (
            {**NO_NAT, "egress": {"default": "routed", "s3_prefix_list_id": "pl-7ca54015"}},
            "af-south-1",
            LISTED,
        ),
        ({"egress": {"default": "closed", "s3_prefix_list_id": "pl-7ca54015"}}, None, LISTED),
    ],
)
def test_outbound_rules_follow_the_routes(
    network: dict[str, Any], region: str | None, expected: set[Rule]
) -> None:
    given = {
        "network": network,
        "operations": {"task": {}},
        **({"region": region} if region else {}),
    }
    for group in TASKS:
        own = WEB - {("CidrIp", "0.0.0.0/0", 80, 80)} if group == "Ops" else WEB
        assert outside(group, **given) == (own if expected == WEB else expected)


def test_tasks_without_a_route_out_reach_endpoints_and_storage_alone() -> None:
    found = resources(region="eu-west-2", network={**NO_NAT, "egress": {"default": "routed"}})
    for group in ("Orchestration", "Connectors", "Seed"):
        assert f"{group}ToS3Port443" in found and f"{group}ToEndpointsPort443" in found
    assert "0.0.0.0/0" not in {
        each["Properties"].get("CidrIp")
        for each in found.values()
        if each["Type"] == "AWS::EC2::SecurityGroupEgress"
    }


def test_the_list_of_a_region_that_is_not_known_yet_is_looked_up() -> None:
    network = {**NO_NAT, "egress": {"default": "routed"}}
    (template,) = templates(Layout.FLAT, network=network).values()
    lists = template["Mappings"]["S3PrefixLists"]
    assert lists["eu-west-2"] == {"Id": "pl-7ca54015"}
    rule = template["Resources"]["OrchestrationToS3Port443"]["Properties"]
    looked_up = {"Fn::FindInMap": ["S3PrefixLists", {"Ref": "AWS::Region"}, "Id"]}
    assert rule["DestinationPrefixListId"] == looked_up
    assert {each.target for each in flows(template) if each.first == 443} >= {
        "S3PrefixLists of AWS::Region"
    }


def test_every_known_list_is_of_a_region() -> None:
    assert set(S3_PREFIX_LISTS) <= set(PARTITIONS["aws"])
    assert all(re.fullmatch("pl-[0-9a-f]{8}", each) for each in S3_PREFIX_LISTS.values())


def test_closed_rules_leave_nothing_but_what_is_listed() -> None:
    closed = {"default": "closed", "destinations": [S3]}
    own = [{"cidr": "10.20.30.0/24", "ports": ["9092-9096"]}]
    sections: dict[str, Any] = {"network": {"egress": closed}, "connectors": {"egress": own}}
    listed: Rule = ("DestinationPrefixListId", "pl-0a1b2c3d", 443, 443)
    assert outside("Orchestration", **sections) == {listed}
    assert outside("Seed", **sections) == {listed}
    assert outside("Connectors", **sections) == {listed, ("CidrIp", "10.20.30.0/24", 9092, 9096)}


def test_closed_rules_lead_to_interface_endpoints() -> None:
    """Open ones reach them on port 443 of every address."""

    def flows(default: str) -> set[str]:
        network = {"vpc_endpoints": ["kms"], "egress": {"default": default, "destinations": [S3]}}
        return {title for title in resources(network=network) if "Endpoints" in title}

    into = {f"EndpointsFrom{task}Port443" for task in ("Orchestration", "Connectors", "Seed")}
    out = {f"{task}ToEndpointsPort443" for task in ("Orchestration", "Connectors", "Seed")}
    assert into < flows("open") and not out & flows("open")
    assert into | out < flows("closed")


def test_every_kind_of_destination_becomes_its_property() -> None:
    own = [
        {"cidr": "10.1.0.0/16", "ports": [9092, 9094]},
        {"ipv6_cidr": "2001:db8::/32", "ports": [53], "protocol": "udp"},
        {"prefix_list_id": "pl-0a1b2c3d", "ports": [22]},
        {"security_group_id": "sg-0a1b2c3d", "protocol": "all", "description": "Everything there"},
    ]
    assert outside("Connectors", connectors={"egress": own}) - WEB == {
        ("CidrIp", "10.1.0.0/16", 9092, 9092),
        ("CidrIp", "10.1.0.0/16", 9094, 9094),
        ("CidrIpv6", "2001:db8::/32", 53, 53),
        ("DestinationPrefixListId", "pl-0a1b2c3d", 22, 22),
        ("DestinationSecurityGroupId", "sg-0a1b2c3d", None, None),
    }
    rules = [
        each["Properties"]
        for title, each in resources(connectors={"egress": own}).items()
        if title.startswith("ConnectorsTo")
    ]
    by_protocol = {each["Description"]: each["IpProtocol"] for each in rules}
    assert by_protocol["Everything there"] == "-1"
    assert {each["IpProtocol"] for each in rules} == {"tcp", "udp", "-1"}
    assert outside("Orchestration", connectors={"egress": own}) == WEB


def test_a_destination_that_is_listed_twice_is_one_rule() -> None:
    """EC2 refuses the second of two equal rules (InvalidPermission.Duplicate)."""
    same = {"cidr": "10.1.0.0/16", "ports": [443]}
    world = {"cidr": "0.0.0.0/0", "ports": [80, 443, 8443]}
    sections: dict[str, Any] = {
        "network": {"egress": {"destinations": [same, world]}},
        "connectors": {"egress": [{**same, "description": "Again"}, world]},
    }
    found = [
        tuple(sorted((key, str(value)) for key, value in each["Properties"].items()))
        for title, each in resources(**sections).items()
        if title.startswith("ConnectorsTo")
    ]
    without = [tuple(pair for pair in each if pair[0] != "Description") for each in found]
    assert len(set(without)) == len(without)
    assert ("CidrIp", "0.0.0.0/0", 8443, 8443) in outside("Connectors", **sections)


def test_the_order_of_destinations_means_nothing_to_a_template() -> None:
    one, two = {"cidr": "10.1.0.0/16", "ports": [9092]}, {"cidr": "10.2.0.0/16", "ports": [9092]}
    names = [set(resources(connectors={"egress": each})) for each in ([one, two], [two, one])]
    assert names[0] == names[1]


# What follows by itself


def test_a_provider_on_another_port_is_reached_by_those_who_ask_it() -> None:
    sections: dict[str, Any] = {
        "access": TLS,
        "authentication": oidc("https://idp.example.com:8443/x", "https://idp.example.com:9443/t"),
    }
    assert outside("Orchestration", **sections) - WEB == {("CidrIp", "0.0.0.0/0", 8443, 8443)}
    assert outside("Connectors", **sections) - WEB == {("CidrIp", "0.0.0.0/0", 9443, 9443)}
    assert outside("Seed", **sections) == WEB
    assert not said("CAM157", **sections)


def test_a_providers_address_is_all_that_is_opened_for_it() -> None:
    sections: dict[str, Any] = {"access": TLS, "authentication": oidc("https://10.1.2.3:8443/x")}
    assert outside("Orchestration", **sections) - WEB == {("CidrIp", "10.1.2.3/32", 8443, 8443)}


def test_a_provider_that_is_listed_or_patched_gets_no_second_rule() -> None:
    own = [{"cidr": "10.1.0.0/16", "ports": [8443]}]
    auth = oidc("https://idp.example.com:8443/x")
    sections: dict[str, Any] = {"access": TLS, "authentication": auth}
    listed = outside("Orchestration", **sections, orchestration={"egress": own})
    assert listed - WEB == {("CidrIp", "10.1.0.0/16", 8443, 8443)}
    value = {
        "Type": "AWS::EC2::SecurityGroupEgress",
        "Properties": {
            "GroupId": {"Fn::GetAtt": ["OrchestrationSecurityGroup", "GroupId"]},
            **{"IpProtocol": "tcp", "CidrIp": "0.0.0.0/0", "FromPort": 8443, "ToPort": 8443},
        },
    }
    patch = [{"op": "add", "path": "/Resources/OrchestrationToIdp", "value": value}]
    patches = [{"component": "network", "patch": patch}]
    assert outside("Orchestration", **sections, patches=patches) == WEB


def test_a_provider_that_is_not_used_opens_nothing() -> None:
    auth = {**oidc("https://idp.example.com:8443/x"), "mode": "basic"}
    assert outside("Orchestration", authentication=auth) == WEB


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://10.1.2.3:3128", {("CidrIp", "10.1.2.3/32", 3128, 3128)}),
        ("http://proxy.example.com:3128", {("CidrIp", "0.0.0.0/0", 3128, 3128)}),
        ("http://proxy.example.com:80", set()),
    ],
)
def test_tasks_reach_the_proxy(address: str, expected: set[Rule]) -> None:
    network = {"proxy": {"address": address}}
    for group in ("Orchestration", "Connectors"):
        assert outside(group, network=network) - WEB == expected
    assert outside("Seed", network=network) == WEB  # it talks to the database alone


def test_a_listed_network_is_where_the_proxy_is() -> None:
    egress = {"destinations": [{"cidr": "10.1.0.0/24", "ports": [3128]}]}
    network = {"proxy": {"address": "http://proxy.example.com:3128"}, "egress": egress}
    expected = {("CidrIp", "10.1.0.0/24", 3128, 3128)}
    assert outside("Orchestration", network=network) - WEB == expected


# Rules


SECOND = {**S3, "prefix_list_id": "pl-0a1b2c3e"}
PRIVATE = {"cidr": "10.0.0.0/8", "ports": [443]}
WAYS_OUT: dict[str, dict[str, Any]] = {
    "everywhere": {"destinations": [{"cidr": "0.0.0.0/0", "ports": [443]}]},
    "every port": {"destinations": [{"cidr": "10.0.0.0/8", "protocol": "all"}]},
    "two lists": {"destinations": [S3, SECOND]},
    "a proxy": {"destinations": [S3, PRIVATE], "proxy": {"address": "http://10.0.0.7:3128"}},
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_closed_rules_with_a_way_out_are_sound(way: str) -> None:
    given = WAYS_OUT[way]
    egress = {"default": "closed", "destinations": given["destinations"]}
    found = findings(deployment(network={"egress": egress, "proxy": given.get("proxy")}))
    assert not [each for each in found if each.code in ("CAM118", "CAM119", "CAM127", "CAM157")]


def test_one_prefix_list_is_enough_where_everything_else_is_in_the_vpc() -> None:
    sections: dict[str, Any] = {
        "network": {
            "nat_gateways": "none",
            "vpc_endpoints": ["all"],
            "egress": {"default": "closed", "destinations": [S3]},
        },
        "orchestration": {"image": IMAGE},
        "connectors": {"image": IMAGE},
        "database": {"seed_image": IMAGE},
    }
    assert not said("CAM118", **sections) and not said("CAM156", **sections)
    sections["connectors"] = {"image": "camunda/connectors-bundle:8.10.1"}
    (one,) = said("CAM118", **sections)
    assert "connectors can reach one prefix list" in one.message and one.severity == "warning"


def test_listed_ports_are_no_longer_reported_as_blocked() -> None:
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example.com:9096"}
    own = [{"cidr": "10.20.30.0/24", "ports": ["9092-9096"]}]
    assert said("CAM157", connectors={"environment": kafka})
    assert not said("CAM157", connectors={"environment": kafka, "egress": own})
    assert not said(
        "CAM157",
        connectors={"environment": kafka},
        network={"egress": {"destinations": own}},
    )
    sections: dict[str, Any] = {"connectors": {"environment": kafka}}
    assert said("CAM157", **sections, orchestration={"egress": own})  # of another service


def test_closed_rules_drop_what_is_on_port_443_too() -> None:
    egress = {"default": "closed", "destinations": [S3]}
    environment = {"API": "http://api.example.com/"}
    (one,) = said("CAM157", network={"egress": egress}, connectors={"environment": environment})
    assert one.message == "tasks cannot reach api.example.com on port 80: no outbound rule opens it"


def test_requests_through_the_proxy_need_no_rule_of_their_own() -> None:
    environment = {"API": "https://api.example.com:8443/v1", "BROKERS": "kafka.example.com:9092"}
    network: dict[str, Any] = {"proxy": {"address": "http://proxy.example.com:3128"}}
    (one,) = said("CAM157", network=network, connectors={"environment": environment})
    assert "kafka.example.com" in one.message
    network["proxy"]["exceptions"] = [".example.com"]
    assert len(said("CAM157", network=network, connectors={"environment": environment})) == 2


@pytest.mark.parametrize("layout", list(Layout))
def test_destinations_are_in_both_layouts(layout: Layout) -> None:
    found = templates(layout, connectors={"egress": [{"cidr": "10.1.0.0/16", "ports": [9092]}]})
    titles = [title for each in found.values() for title in each["Resources"]]
    assert len([title for title in titles if title.endswith("Port9092")]) == 1

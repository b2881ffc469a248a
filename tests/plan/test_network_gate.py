"""The network stays under what lives in it; load balancers take their target groups along."""

import copy
import json
from typing import Any

import pytest

from camformation.deploy.plan.given import given_values
from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from deployments import templates

each_layout = pytest.mark.parametrize("layout", Layout)

PRIVATE = [f"subnet-0a1b2c3d4e5f6000{n}" for n in (1, 2, 3)]
PUBLIC = [f"subnet-0a1b2c3d4e5f6001{n}" for n in (1, 2, 3)]
TABLES = [f"rtb-0a1b2c3d4e5f6000{n}" for n in (1, 2, 3)]
DATABASE = [f"subnet-0a1b2c3d4e5f6002{n}" for n in (1, 2)]
BALANCERS = [f"subnet-0a1b2c3d4e5f6003{n}" for n in (1, 2, 3)]
EVERY_PORT = {"cidr": "10.0.0.0/8", "protocol": "all"}
GROUP = "sg-0a1b2c3d4e5f60718"
OTHER = "subnet-00000000"  # comes first in any order
EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.20.0.0/16",
    "private_subnet_ids": PRIVATE,
    "public_subnet_ids": PUBLIC,
    "private_route_table_ids": TABLES,
}
ANOTHER = {
    **EXISTING,
    "vpc_id": "vpc-1111111111111111a",
    "private_subnet_ids": ["subnet-1111111111111111a", "subnet-1111111111111111b"],
    "public_subnet_ids": ["subnet-1111111111111111c", "subnet-1111111111111111d"],
    "private_route_table_ids": [],
}
OWN: dict[str, Any] = {}


def existing(**changed: Any) -> dict[str, Any]:
    return {"network": {"existing": {**EXISTING, **changed}}}


def planned(layout: Layout, before: dict[str, Any], after: dict[str, Any], *allow: str) -> Plan:
    old = json.loads(json.dumps(templates(layout, **before)))
    return make_plan(old, templates(layout, **after), allow=allow)


def blocked(plan: Plan) -> list[tuple[str, str | None]]:
    return [(block.code, block.logical_id) for block in plan.blocks]


def mount_target(subnet: str) -> str:
    return "MountTarget" + subnet.removeprefix("subnet-")


REFUSED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (OWN, existing(), ["Vpc"]),
    (existing(), OWN, ["AlbSecurityGroup"]),
    (existing(), {"network": {"existing": ANOTHER}}, ["AlbSecurityGroup"]),
    (existing(), existing(vpc_id=ANOTHER["vpc_id"]), ["AlbSecurityGroup"]),
    (existing(), existing(private_subnet_ids=[*PRIVATE[:2], OTHER]), [mount_target(PRIVATE[2])]),
    (existing(), existing(private_subnet_ids=PRIVATE[1:]), [mount_target(PRIVATE[0])]),
    (OWN, {"network": {"cidr": "10.0.0.0/16"}}, ["Vpc"]),
    (existing(), existing(database_subnet_ids=DATABASE), ["DatabaseSubnetGroup"]),
    (existing(database_subnet_ids=DATABASE), existing(), ["DatabaseSubnetGroup"]),
    (
        existing(database_subnet_ids=DATABASE),
        existing(database_subnet_ids=[DATABASE[0], OTHER]),
        ["DatabaseSubnetGroup"],
    ),
    (
        {"network": {"availability_zones": ["euw2-az1", "euw2-az2"]}},
        {"network": {"availability_zones": ["euw2-az1", "euw2-az3"]}},
        ["PrivateSubnet2"],  # and PublicSubnet2
    ),
    (
        {"network": {"availability_zones": 3}},
        {"network": {"availability_zones": 2}},
        ["PrivateSubnet3", "PrivateSubnet1"],  # what is deleted, and what is replaced
    ),
]


@each_layout
@pytest.mark.parametrize(("before", "after", "names"), REFUSED)
def test_another_network_is_blocked_and_allowed_by_name(
    layout: Layout, before: dict[str, Any], after: dict[str, Any], names: list[str]
) -> None:
    plan = planned(layout, before, after)
    assert sorted(blocked(plan)) == sorted(("CAM656", name) for name in names)
    assert plan.exit_code == 3
    assert planned(layout, before, after, *(f"CAM656:{name}" for name in names)).exit_code == 2


@each_layout
def test_another_order_is_no_change(layout: Layout) -> None:
    apart = {"database_subnet_ids": DATABASE, "load_balancer_subnet_ids": BALANCERS}
    before = templates(layout, **existing(**apart))
    after = templates(
        layout,
        **existing(
            private_subnet_ids=[PRIVATE[2], PRIVATE[0], PRIVATE[1]],
            public_subnet_ids=PUBLIC[::-1],
            private_route_table_ids=TABLES[::-1],
            database_subnet_ids=DATABASE[::-1],
            load_balancer_subnet_ids=BALANCERS[::-1],
        ),
    )
    assert {n: json.dumps(t) for n, t in after.items()} == {
        n: json.dumps(t) for n, t in before.items()
    }


@each_layout
@pytest.mark.parametrize("field", ["allowed_cidrs", "allowed_prefix_list_ids"])
def test_the_same_networks_in_another_order_are_no_change(layout: Layout, field: str) -> None:
    peers = (
        ["192.0.2.0/24", "10.0.0.0/8"]
        if field == "allowed_cidrs"
        else ["pl-11111111", "pl-22222222"]
    )
    one, other = (
        {n: json.dumps(t) for n, t in templates(layout, access={field: each}).items()}
        for each in (peers, peers[::-1])
    )
    assert one == other


@each_layout
@pytest.mark.parametrize(
    "changed",
    [
        {"private_subnet_ids": [OTHER, *PRIVATE]},
        {"public_subnet_ids": [*PUBLIC, OTHER]},
        {"public_subnet_ids": PUBLIC[1:]},
        {"private_route_table_ids": TABLES[1:]},
        {"cidr": "10.0.0.0/8"},
        {"load_balancer_subnet_ids": [*PUBLIC, OTHER]},
        {"database_subnet_ids": [*PRIVATE, *DATABASE]},
    ],
)
def test_what_an_existing_vpc_may_gain_is_not_blocked(
    layout: Layout, changed: dict[str, Any]
) -> None:
    plan = planned(layout, existing(), existing(**changed))
    assert (plan.gate, plan.exit_code) == ((), 2)


@each_layout
def test_one_subnet_more_is_one_mount_target_more(layout: Layout) -> None:
    plan = planned(layout, existing(), existing(private_subnet_ids=[OTHER, *PRIVATE]))
    moved = {c.logical_id: str(c.action) for c in plan.changes() if "MountTarget" in c.logical_id}
    assert moved == {"MountTarget00000000": "add"}


@each_layout
@pytest.mark.parametrize(
    "changed",
    [{"public_subnet_ids": [*PUBLIC[:2], OTHER]}, {"load_balancer_subnet_ids": BALANCERS}],
)
def test_a_network_load_balancer_that_swaps_subnets_is_a_warning(
    layout: Layout, changed: dict[str, Any]
) -> None:
    plan = planned(layout, existing(), existing(**changed))
    assert [(b.code, b.logical_id, b.severity) for b in plan.gate] == [
        ("CAM656", "GrpcLoadBalancer", Severity.WARNING)
    ]


SPEC = """
name: camunda
network:
  existing:
    vpc_id: vpc-0a1b2c3d4e5f60718
    cidr: 10.20.0.0/16
    private_subnet_ids: [{subnets}]
parameters:
  VpcId: network.existing.vpc_id
  Subnet1: network.existing.private_subnet_ids.0
  Subnet2: network.existing.private_subnet_ids.1
access:
  scheme: internal
"""


def with_parameters(layout: Layout, *subnets: str, more: str = "") -> Compiled:
    text = SPEC.replace("{subnets}", ", ".join(subnets)).replace(
        "parameters:", "parameters:" + more
    )
    return compile_spec("spec.yaml", lambda _: text.encode(), layout)


def replanned(before: Compiled, after: Compiled) -> Plan:
    old = {each.name: each.default for each in before.parameters}
    new = given_values(after.parameters, old)
    return make_plan(before.templates, after.templates, parameters=(old, new))


@each_layout
def test_subnets_that_are_parameters_keep_theirs_in_another_order(layout: Layout) -> None:
    before = with_parameters(layout, *PRIVATE[:2])
    assert replanned(before, with_parameters(layout, PRIVATE[1], PRIVATE[0])).exit_code == 0
    more = "\n  Subnet3: network.existing.private_subnet_ids.2"
    plan = replanned(before, with_parameters(layout, OTHER, *PRIVATE[:2], more=more))
    assert (plan.gate, plan.exit_code) == ((), 2)
    assert [c.logical_id for c in plan.changes() if str(c.action) == "add"] == ["MountTarget3"]
    plan = replanned(before, with_parameters(layout, PRIVATE[0], OTHER))
    assert blocked(plan) == [("CAM656", "MountTarget2")]


@each_layout
def test_another_vpc_through_a_parameter_is_blocked(layout: Layout) -> None:
    compiled = with_parameters(layout, *PRIVATE[:2])
    old = {each.name: each.default for each in compiled.parameters}
    plan = make_plan(
        compiled.templates,
        compiled.templates,
        parameters=(old, {**old, "VpcId": "vpc-1111111111111111a"}),
    )
    assert blocked(plan) == [("CAM656", "AlbSecurityGroup")]


@each_layout
def test_a_file_system_that_goes_takes_its_mount_targets_along(layout: Layout) -> None:
    """What is blocked then is the loss of the file system."""
    old = json.loads(json.dumps(templates(layout, **existing())))
    new = copy.deepcopy(old)
    for template in new.values():
        for name in [n for n in template["Resources"] if n.startswith(("MountT", "FileSystem"))]:
            if not name.endswith(("Group",)) and "From" not in name and "To" not in name:
                del template["Resources"][name]
    assert "CAM656" not in {block.code for block in make_plan(old, new).gate}


SCHEMES: list[dict[str, Any]] = [
    {},
    {"connectors": {"enabled": False}},
    {"access": {"management_port": "vpc"}},
]


@each_layout
@pytest.mark.parametrize("more", SCHEMES)
@pytest.mark.parametrize(
    "schemes", [("internet-facing", "internal"), ("internal", "internet-facing")]
)
def test_another_scheme_replaces_target_groups_with_the_load_balancers(
    layout: Layout, more: dict[str, Any], schemes: tuple[str, str]
) -> None:
    before, after = (
        {**more, "access": {**more.get("access", {}), "scheme": scheme}} for scheme in schemes
    )
    plan = planned(layout, before, after)
    assert {(block.code, block.severity) for block in plan.gate} == {("CAM761", Severity.WARNING)}
    replaced = {c.logical_id for c in plan.changes() if str(c.action) == "replace"}
    expected = {
        name
        for template in templates(layout, **after).values()
        for name, each in template["Resources"].items()
        if each["Type"].startswith("AWS::ElasticLoadBalancingV2::")
    }
    assert replaced == expected
    services = [c for c in plan.changes() if c.type == "AWS::ECS::Service"]
    assert services and all(str(c.action) == "change" for c in services)


def patched(layout: Layout, **properties: Any) -> Plan:
    old = json.loads(json.dumps(templates(layout)))
    new = copy.deepcopy(old)
    template = new["root" if layout is Layout.FLAT else "load_balancers"]
    template["Resources"]["WebLoadBalancer"]["Properties"].update(properties)
    return make_plan(old, new)


@each_layout
def test_a_load_balancer_does_not_leave_its_target_groups_behind(layout: Layout) -> None:
    plan = patched(layout, Name="another")
    assert blocked(plan) == [("CAM657", "WebLoadBalancer")]
    assert "RestTargetGroup" in plan.blocks[0].message and "Grpc" not in plan.blocks[0].message
    assert patched(layout, IpAddressType="dualstack").gate == ()


@each_layout
@pytest.mark.parametrize(
    "after",
    [
        {"access": {"management_port": "vpc"}},
        {"connectors": {"enabled": False}},
        {"network": {"nat_gateways": "none", "vpc_endpoints": ["all"]}},
        {"access": {"allowed_cidrs": ["192.0.2.0/24"]}},
        {"access": {"alb_security_group_ids": [GROUP], "nlb_security_group_ids": [GROUP]}},
        {"database": {"security_group_ids": [GROUP]}},
        {"storage": {"efs": {"security_group_ids": [GROUP]}}},
        {"orchestration": {"security_group_ids": [GROUP]}},
        {"network": {"egress": {"default": "closed", "destinations": [EVERY_PORT]}}},
        {"network": {"proxy": {"address": "http://proxy.example.com:3128"}}},
        {
            "access": {
                "tls": {
                    "hostname": "camunda.example.com",
                    "certificate_arn": "arn:aws:acm:eu-west-2:111122223333:certificate/"
                    "1234abcd-12ab-34cd-56ef-1234567890ab",
                }
            }
        },
    ],
)
def test_changes_at_the_edge_are_not_blocked(layout: Layout, after: dict[str, Any]) -> None:
    assert not planned(layout, {}, after).blocks
    assert not planned(layout, after, {}).blocks

"""Subnets and security groups that exist: who is in which."""

from typing import Any

import pytest

from camformation.rules.everything import findings
from deployments import deployment, resources

PRIVATE = [f"subnet-0a1b2c3d4e5f6000{zone}" for zone in (1, 2, 3)]
PUBLIC = [f"subnet-0a1b2c3d4e5f6001{zone}" for zone in (1, 2, 3)]
DATABASE = [f"subnet-0a1b2c3d4e5f6002{zone}" for zone in (1, 2)]
BALANCERS = [f"subnet-0a1b2c3d4e5f6003{zone}" for zone in (1, 2, 3)]
GROUP = "sg-0a1b2c3d4e5f60718"


def existing(**fields: Any) -> dict[str, Any]:
    vpc = {"vpc_id": "vpc-0a1b2c3d4e5f60718", "cidr": "10.20.0.0/16"}
    return {"existing": {**vpc, "private_subnet_ids": PRIVATE, **fields}}


def subnets(**sections: Any) -> dict[str, list[str]]:
    """Return the subnets of the database, the load balancers, the file system and the tasks."""
    found = resources(**sections)
    service = found["OrchestrationService"]["Properties"]["NetworkConfiguration"]
    return {
        "database": found["DatabaseSubnetGroup"]["Properties"]["SubnetIds"],
        "balancers": found["WebLoadBalancer"]["Properties"]["Subnets"],
        "tasks": service["AwsvpcConfiguration"]["Subnets"],
        "files": [
            each["Properties"]["SubnetId"]
            for each in found.values()
            if each["Type"] == "AWS::EFS::MountTarget"
        ],
    }


@pytest.mark.parametrize("scheme", ["internal", "internet-facing"])
def test_subnets_apart_hold_nothing_else(scheme: str) -> None:
    apart = existing(
        public_subnet_ids=PUBLIC, database_subnet_ids=DATABASE, load_balancer_subnet_ids=BALANCERS
    )
    found = subnets(network=apart, access={"scheme": scheme})
    assert found["database"] == DATABASE and found["balancers"] == BALANCERS
    assert found["tasks"] == found["files"] == PRIVATE


def test_the_private_and_public_subnets_serve_where_none_are_apart() -> None:
    network = existing(public_subnet_ids=PUBLIC)
    found = subnets(network=network)
    assert found["database"] == PRIVATE and found["balancers"] == PUBLIC
    assert subnets(network=network, access={"scheme": "internal"})["balancers"] == PRIVATE


def test_subnets_apart_make_public_ones_unnecessary() -> None:
    network = existing(load_balancer_subnet_ids=BALANCERS, database_subnet_ids=DATABASE)
    found = findings(deployment(network=network))
    assert "CAM152" not in {each.code for each in found}


ATTACHED: tuple[tuple[str, dict[str, Any], str, tuple[str, ...]], ...] = (
    (
        "OrchestrationService",
        {"orchestration": {"security_group_ids": [GROUP]}},
        "Orchestration",
        ("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"),
    ),
    (
        "ConnectorsService",
        {"connectors": {"security_group_ids": [GROUP]}},
        "Connectors",
        ("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"),
    ),
    (
        "AuroraCluster",
        {"database": {"security_group_ids": [GROUP]}},
        "Database",
        ("VpcSecurityGroupIds",),
    ),
    (
        "MountTarget1",
        {"storage": {"efs": {"security_group_ids": [GROUP]}}},
        "FileSystem",
        ("SecurityGroups",),
    ),
    (
        "WebLoadBalancer",
        {"access": {"alb_security_group_ids": [GROUP]}},
        "Alb",
        ("SecurityGroups",),
    ),
    (
        "GrpcLoadBalancer",
        {"access": {"nlb_security_group_ids": [GROUP]}},
        "Nlb",
        ("SecurityGroups",),
    ),
)


@pytest.mark.parametrize(("title", "sections", "own", "path"), ATTACHED)
def test_existing_groups_are_attached_besides_the_own_one(
    title: str, sections: dict[str, Any], own: str, path: tuple[str, ...]
) -> None:
    changed = []
    for name, each in resources(**sections).items():
        value: Any = each["Properties"]
        if GROUP in str(value):
            changed.append(name)
        if name == title:
            for step in path:
                value = value[step]
            assert value == [{"Fn::GetAtt": [f"{own}SecurityGroup", "GroupId"]}, GROUP]
    assert changed in ([title], [f"MountTarget{zone}" for zone in (1, 2, 3)])

"""What runs tasks waits for everything that its tasks need, and so outlives none of it on deletion.

CloudFormation creates in the order of references and `DependsOn`, and deletes in the reverse order.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from deployments import resources

RULES = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.20.0.0/16",
    "private_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
    "public_subnet_ids": ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"],
    "private_route_table_ids": ["rtb-0a1b2c3d4e5f60001"],
}
TLS = {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}
SPECS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "one NAT gateway": {"network": {"nat_gateways": "single"}},
    "endpoints alone": {"network": {"nat_gateways": "none", "vpc_endpoints": ["all"]}},
    "existing VPC": {"network": {"existing": EXISTING, "vpc_endpoints": ["logs"]}},
    "init container": {"database": {"seed": "init_container", "instances": 3}},
    "everything": {
        "access": {"tls": TLS, "management_port": "vpc", "scheme": "internal"},
        "network": {"vpc_endpoints": ["all"]},
        "storage": {"documents": {"enabled": True}},
        "orchestration": {"execute_command": True},
    },
}


def named(node: Any) -> Iterator[str]:
    """Yield the logical IDs that a value refers to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            elif key == "Fn::Sub":
                text = value if isinstance(value, str) else value[0]
                yield from re.findall(r"\$\{(\w+)", text)
            yield from named(value)
    elif isinstance(node, list):
        for value in node:
            yield from named(value)


def waits(found: dict[str, Any], title: str) -> set[str]:
    """Return everything that exists before a resource does."""
    seen: set[str] = set()
    left = [title]
    while left:
        resource = found[left.pop()]
        said = resource.get("DependsOn", [])
        for other in {*([said] if isinstance(said, str) else said), *named(resource)}:
            if other in found and other not in seen:
                seen.add(other)
                left.append(other)
    return seen


def of_type(found: dict[str, Any], *kinds: str) -> dict[str, Any]:
    return {title: r["Properties"] for title, r in found.items() if r["Type"] in kinds}


def needs(found: dict[str, Any], title: str) -> set[str]:
    """Return what the tasks of a service, or of the seed, need while they run."""
    resource = found[title]["Properties"]
    seed = found[title]["Type"] == "Custom::DatabaseSeed"
    place = resource if seed else resource["NetworkConfiguration"]["AwsvpcConfiguration"]
    groups = set(named(place["SecurityGroups"]))
    subnets = set(named(place["Subnets"]))
    targets = set(named(resource.get("LoadBalancers", [])))
    wanted = {
        rule for rule, each in of_type(found, *RULES).items() if groups & set(named(each))
    } | set(of_type(found, "AWS::EC2::VPCEndpoint"))
    tables = set()
    for name, each in of_type(found, "AWS::EC2::SubnetRouteTableAssociation").items():
        if subnets & set(named(each["SubnetId"])):
            wanted.add(name)
            tables |= set(named(each["RouteTableId"]))
    for name, each in of_type(found, "AWS::EC2::Route").items():
        if tables & set(named(each["RouteTableId"])):
            wanted |= {name, *of_type(found, "AWS::EC2::NatGateway")}
            wanted |= {"InternetGatewayAttachment", "PublicRoute"}
    listening = of_type(
        found,
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
    )
    wanted |= {name for name, each in listening.items() if targets & set(named(each))}
    kinds = ["AWS::RDS::DBCluster"]
    if title == "OrchestrationService":
        kinds += ["AWS::EFS::MountTarget", "AWS::EFS::AccessPoint", "AWS::S3::Bucket"]
    if not seed:
        kinds += ["AWS::ServiceDiscovery::HttpNamespace", "AWS::SecretsManager::Secret"]
    wanted |= {*of_type(found, *kinds), "AuroraInstance1", "EcsCluster"}
    if seed:
        wanted |= {"SeedFunction", "SeedFunctionRole", "SeedLogGroup", "SeedExecutionRole"}
    else:
        part = title.removesuffix("Service")
        wanted |= {f"{part}ExecutionRole", f"{part}TaskRole", "CamundaLogGroup"}
    return wanted


@pytest.mark.parametrize("sections", SPECS.values(), ids=SPECS)
def test_what_runs_tasks_waits_for_all_they_need(sections: dict[str, Any]) -> None:
    found = resources(**sections)
    running = list(of_type(found, "AWS::ECS::Service", "Custom::DatabaseSeed"))
    assert len(running) == 2 + ("DatabaseSeed" in found)
    for title in running:
        missing = needs(found, title) - waits(found, title)
        assert not missing, f"{title} does not wait for {sorted(missing)}"


def test_brokers_wait_for_the_seed_and_connectors_for_the_brokers() -> None:
    found = resources()
    assert "DatabaseSeed" in waits(found, "OrchestrationService")
    assert "OrchestrationService" in waits(found, "ConnectorsService")


def test_nothing_that_runs_is_waited_for_by_what_it_needs() -> None:
    for sections in SPECS.values():
        found = resources(**sections)
        for title in found:
            assert title not in waits(found, title), f"{title} waits for itself"

"""What the page on the first deployment says the shipped specs take of an account's quotas."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from camformation.layout import ROOT, Layout
from test_examples import SPECS, compiled

PAGE = Path(__file__).parents[1] / "docs" / "before-the-first-deployment.md"


def table() -> dict[str, dict[str, str]]:
    """Return the page's first table: by spec, what it takes of each quota."""
    rows = re.findall(r"^\|(.+)\|$", PAGE.read_text("utf-8").split("\n- ", 1)[0], re.M)
    head, _, *body = [[cell.strip() for cell in row.split("|")] for row in rows]
    return {
        spec.strip("`"): {cells[0]: cells[column] for cells in body}
        for column, spec in enumerate(head)
        if column > 1
    }


def vcpu(resources: dict[str, Any], *, replacing: bool) -> float:
    """Return the vCPUs of both services, or of what runs while all tasks are replaced."""
    total = 0.0
    for resource in resources.values():
        if resource["Type"] == "AWS::ECS::Service":
            service = resource["Properties"]
            task = resources[service["TaskDefinition"]["Ref"]]["Properties"]
            share = service["DeploymentConfiguration"]["MaximumPercent"] / 100 if replacing else 1
            total += int(task["Cpu"]) / 1024 * service["DesiredCount"] * share
    return total


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_page_counts_what_a_spec_takes(spec: Path) -> None:
    resources = compiled(spec, Layout.FLAT).templates[ROOT]["Resources"]
    kinds = Counter(resource["Type"] for resource in resources.values())
    rules = Counter(
        str(resource["Properties"]["GroupId"])
        for resource in resources.values()
        if resource["Type"] == "AWS::EC2::SecurityGroupIngress"
    )
    said = {name.split(" [")[0]: value for name, value in table()[spec.stem].items()}
    zones = max(1, kinds["AWS::EC2::Subnet"] // 2)
    assert said == {
        "Fargate On-Demand vCPU resource count": f"{vcpu(resources, replacing=False):g}",
        "the same, while connectors are replaced": f"{vcpu(resources, replacing=True):g}",
        "EC2-VPC Elastic IPs": str(kinds["AWS::EC2::EIP"]),
        "VPCs, and internet gateways": str(kinds["AWS::EC2::VPC"]),
        "NAT gateways, per zone": str(-(-kinds["AWS::EC2::NatGateway"] // zones)),
        "Inbound rules of a security group": str(max(rules.values())),
    }

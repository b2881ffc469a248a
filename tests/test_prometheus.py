"""Collectors of metrics for Prometheus: what they read, where they write, what they may."""

import json
from typing import Any

import pytest
import yaml

from camformation.layout import Layout
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

WORKSPACE = "arn:aws:aps:eu-west-1:111122223333:workspace/ws-12345678-abcd"
WATCHED: dict[str, Any] = {"prometheus": {"workspace_arn": WORKSPACE}}


def collector(service: str, **sections: Any) -> dict[str, Any]:
    found = resources(observability=WATCHED, **sections)[f"{service}TaskDefinition"]["Properties"]
    (one,) = (
        each for each in found["ContainerDefinitions"] if each["Name"] == "prometheus-collector"
    )
    return dict(one)


def variables(one: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in one["Environment"]}


@pytest.mark.parametrize(
    ("service", "target", "path"),
    [
        ("Orchestration", "localhost:9600", "/actuator/prometheus"),
        ("Connectors", "localhost:8080", "/hooks/actuator/prometheus"),
    ],
)
def test_each_task_writes_its_own_metrics(service: str, target: str, path: str) -> None:
    one = collector(service, connectors={"context_path": "/hooks"})
    config = json.loads(variables(one)["AOT_CONFIG_CONTENT"])
    (job,) = config["receivers"]["prometheus"]["config"]["scrape_configs"]
    assert job["static_configs"][0]["targets"] == [target] and job["metrics_path"] == path
    labels = job["static_configs"][0]["labels"]
    assert labels == {"deployment": "camunda", "service": service.lower()}
    written = config["exporters"]["prometheusremotewrite"]
    assert written["endpoint"] == (
        "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-12345678-abcd"
        "/api/v1/remote_write"
    )
    assert config["extensions"]["sigv4auth"] == {"region": "eu-west-1", "service": "aps"}
    pipeline = config["service"]["pipelines"]["metrics"]
    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) == set(config[kind])
    assert config["service"]["extensions"] == list(config["extensions"])
    assert one["Essential"] is False and one["Memory"] == 256 and "PortMappings" not in one


def test_china_has_another_domain() -> None:
    there = {"prometheus": {"workspace_arn": WORKSPACE.replace("arn:aws:", "arn:aws-cn:")}}
    found = json.dumps(resources(observability=there)["OrchestrationTaskDefinition"])
    assert "aps-workspaces.eu-west-1.amazonaws.com.cn/" in found


@pytest.mark.parametrize("layout", list(Layout))
def test_task_roles_may_write_to_this_workspace_and_nothing_else(layout: Layout) -> None:
    found = {
        title: each["Properties"]
        for template in templates(layout, observability=WATCHED).values()
        for title, each in template["Resources"].items()
        if each["Type"] in ("AWS::IAM::Policy", "AWS::IAM::Role")
    }
    text = json.dumps(found, default=lambda value: value.to_dict())
    assert text.count("aps:") == 4  # the action and the workspace, of two roles
    assert text.count(WORKSPACE) == 2


def test_collectors_are_restricted_as_camundas_containers_are() -> None:
    closed = {
        "readonly_root_filesystem": True,
        "drop_capabilities": True,
        "init_process": True,
        "user": "1001:1001",
        "memory_limits": True,
    }
    one = collector("Orchestration", containers=closed)
    assert one["ReadonlyRootFilesystem"] is True and one["User"] == "1001:1001"
    assert one["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}


def test_collectors_write_through_the_proxy_and_read_without_it() -> None:
    proxy = {"proxy": {"address": "http://proxy.example.com:3128"}}
    told = variables(collector("Orchestration", network=proxy))
    assert told["HTTPS_PROXY"] == "http://proxy.example.com:3128"
    assert "localhost" in told["NO_PROXY"] and "169.254.170.2" in told["NO_PROXY"]


def codes(**sections: Any) -> set[str]:
    return {each.code for each in findings(deployment(**sections))}


def test_what_collectors_need_is_checked() -> None:
    alone = {"nat_gateways": "none", "vpc_endpoints": ["all"]}
    messages = [
        each.message
        for each in findings(deployment(network=alone, observability=WATCHED))
        if each.code == "CAM156"
    ]
    assert any("collectors reach the workspace" in each for each in messages)
    assert any("aws-otel-collector" in each for each in messages)
    large = {"prometheus": {"workspace_arn": WORKSPACE, "memory_mib": 4096}}
    assert "CAM137" in codes(observability=large) - codes()
    same = {"sidecars": [{"name": "prometheus-collector", "image": "busybox:1.36"}]}
    assert "CAM136" in codes(orchestration=same, observability=WATCHED) - codes()


def alerts(lag: int | None = None) -> dict[str, Any]:
    given = {} if lag is None else {"exporter_lag_records": lag}
    watched = {"prometheus": {"workspace_arn": WORKSPACE, "alerts": given}}
    return dict(resources(observability=watched)["AlertRules"]["Properties"])


def test_no_alert_rules_unless_the_spec_says_so() -> None:
    assert "AlertRules" not in resources(observability=WATCHED)


@pytest.mark.parametrize(("lag", "limit"), [(None, "> 100000"), (5000, "> 5000")])
def test_an_exporter_that_is_behind_is_told(lag: int | None, limit: str) -> None:
    given = alerts(lag)
    assert given["Workspace"] == WORKSPACE and given["Name"] == "camunda"
    (group,) = yaml.safe_load(given["Data"])["groups"]
    behind, missing = group["rules"]
    assert behind["expr"].endswith(limit) and behind["for"] == "15m"
    for metric in ("last_committed_position", "last_exported_position"):
        assert f'{metric}{{deployment="camunda"}}' in behind["expr"]
    assert behind["expr"].count("(") == behind["expr"].count(")")
    assert missing["expr"].startswith("absent(")


def test_alert_rules_need_a_workspace_in_the_deployment_s_region() -> None:
    watched = {"prometheus": {"workspace_arn": WORKSPACE, "alerts": {}}}
    elsewhere = findings(deployment(region="eu-west-2", observability=watched))
    assert ("observability", "prometheus", "workspace_arn") in {each.path for each in elsewhere}
    alone = findings(deployment(region="eu-west-2", observability=WATCHED))
    assert not [each for each in alone if each.path[-1:] == ("workspace_arn",)]

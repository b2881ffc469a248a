"""The database's port: one for the cluster, and for everybody who talks to it."""

import json
import re
from typing import Any

import pytest

from camformation.components.ports import POSTGRESQL
from camformation.layout import Layout
from deployments import templates

SERVERLESS = {"serverless": {"min_acu": 0.5, "max_acu": 8}}
each_database = pytest.mark.parametrize(
    "database",
    [
        {},
        SERVERLESS,
        {"instances": 2},
        {"seed": "init_container"},
        {**SERVERLESS, "authentication": "password", "seed": "none"},
    ],
    ids=["provisioned", "serverless", "two instances", "init container", "password"],
)


def all_resources(layout: Layout, **sections: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for template in templates(layout, **sections).values():
        found |= template["Resources"]
    return found


@each_database
@pytest.mark.parametrize("layout", list(Layout))
def test_the_cluster_listens_where_everybody_looks_for_it(
    layout: Layout, database: dict[str, Any]
) -> None:
    """CloudFormation asks for 3306 where a template names no port, whatever the engine."""
    found = all_resources(layout, database=database)
    assert found["AuroraCluster"]["Properties"]["Port"] == POSTGRESQL == 5432

    rules = {
        title: (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"])
        for title, rule in found.items()
        if rule["Type"] in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
        and re.search("^DatabaseFrom|ToDatabase", title)
    }
    askers = 2 if database.get("seed", "task") == "task" else 1
    assert len(rules) == 2 * askers
    assert set(rules.values()) == {(POSTGRESQL, POSTGRESQL)}

    tasks = [r for r in found.values() if r["Type"] == "AWS::ECS::TaskDefinition"]
    text = json.dumps(tasks)
    assert set(re.findall(r"postgresql://\$\{Host\}:(\w+)/", text)) == {str(POSTGRESQL)}
    variables = [
        variable
        for task in tasks
        for container in task["Properties"]["ContainerDefinitions"]
        for variable in container.get("Environment", [])
    ]
    seeds = [v["Value"] for v in variables if v["Name"] == "PGPORT"]
    assert seeds == ([] if database.get("seed") == "none" else [str(POSTGRESQL)])


def test_no_other_value_of_a_port_is_made() -> None:
    for layout in Layout:
        assert "Endpoint.Port" not in json.dumps(templates(layout))

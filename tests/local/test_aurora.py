"""Databases of a rehearsal: what RDS refuses of an engine, and what is kept."""

from pathlib import Path

import pytest

from camformation.deploy import local
from camformation.deploy.local.aurora import lower
from local.cloud import ACCOUNT, REGION, Cloud
from local.templates import Template, data, flat, service


def with_engine(version: str, *, image: str = "example.com/app:1") -> Template:
    template = flat(data(), service())
    resources = template["Resources"]
    resources["AuroraCluster"]["Properties"]["EngineVersion"] = version
    for resource in resources.values():
        if resource["Type"] == "AWS::ECS::TaskDefinition":
            for container in resource["Properties"]["ContainerDefinitions"]:
                container["Image"] = image
    return template


def engine(cloud: Cloud) -> str:
    [cluster] = cloud.client("rds").describe_db_clusters()["DBClusters"]
    return str(cluster["EngineVersion"])


def test_an_older_engine_is_refused_in_the_words_of_rds(cloud: Cloud) -> None:
    assert cloud.deploy("demo", with_engine("17.9")) == "CREATE_COMPLETE"
    assert cloud.deploy("demo", with_engine("17.10")) == "UPDATE_COMPLETE"
    assert cloud.deploy("demo", with_engine("17.9")) == "UPDATE_ROLLBACK_COMPLETE"
    events = cloud.cloudformation.describe_stack_events(StackName="demo")["StackEvents"]
    told = [event.get("ResourceStatusReason", "") for event in events]
    assert any("Cannot upgrade aurora-postgresql from 17.10 to 17.9" in reason for reason in told)
    assert engine(cloud) == "17.10"


def test_one_instance_writes(cloud: Cloud) -> None:
    template = flat(data(), service())
    instance = {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {
            "DBClusterIdentifier": {"Ref": "AuroraCluster"},
            "DBInstanceClass": "db.t3.medium",
            "Engine": "aurora-postgresql",
        },
    }
    template["Resources"] |= {"One": instance, "Two": instance}
    assert cloud.deploy("demo", template) == "CREATE_COMPLETE"

    def writers() -> list[bool]:
        [cluster] = cloud.client("rds").describe_db_clusters()["DBClusters"]
        return sorted(member["IsClusterWriter"] for member in cluster["DBClusterMembers"])

    assert writers() == [False, True]
    del template["Resources"]["One"]
    assert cloud.deploy("demo", template) == "UPDATE_COMPLETE"
    assert writers() == [True]


def test_a_rollback_leaves_the_engine_as_it_is(cloud: Cloud) -> None:
    assert cloud.deploy("demo", with_engine("17.9")) == "CREATE_COMPLETE"
    failing = with_engine("18.4", image="example.com/fail:1")
    assert cloud.deploy("demo", failing) == "UPDATE_ROLLBACK_COMPLETE"
    assert engine(cloud) == "18.4", "RDS takes no engine back"
    assert cloud.deploy("demo", with_engine("17.10")) == "UPDATE_ROLLBACK_COMPLETE"
    assert engine(cloud) == "18.4"
    assert cloud.deploy("demo", with_engine("18.4")) == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("version", "than", "verdict"),
    [("17.9", "17.10", True), ("17.10", "17.9", False), ("17", "17.4", True), ("", "17", False)],
)
def test_versions_are_compared_as_numbers(version: str, than: str, verdict: bool) -> None:
    assert lower(version, than) is verdict


def test_a_database_keeps_its_address_in_the_next_run(tmp_path: Path) -> None:
    with local.start(tmp_path, region=REGION, account=ACCOUNT) as target:
        cloud = Cloud(target)
        cloud.deploy("demo", flat(data(), service()))
        before = cloud.client("rds").describe_db_clusters()["DBClusters"][0]["Endpoint"]
    with local.start(tmp_path, region=REGION, account=ACCOUNT) as target:
        cloud = Cloud(target)
        assert cloud.client("rds").describe_db_clusters()["DBClusters"][0]["Endpoint"] == before
        changed = flat(data(retention=9), service())
        assert cloud.deploy("demo", changed) == "UPDATE_COMPLETE"
        assert cloud.client("rds").describe_db_clusters()["DBClusters"][0]["Endpoint"] == before
        assert cloud.outputs("demo")["DatabaseHost"] == before

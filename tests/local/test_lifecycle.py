"""Create, no change, update, failure with rollback, retention and deletion, in both layouts."""

from typing import Any

import pytest

from local.cloud import ACCOUNT, REGION, Cloud
from local.templates import data, flat, nested, service

LAYOUTS = ("nested", "flat")
STACK = "demo"


def compiled(cloud: Cloud, layout: str, first: Any, second: Any) -> Any:
    """The root template of the two components in this layout."""
    if layout == "flat":
        return flat(first, second)
    return nested({"data": cloud.upload("data", first), "service": cloud.upload("service", second)})


def holder(cloud: Cloud, layout: str, component: str) -> str:
    """The stack that holds a component's resources."""
    if layout == "flat":
        return STACK
    return str(cloud.resources(STACK)[component]["PhysicalResourceId"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_deployment_is_created_with_its_outputs(cloud: Cloud, layout: str) -> None:
    assert cloud.deploy(STACK, compiled(cloud, layout, data(), service())) == "CREATE_COMPLETE"
    outputs = cloud.outputs(STACK)
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:demo/password"
    assert outputs["DatabasePort"] == "5432"
    assert outputs["DatabaseHost"].startswith("demo-db.cluster-")
    assert outputs["DatabaseSecret"].startswith("arn:aws:secretsmanager:")
    assert outputs["PasswordArn"].startswith(arn)
    assert outputs["ServiceName"] == "orchestration"
    password = cloud.client("secretsmanager").get_secret_value(SecretId=outputs["PasswordArn"])
    assert len(password["SecretString"]) == 40
    assert password["SecretString"].isalnum()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_service_is_steady_and_its_task_definition_whole(cloud: Cloud, layout: str) -> None:
    cloud.deploy(STACK, compiled(cloud, layout, data(), service()))
    ecs = cloud.client("ecs")
    found = ecs.describe_services(cluster="demo", services=["orchestration"])["services"][0]
    assert (found["runningCount"], found["desiredCount"], found["pendingCount"]) == (3, 3, 0)
    assert [d["rolloutState"] for d in found["deployments"]] == ["COMPLETED"]
    assert found["healthCheckGracePeriodSeconds"] == 900
    task = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    assert task["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert task["containerDefinitions"][0]["secrets"][0]["name"] == "PASSWORD"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_deploying_the_same_again_says_no_changes(cloud: Cloud, layout: str) -> None:
    template = compiled(cloud, layout, data(), service())
    cloud.deploy(STACK, template)
    again = cloud.review(STACK, template, "UPDATE")
    assert again["Status"] == "FAILED"
    assert again["StatusReason"].startswith("The submitted information didn't contain changes.")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_update_touches_only_what_changes(cloud: Cloud, layout: str) -> None:
    cloud.deploy(STACK, compiled(cloud, layout, data(), service()))
    before = cloud.outputs(STACK)
    component = holder(cloud, layout, "Service")
    seen = len(cloud.events(component))
    changed = compiled(cloud, layout, data(), service("camunda/camunda:8.9"))
    assert cloud.deploy(STACK, changed) == "UPDATE_COMPLETE"
    assert cloud.outputs(STACK) == before
    touched = [event for event in cloud.events(component)[seen:] if event[1].startswith("UPDATE")]
    named = component.split("/")[1] if layout == "nested" else STACK
    assert {logical_id for logical_id, _ in touched} - {named} == {"Task", "Service"}
    assert ("Task", "DELETE_COMPLETE") in cloud.events(component)[seen:]
    found = cloud.client("ecs").describe_services(cluster="demo", services=["orchestration"])
    deployment = found["services"][0]["deployments"]
    assert [(d["rolloutState"], d["runningCount"]) for d in deployment] == [("COMPLETED", 3)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_failed_creation_is_rolled_back_whole(cloud: Cloud, layout: str) -> None:
    template = compiled(cloud, layout, data(), service("camunda/fail:1"))
    assert cloud.deploy(STACK, template) == "ROLLBACK_COMPLETE"
    events = cloud.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [e.get("ResourceStatusReason", "") for e in events]
    assert any("failed to create: [Service]" in reason for reason in reasons)
    services = cloud.client("ecs").describe_clusters(clusters=["demo"])["clusters"]
    assert not [c for c in services if c["status"] == "ACTIVE"]
    buckets = [b["Name"] for b in cloud.client("s3").list_buckets()["Buckets"]]
    assert buckets == ["artifacts"]  # retained except on creation
    assert cloud.client("rds").describe_db_clusters()["DBClusters"] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_failed_update_brings_the_former_state_back(cloud: Cloud, layout: str) -> None:
    cloud.deploy(STACK, compiled(cloud, layout, data(), service()))
    outputs = cloud.outputs(STACK)
    broken = compiled(cloud, layout, data(retention=14), service("camunda/fail:1"))
    assert cloud.deploy(STACK, broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.outputs(STACK) == outputs
    cluster = cloud.client("rds").describe_db_clusters()["DBClusters"][0]
    assert cluster["BackupRetentionPeriod"] == 7
    ecs = cloud.client("ecs")
    found = ecs.describe_services(cluster="demo", services=["orchestration"])["services"][0]
    task = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    assert task["containerDefinitions"][0]["image"] == "camunda/camunda:8.8"
    if layout == "nested":
        children = [cloud.status(holder(cloud, layout, name)) for name in ("Data", "Service")]
        assert children == ["UPDATE_ROLLBACK_COMPLETE"] * 2
    good = compiled(cloud, layout, data(retention=14), service())
    assert cloud.deploy(STACK, good) == "UPDATE_COMPLETE"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_failed_deployment_without_rollback_can_be_repaired(cloud: Cloud, layout: str) -> None:
    broken = compiled(cloud, layout, data(), service("camunda/fail:1"))
    assert cloud.deploy(STACK, broken, DisableRollback=True) == "CREATE_FAILED"
    ecs = cloud.client("ecs")
    found = ecs.describe_services(cluster="demo", services=["orchestration"])["services"][0]
    assert found["deployments"][0]["rolloutState"] == "FAILED"
    assert "tasks failed to start" in found["events"][0]["message"]
    stopped = ecs.list_tasks(cluster="demo", serviceName="orchestration", desiredStatus="STOPPED")
    assert stopped["taskArns"]
    assert cloud.deploy(STACK, compiled(cloud, layout, data(), service())) == "UPDATE_COMPLETE"
    assert cloud.outputs(STACK)["ServiceName"] == "orchestration"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_failed_update_without_rollback_can_be_rolled_back(cloud: Cloud, layout: str) -> None:
    cloud.deploy(STACK, compiled(cloud, layout, data(), service()))
    broken = compiled(cloud, layout, data(retention=14), service("camunda/fail:1"))
    assert cloud.deploy(STACK, broken, DisableRollback=True) == "UPDATE_FAILED"
    cloud.cloudformation.rollback_stack(StackName=STACK)
    assert cloud.settled(STACK) == "UPDATE_ROLLBACK_COMPLETE"
    cluster = cloud.client("rds").describe_db_clusters()["DBClusters"][0]
    assert cluster["BackupRetentionPeriod"] == 7


@pytest.mark.parametrize("layout", LAYOUTS)
def test_deleting_keeps_what_is_retained(cloud: Cloud, layout: str) -> None:
    cloud.deploy(STACK, compiled(cloud, layout, data(), service()))
    component = holder(cloud, layout, "Data")
    stack_id = cloud.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
    assert cloud.delete(STACK) == "DELETE_COMPLETE"
    events = cloud.events(component if layout == "nested" else stack_id)
    assert {("Bucket", "DELETE_SKIPPED"), ("Key", "DELETE_SKIPPED")} <= set(events)
    buckets = [b["Name"] for b in cloud.client("s3").list_buckets()["Buckets"]]
    assert "demo-backups-111122223333" in buckets
    rds = cloud.client("rds")
    assert rds.describe_db_clusters()["DBClusters"] == []
    assert len(rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]) == 1
    ec2 = cloud.client("ec2")
    assert ec2.describe_addresses()["Addresses"] == []
    assert ec2.describe_nat_gateways()["NatGateways"] == []
    assert not [v for v in ec2.describe_vpcs()["Vpcs"] if v["CidrBlock"] == "10.190.0.0/16"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_protected_database_stops_the_deletion(cloud: Cloud, layout: str) -> None:
    first = data()
    first["Resources"]["AuroraCluster"]["Properties"]["DeletionProtection"] = True
    cloud.deploy(STACK, compiled(cloud, layout, first, service()))
    assert cloud.delete(STACK) == "DELETE_FAILED"
    rds = cloud.client("rds")
    assert len(rds.describe_db_clusters()["DBClusters"]) == 1
    rds.modify_db_cluster(DBClusterIdentifier="demo-db", DeletionProtection=False)
    assert cloud.delete(STACK) == "DELETE_COMPLETE"
    assert rds.describe_db_clusters()["DBClusters"] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_seed_runs_as_a_process_with_a_clean_environment(
    cloud: Cloud, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:9")
    assert cloud.deploy(STACK, compiled(cloud, layout, data(), service())) == "CREATE_COMPLETE"
    assert cloud.outputs(STACK)["SeedHome"].startswith(str(cloud.target.state_dir))
    logs = cloud.client("logs").describe_log_streams(logGroupName="/ecs/demo")["logStreams"]
    assert [s["logStreamName"].split("/")[0] for s in logs] == ["seed"]


def test_a_failing_seed_fails_the_deployment_with_its_reason(cloud: Cloud) -> None:
    template = compiled(cloud, "flat", data(), service(seed_image="postgres:fail"))
    assert cloud.deploy(STACK, template) == "ROLLBACK_COMPLETE"
    events = cloud.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [e.get("ResourceStatusReason", "") for e in events]
    assert any("the seed task failed with exit code 1" in reason for reason in reasons)


def test_a_child_is_found_by_its_parent_while_it_is_made(cloud: Cloud) -> None:
    cloud.deploy(STACK, compiled(cloud, "nested", data(), service()))
    events = cloud.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    begun = [
        e
        for e in events
        if e["LogicalResourceId"] == "Data" and e["ResourceStatus"] == "CREATE_IN_PROGRESS"
    ]
    child = cloud.resources(STACK)["Data"]["PhysicalResourceId"]
    assert child in [e.get("PhysicalResourceId") for e in begun]
    found = cloud.cloudformation.describe_stacks(StackName=child)["Stacks"][0]
    root = cloud.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    assert found["ParentId"] == found["RootId"] == root["StackId"]
    assert "ParentId" not in root

"""The reference deployment itself, compiled and deployed, in both layouts."""

from pathlib import Path
from typing import Any

import pytest

from camformation.layout import Layout
from camformation.pipeline import compile_spec
from local.cloud import Cloud

REFERENCE = Path(__file__).parents[2] / "spec" / "reference.yaml"
STACK = "camunda"


def compiled(cloud: Cloud, layout: Layout, *settings: str) -> Any:
    """The root template of the reference, its children uploaded."""

    def read(file: str) -> bytes:
        return Path(file).read_bytes()

    templates = dict(compile_spec(str(REFERENCE), read, layout, settings).templates)
    root = templates.pop("root")
    for resource in root["Resources"].values():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            properties = resource["Properties"]
            name = properties["TemplateURL"].removesuffix(".template.json")
            properties["TemplateURL"] = cloud.upload(name, templates[name])
    return root


@pytest.mark.parametrize("layout", list(Layout))
def test_the_reference_is_deployed_updated_and_deleted(cloud: Cloud, layout: Layout) -> None:
    assert cloud.deploy(STACK, compiled(cloud, layout)) == "CREATE_COMPLETE"
    outputs = cloud.outputs(STACK)
    assert outputs["EcsClusterName"] == "camunda-cluster"
    assert outputs["GrpcAddress"].endswith(":26500")
    ecs = cloud.client("ecs")
    services = ecs.list_services(cluster="camunda-cluster")["serviceArns"]
    found = ecs.describe_services(cluster="camunda-cluster", services=services)["services"]
    assert sorted(service["runningCount"] for service in found) == [1, 3]

    again = cloud.review(STACK, compiled(cloud, layout), "UPDATE")
    assert again["StatusReason"].startswith("The submitted information didn't contain changes.")

    changed = compiled(cloud, layout, "connectors.cpu=1024")
    assert cloud.deploy(STACK, changed) == "UPDATE_COMPLETE"
    assert cloud.outputs(STACK) == outputs

    broken = compiled(cloud, layout, "orchestration.image=camunda/fail:8.10.2")
    assert cloud.deploy(STACK, broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.outputs(STACK) == outputs

    assert cloud.delete(STACK) == "DELETE_COMPLETE"
    buckets = {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}
    assert {outputs["NodeIdBucketName"], outputs["BackupBucketName"]} <= buckets
    assert len(cloud.client("efs").describe_file_systems()["FileSystems"]) == 1
    assert len(cloud.client("rds").describe_db_cluster_snapshots()["DBClusterSnapshots"]) == 1

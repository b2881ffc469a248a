"""Deploying what a spec compiles to, over HTTP against the local target, in both layouts."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

import compiled_once
from camformation.deploy import local
from camformation.deploy.aws.connection import connect
from camformation.deploy.change.bootstrap import bootstrap
from camformation.deploy.change.execution import deploy
from camformation.deploy.change.preparation import DeployOptions, prepare
from camformation.deploy.change.request import deploy_request
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.target import LocalEndpoint, Target
from camformation.deploy.destruction.execution import destroy
from camformation.deploy.destruction.plan import plan_destruction
from camformation.deploy.live_stack.deployed import read_deployed
from camformation.deploy.live_stack.settings import protected_by
from camformation.deploy.local.faults import FAULTS
from camformation.deploy.operation.events import Event, Notice, Progress, ResourceEvent, Started
from camformation.deploy.operation.watch import watch
from camformation.layout import Layout
from deploy.following import end, of

REGION = "eu-west-2"
Clients = Callable[[str], Any]
REFERENCE = str(Path(__file__).parents[2] / "spec" / "reference.yaml")


class QuickClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.2))


CLOCK = QuickClock()


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[LocalEndpoint]:
    pytest.importorskip("ministack")
    with local.start(tmp_path / "state", region=REGION, account="111122223333") as target:
        yield LocalEndpoint(target.endpoint_url, target.access_key, target.secret_key)


@pytest.fixture
def cloud(keys: LocalEndpoint) -> Cloud:
    return connect(Target(region=REGION, local=keys))


@pytest.fixture
def clients(keys: LocalEndpoint) -> Clients:
    """What makes boto3 clients, to look at what is left."""
    return partial(
        boto3.client,
        endpoint_url=keys.endpoint_url,
        region_name=REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=Config(proxies={}),
    )


def deployed(
    cloud: Cloud, layout: Layout, *settings: str, disable_rollback: bool = False
) -> list[Event]:
    compiled = compiled_once.compiled(
        REFERENCE, lambda file: Path(file).read_bytes(), layout, settings
    )
    caller = cloud.identity.caller()
    options = DeployOptions(disable_rollback=disable_rollback)
    prepared = prepare(cloud, CLOCK, caller, compiled, options)
    request = deploy_request(prepared, disable_rollback=disable_rollback)
    return list(deploy(cloud, CLOCK, request, locate=compiled.locate_in_resource))


def bodies(cloud: Cloud, kind: str) -> list[dict[str, Any]]:
    """Every resource of a type, as it is deployed."""
    found = read_deployed(cloud.stacks, "camunda")
    assert found
    return [
        body
        for template in found.templates.values()
        for body in template["Resources"].values()
        if body["Type"] == kind
    ]


@pytest.mark.parametrize("layout", list(Layout))
def test_a_deployment_is_created_left_alone_updated_and_rolled_back(
    cloud: Cloud, layout: Layout
) -> None:
    bootstrap(cloud.stacks, CLOCK, "bootstrap-1")
    spec = ("stack.termination_protection=true", "stack.protect_data=true")

    events = deployed(cloud, layout, *spec)
    finished = end(events)
    assert (finished.status, finished.succeeded) == ("CREATE_COMPLETE", True), finished.failures
    assert "Url" in finished.outputs
    done = {e.component for e in of(ResourceEvent, events) if e.status == "CREATE_COMPLETE"}
    wanted = {"network", "storage", "database"} if layout is Layout.NESTED else {"root"}
    assert done >= wanted
    assert sum(stack.done for stack in of(Progress, events)[-1].stacks) > 60
    stack = cloud.stacks.describe_stack(finished.stack_id)
    assert stack and stack.termination_protection
    assert protected_by(cloud.stacks.stack_policy(stack.id))

    seen = list(watch(cloud, CLOCK, stack.name))
    assert of(Started, seen)[0].kind == "CREATE"
    assert of(Started, seen)[0].resumed
    assert end(seen).succeeded
    assert "CAM643" in [notice.code for notice in of(Notice, seen)]

    protecting = end(deployed(cloud, layout, *spec))
    assert protecting.succeeded and protecting.changed
    again = end(deployed(cloud, layout, *spec))
    assert again.succeeded and not again.changed
    assert "CAM643" not in [n.code for n in of(Notice, list(watch(cloud, CLOCK, stack.name)))]

    failed = end(deployed(cloud, layout, *spec, "orchestration.image=camunda/fail:8.10.9"))
    assert (failed.status, failed.succeeded) == ("UPDATE_ROLLBACK_COMPLETE", False)
    cause = failed.failures[0]
    assert cause.logical_id == "OrchestrationService"
    assert cause.component == ("orchestration" if layout is Layout.NESTED else "root")
    assert cause.location and "orchestration.image" in cause.location.file
    assert failed.outputs == finished.outputs


PROTECTED = (
    "database.deletion_protection=true",
    "database.on_delete=snapshot",
    "access.deletion_protection=true",
)
BROKEN = (*PROTECTED, "orchestration.image=camunda/fail:8.10.2")


@pytest.mark.parametrize("layout", list(Layout))
def test_a_failed_first_deployment_leaves_nothing_and_can_be_made_anew(
    cloud: Cloud, layout: Layout, clients: Clients
) -> None:
    bootstrap(cloud.stacks, CLOCK, "bootstrap-1")
    before = clients("s3").list_buckets()["Buckets"]
    failed = end(deployed(cloud, layout, *BROKEN))
    assert (failed.status, failed.succeeded) == ("ROLLBACK_COMPLETE", False)
    assert not clients("rds").describe_db_clusters()["DBClusters"]
    assert not clients("rds").describe_db_cluster_snapshots()["DBClusterSnapshots"]
    assert not clients("efs").describe_file_systems()["FileSystems"]
    assert clients("s3").list_buckets()["Buckets"] == before
    assert not clients("secretsmanager").list_secrets()["SecretList"]

    planned = plan_destruction(cloud, "camunda")
    assert not planned.unsaved_clusters
    list(destroy(cloud, CLOCK, planned, confirmed="camunda"))
    assert end(deployed(cloud, layout, *PROTECTED)).status == "CREATE_COMPLETE"


@pytest.mark.parametrize("layout", list(Layout))
def test_a_first_deployment_that_goes_on_without_rollback_is_protected_at_its_end(
    cloud: Cloud, layout: Layout, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap(cloud.stacks, CLOCK, "bootstrap-1")
    cluster = "AWS::RDS::DBCluster"
    with monkeypatch.context() as patched:  # as a quota that is raised later
        patched.setattr("camformation.deploy.local.ecs.fault_of", lambda _: (FAULTS[-1], ""))
        failed = end(deployed(cloud, layout, *PROTECTED, disable_rollback=True))
    assert failed.status == "CREATE_FAILED"
    mended = end(deployed(cloud, layout, *PROTECTED, disable_rollback=True))
    assert mended.succeeded, mended.failures
    (found,) = bodies(cloud, cluster)
    assert found["DeletionPolicy"] == "Delete" and not found["Properties"]["DeletionProtection"]

    events = deployed(cloud, layout, *PROTECTED)
    assert end(events).succeeded and end(events).changed
    (found,) = bodies(cloud, cluster)
    assert found["DeletionPolicy"] == "Snapshot" and found["Properties"]["DeletionProtection"]
    assert "Metadata" not in found
    assert {body["DeletionPolicy"] for body in bodies(cloud, "AWS::KMS::Key")} == {
        "RetainExceptOnCreate"
    }
    (live,) = clients("rds").describe_db_clusters()["DBClusters"]
    assert live["DeletionProtection"]
    balancers = [
        each["LoadBalancerArn"]
        for each in clients("elbv2").describe_load_balancers()["LoadBalancers"]
    ]
    assert len(balancers) == 2 and all(map(cloud.targets.deletion_protection, balancers))
    planned = plan_destruction(cloud, "camunda")
    with pytest.raises(DeployError, match="WebLoadBalancer"):
        list(destroy(cloud, CLOCK, planned, confirmed="camunda"))
    list(destroy(cloud, CLOCK, planned, confirmed="camunda", disable_protection=True))
    assert not clients("elbv2").describe_load_balancers()["LoadBalancers"]


SCALED = (
    "connectors.autoscaling={min_tasks: 2, max_tasks: 6}",
    "connectors.capacity_provider_strategy=[{provider: FARGATE}, {provider: FARGATE_SPOT}]",
    "iam.role_name_prefix=acme-",
    "observability.log_encryption={}",
    "storage.backup.replication={bucket_arn: 'arn:aws:s3:::copies', kms_key_arn: "
    "'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'}",
)


@pytest.mark.parametrize("layout", list(Layout))
def test_a_restart_keeps_the_number_of_tasks_that_scaling_has_chosen(
    cloud: Cloud, clients: Clients, layout: Layout
) -> None:
    bootstrap(cloud.stacks, CLOCK, "bootstrap-1")
    first = end(deployed(cloud, layout, *SCALED))
    assert first.succeeded, first.failures
    name, ecs = first.outputs["ConnectorsServiceName"], clients("ecs")

    def desired() -> int:
        (service,) = ecs.describe_services(cluster="camunda-cluster", services=[name])["services"]
        return int(service["desiredCount"])

    assert desired() == 1  # Application Auto Scaling does the rest, which is not here
    ecs.update_service(cluster="camunda-cluster", service=name, desiredCount=4)
    restarted = end(deployed(cloud, layout, *SCALED, "connectors.restart=again"))
    assert restarted.succeeded and restarted.changed and desired() == 4
    roles = [role["RoleName"] for role in clients("iam").list_roles()["Roles"]]
    assert "acme-camunda-eu-west-2-OrchExec" in roles

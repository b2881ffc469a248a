"""What operating a deployment asks of AWS, against botocore's Stubber."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from camformation.deploy.aws.databases import AwsDatabases
from camformation.deploy.aws.file_systems import AwsFileSystems
from camformation.deploy.aws.objects import AwsObjects
from camformation.deploy.aws.secrets import AwsSecrets
from camformation.deploy.aws.services import AwsServices
from camformation.deploy.aws.targets import AwsTargets
from camformation.deploy.cloud.errors import DeployError, Refused
from camformation.deploy.cloud.services import (
    ContainerDefinition,
    DatabaseInstance,
    FileSystem,
    LogEvent,
    SecretState,
    TaskRequest,
)
from deploy.test_aws import Stub

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    for stubber in stub.stubbers:
        stubber.assert_no_pending_responses()


def test_a_database_with_its_instances_and_their_lag(stub: Stub) -> None:
    asked = {"DBClusterIdentifier": "a"}
    members = [
        {"DBInstanceIdentifier": "one", "IsClusterWriter": False},
        {"DBInstanceIdentifier": "two", "IsClusterWriter": True},
    ]
    filters = {"Filters": [{"Name": "db-cluster-id", "Values": ["a"]}]}
    instances = [
        {"DBInstanceIdentifier": "one", "DBInstanceStatus": "available"},
        {"DBInstanceIdentifier": "two", "DBInstanceStatus": "rebooting"},
    ]
    statistics = {
        "Namespace": "AWS/RDS",
        "MetricName": "AuroraReplicaLag",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "one"}],
        "StartTime": NOW - timedelta(minutes=10),
        "EndTime": NOW,
        "Period": 60,
        "Statistics": ["Maximum"],
    }
    points = [
        {"Timestamp": NOW - timedelta(minutes=minutes), "Maximum": lag}
        for minutes, lag in ((1, 22.5), (3, 90.0))
    ]
    databases = AwsDatabases(
        stub(
            "rds",
            ("describe_db_clusters", asked, {"DBClusters": [{"DBClusterMembers": members}]}),
            ("describe_db_instances", filters, {"DBInstances": instances}),
            ("describe_db_clusters", asked, ("DBClusterNotFoundFault", "not found")),
            ("stop_db_cluster", asked, {}),
            ("start_db_cluster", asked, {}),
            (
                "modify_db_cluster",
                {**asked, "RotateMasterUserPassword": True, "ApplyImmediately": True},
                {},
            ),
            ("failover_db_cluster", asked, {}),
            ("failover_db_cluster", {**asked, "TargetDBInstanceIdentifier": "one"}, {}),
        ),
        stub(
            "cloudwatch",
            ("get_metric_statistics", statistics, {"Datapoints": points}),
            ("get_metric_statistics", statistics, {"Datapoints": []}),
        ),
    )
    assert databases.instances("a") == (
        DatabaseInstance("two", "rebooting", True),
        DatabaseInstance("one", "available", False),
    )
    assert databases.instances("a") == ()
    databases.stop("a")
    databases.start("a")
    databases.rotate_administrator("a")
    databases.fail_over("a", None)
    databases.fail_over("a", "one")
    assert databases.replica_lag("one", NOW) == 22.5
    assert databases.replica_lag("one", NOW) is None


def test_a_secret_and_its_versions(stub: Stub) -> None:
    asked = {"SecretId": "arn:aws:secretsmanager:x"}
    described = {
        "ARN": "arn:aws:secretsmanager:x",
        "Name": "x",
        "LastChangedDate": NOW,
        "OwningService": "rds",
        "RotationEnabled": True,
        "KmsKeyId": "alias/mine",
        "VersionIdsToStages": {"v" * 32: ["AWSCURRENT"], "w" * 32: ["AWSPENDING", "mine"]},
    }
    put = {**asked, "SecretString": "new", "ClientRequestToken": "t" * 32}
    moved = {
        **asked,
        "VersionStage": "AWSCURRENT",
        "MoveToVersionId": "w" * 32,
        "RemoveFromVersionId": "v" * 32,
    }
    secrets = AwsSecrets(
        stub(
            "secretsmanager",
            ("describe_secret", asked, described),
            ("describe_secret", asked, {"ARN": "arn:aws:secretsmanager:x", "Name": "x"}),
            (
                "describe_secret",
                asked,
                {"ARN": "arn:aws:secretsmanager:x", "Name": "x", "DeletedDate": NOW},
            ),
            ("describe_secret", asked, ("ResourceNotFoundException", "can't find it")),
            ("get_secret_value", {**asked, "VersionStage": "AWSPENDING"}, {"SecretString": "new"}),
            ("put_secret_value", {**put, "VersionStages": ["AWSPENDING"]}, {}),
            ("put_secret_value", {**put, "VersionStages": ["AWSCURRENT"]}, {}),
            ("update_secret_version_stage", moved, {}),
        )
    )
    stages = {"AWSCURRENT": "v" * 32, "AWSPENDING": "w" * 32, "mine": "w" * 32}
    assert secrets.state("arn:aws:secretsmanager:x") == SecretState(
        "arn:aws:secretsmanager:x", "x", NOW, stages, "rds", True, "alias/mine"
    )
    assert secrets.state("arn:aws:secretsmanager:x") == SecretState(
        "arn:aws:secretsmanager:x", "x", None, {}
    )
    assert (
        secrets.state("arn:aws:secretsmanager:x") is None
        and secrets.state("arn:aws:secretsmanager:x") is None
    )
    assert secrets.pending("arn:aws:secretsmanager:x") == "new"
    secrets.put("arn:aws:secretsmanager:x", "new", "t" * 32, pending=True)
    secrets.put("arn:aws:secretsmanager:x", "new", "t" * 32, pending=False)
    secrets.promote("arn:aws:secretsmanager:x", "w" * 32, "v" * 32)


def test_the_containers_of_a_task_definition(stub: Stub) -> None:
    containers = [
        {
            "name": "main",
            "image": "camunda/camunda:8.10.6",
            "environment": [{"name": "A", "value": "1"}],
            "secrets": [{"name": "B", "valueFrom": "arn:x:key::"}],
            "repositoryCredentials": {"credentialsParameter": "arn:login"},
        },
        {"name": "plain", "image": "alpine"},
    ]
    services = AwsServices(
        stub(
            "ecs",
            (
                "describe_task_definition",
                {"taskDefinition": "camunda:3"},
                {"taskDefinition": {"containerDefinitions": containers}},
            ),
        ),
        stub("logs"),
        None,
    )
    assert services.task_definition("camunda:3") == (
        ContainerDefinition(
            "main", "camunda/camunda:8.10.6", {"A": "1"}, {"B": "arn:x:key::"}, "arn:login"
        ),
        ContainerDefinition("plain", "alpine", {}, {}),
    )


def test_a_load_balancers_deletion_protection(stub: Stub) -> None:
    balancer = "arn:aws:elasticloadbalancing:eu-west-2:111122223333:loadbalancer/app/a/b"
    asked = {"LoadBalancerArn": balancer}
    on = {"Key": "deletion_protection.enabled", "Value": "true"}
    off = {**on, "Value": "false"}
    other = {"Key": "access_logs.s3.enabled", "Value": "true"}
    targets = AwsTargets(
        stub(
            "elbv2",
            ("describe_load_balancer_attributes", asked, {"Attributes": [other, on]}),
            ("describe_load_balancer_attributes", asked, {"Attributes": [other, off]}),
            ("describe_load_balancer_attributes", asked, ("LoadBalancerNotFound", "none")),
            ("modify_load_balancer_attributes", {**asked, "Attributes": [off]}, {}),
        )
    )
    assert targets.deletion_protection(balancer) is True
    assert targets.deletion_protection(balancer) is False
    assert targets.deletion_protection(balancer) is None
    targets.set_deletion_protection(balancer, False)


def test_a_file_system_with_its_mount_targets(stub: Stub) -> None:
    asked = {"FileSystemId": "fs-1"}
    described = {
        "FileSystemId": "fs-1",
        "OwnerId": "1",
        "CreationToken": "t",
        "CreationTime": NOW,
        "LifeCycleState": "available",
        "NumberOfMountTargets": 1,
        "SizeInBytes": {"Value": 5},
        "PerformanceMode": "generalPurpose",
        "Tags": [],
    }
    target = {
        "MountTargetId": "fsmt-0123456789",
        "FileSystemId": "fs-1",
        "SubnetId": "subnet-0123456789",
        "LifeCycleState": "creating",
    }
    file_systems = AwsFileSystems(
        stub(
            "efs",
            ("describe_file_systems", asked, {"FileSystems": [described]}),
            ("describe_mount_targets", asked, {"MountTargets": [target]}),
            ("describe_file_systems", asked, ("FileSystemNotFound", "no")),
        )
    )
    assert file_systems.file_system("fs-1") == FileSystem("fs-1", "available", 5, ("creating",))
    assert file_systems.file_system("fs-1") is None


def test_services_logs_and_runtime_ids(stub: Stub) -> None:
    event = {"eventId": "1", "timestamp": 1000, "message": "x", "logStreamName": "s"}
    filtered = {
        "logGroupName": "g",
        "startTime": 0,
        "logStreamNamePrefix": "p",
        "filterPattern": "ERROR",
    }
    plain = {"logGroupName": "gone", "startTime": 0}
    container = {"name": "camunda", "runtimeId": "r-1"}
    services = AwsServices(
        stub(
            "ecs",
            ("update_service", {"cluster": "c", "service": "s", "forceNewDeployment": True}, {}),
            (
                "describe_tasks",
                {"cluster": "c", "tasks": ["t"]},
                {"tasks": [{"containers": [container, {"name": "pending"}]}]},
            ),
        ),
        stub(
            "logs",
            ("filter_log_events", filtered, {"events": [event], "nextToken": "n"}),
            ("filter_log_events", {**filtered, "nextToken": "n"}, {"events": []}),
            ("filter_log_events", plain, ("ResourceNotFoundException", "no")),
        ),
        None,
    )
    services.force_deployment("c", "s")
    assert services.runtime_ids("c", "t") == {"camunda": "r-1"}
    epoch = datetime.fromtimestamp(0, UTC)
    found = list(services.log_events("g", epoch, prefix="p", pattern="ERROR"))
    assert found == [LogEvent("1", datetime.fromtimestamp(1, UTC), "s", "x")]
    with pytest.raises(Refused):
        list(services.log_events("gone", epoch))


def test_the_newest_object(stub: Stub) -> None:
    asked = {"Bucket": "b"}

    def listed(*minutes: int) -> dict[str, Any]:
        return {
            "Contents": [
                {"Key": str(each), "LastModified": NOW - timedelta(minutes=each)}
                for each in minutes
            ]
        }

    objects = AwsObjects(
        stub(
            "s3",
            ("list_objects_v2", asked, listed(9, 3, 5)),
            ("list_objects_v2", asked, {}),
            ("list_objects_v2", asked, listed(1, 2, 3, 4)),
        )
    )
    assert objects.newest("b", 3) == NOW - timedelta(minutes=3)
    assert objects.newest("b", 3) is None
    with pytest.raises(DeployError, match="more than 3 objects"):
        objects.newest("b", 3)


def test_a_task_that_is_run_alone(stub: Stub) -> None:
    request = TaskRequest("c", "ops:3", "ops", {"B": "2", "A": "1"}, ("s1",), ("g1",), "token")
    network = {"subnets": ["s1"], "securityGroups": ["g1"], "assignPublicIp": "DISABLED"}
    variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    run = {
        "cluster": "c",
        "taskDefinition": "ops:3",
        "launchType": "FARGATE",
        "count": 1,
        "clientToken": "token",
        "startedBy": "camformation",
        "overrides": {"containerOverrides": [{"name": "ops", "environment": variables}]},
        "networkConfiguration": {"awsvpcConfiguration": network},
    }
    address = {"name": "privateIPv4Address", "value": "10.0.0.7"}
    task = {
        "taskArn": "arn:aws:ecs:eu-west-2:1:task/c/0a1b",
        "lastStatus": "STOPPED",
        "attachments": [{"type": "ElasticNetworkInterface", "details": [address]}],
        "containers": [{"name": "ops", "exitCode": 0}],
    }
    told = {"cluster": "c", "tasks": [task["taskArn"]]}
    protected = {"cluster": "c", "tasks": [str(n) for n in range(10)], "protectionEnabled": True}
    last = {"cluster": "c", "tasks": ["10"], "protectionEnabled": True, "expiresInMinutes": 30}
    services = AwsServices(
        stub(
            "ecs",
            ("run_task", run, {"tasks": [task], "failures": []}),
            ("run_task", run, {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]}),
            ("describe_tasks", told, {"tasks": [task]}),
            ("describe_tasks", told, {"tasks": []}),
            ("stop_task", {"cluster": "c", "task": "0a1b", "reason": "left"}, {}),
            ("update_task_protection", {**protected, "expiresInMinutes": 30}, {}),
            ("update_task_protection", last, {}),
            (
                "update_task_protection",
                {"cluster": "c", "tasks": ["1"], "protectionEnabled": False},
                {},
            ),
        ),
        stub("logs"),
        None,
    )
    assert services.run_task(request) == task["taskArn"]
    with pytest.raises(DeployError, match="RESOURCE:ENI"):
        services.run_task(request)
    found = services.task("c", str(task["taskArn"]))
    assert found and (found.status, found.address) == ("STOPPED", "10.0.0.7")
    assert services.task("c", str(task["taskArn"])) is None
    services.stop_task("c", "0a1b", "left")
    services.protect_tasks("c", [str(n) for n in range(11)], 30)
    services.protect_tasks("c", ["1"], 0)

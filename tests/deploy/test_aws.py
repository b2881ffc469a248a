"""What is sent to AWS, and how its refusals read. Nothing here leaves the process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConfigParseError,
    ConnectTimeoutError,
    MetadataRetrievalError,
    NoRegionError,
    ProxyConnectionError,
    SSLError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError
from botocore.stub import ANY, Stubber

from camformation.deploy.aws.client import Client
from camformation.deploy.aws.databases import AwsDatabases
from camformation.deploy.aws.failures import translated
from camformation.deploy.aws.identity import AwsIdentity
from camformation.deploy.aws.networks import AwsNetworks
from camformation.deploy.aws.objects import AwsObjects
from camformation.deploy.aws.secrets import AwsSecrets
from camformation.deploy.aws.services import AwsServices
from camformation.deploy.aws.stacks import AwsStacks
from camformation.deploy.cloud.errors import (
    AccessDenied,
    CredentialsExpired,
    DeployError,
    Refused,
    Throttled,
    Unreachable,
)
from camformation.deploy.cloud.services import ScalableTarget
from camformation.deploy.cloud.stacks import ChangeSetRequest

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ARN = "arn:aws:cloudformation:eu-west-2:111122223333:stack/camunda/1"
CHANGE_SET = "arn:aws:cloudformation:eu-west-2:111122223333:changeSet/plan-1/2"
STACK = {
    "StackId": ARN,
    "StackName": "camunda",
    "CreationTime": NOW,
    "StackStatus": "CREATE_COMPLETE",
}
REQUEST = ChangeSetRequest(
    stack="camunda",
    name="plan-1",
    kind="CREATE",
    description="by anna",
    client_token="plan-1",
    url="https://b/k",
    tags={"team": "bpm"},
    role_arn="arn:aws:iam::111122223333:role/cfn",
    notification_topic_arns=("arn:aws:sns:eu-west-2:111122223333:t",),
)


class Stub:
    """A client with prepared answers; every one must be asked for, exactly as said."""

    def __init__(self) -> None:
        self.stubbers: list[Stubber] = []

    def __call__(self, service: str, *answers: tuple[str, dict[str, Any], Any]) -> Client:
        client = boto3.client(
            service,
            region_name="eu-west-2",
            aws_access_key_id="k",
            aws_secret_access_key="s",
        )
        stubber = Stubber(client)
        for operation, expected, answer in answers:
            if isinstance(answer, tuple):
                stubber.add_client_error(operation, *answer, expected_params=expected)
            else:
                stubber.add_response(operation, answer, expected)
        stubber.activate()
        self.stubbers.append(stubber)
        return Client(client)


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    for stubber in stub.stubbers:
        stubber.assert_no_pending_responses()


# Requests.


def created(**more: Any) -> dict[str, Any]:
    return {
        "StackName": "camunda",
        "ChangeSetName": "plan-1",
        "ChangeSetType": "CREATE",
        "Description": "by anna",
        "ClientToken": "plan-1",
        "TemplateURL": "https://b/k",
        "Parameters": [],
        "Tags": [{"Key": "team", "Value": "bpm"}],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "RoleARN": "arn:aws:iam::111122223333:role/cfn",
        "NotificationARNs": ["arn:aws:sns:eu-west-2:111122223333:t"],
        "IncludeNestedStacks": True,
        **more,
    }


def request(**more: Any) -> ChangeSetRequest:
    return ChangeSetRequest(**{**REQUEST.__dict__, **more})


def test_a_change_set_includes_nested_stacks(stub: Stub) -> None:
    answer = {"Id": CHANGE_SET, "StackId": ARN}
    stacks = AwsStacks(stub("cloudformation", ("create_change_set", created(), answer)))
    assert stacks.create_change_set(REQUEST) == (CHANGE_SET, ARN)


def test_a_flat_change_set_holds_the_template(stub: Stub) -> None:
    expected = created(TemplateBody="{}", IncludeNestedStacks=False)
    del expected["TemplateURL"], expected["RoleARN"], expected["Description"]
    answer = {"Id": CHANGE_SET, "StackId": ARN}
    stacks = AwsStacks(stub("cloudformation", ("create_change_set", expected, answer)))
    stacks.create_change_set(
        request(url=None, body="{}", nested=False, role_arn=None, description="")
    )


@pytest.mark.parametrize("disable", [True, False])
def test_express_mode_says_how_to_roll_back(stub: Stub, disable: bool) -> None:
    config = {"Mode": "EXPRESS", "DisableRollback": disable}
    expected = created(DeploymentConfig=config)
    answer = {"Id": CHANGE_SET, "StackId": ARN}
    stacks = AwsStacks(stub("cloudformation", ("create_change_set", expected, answer)))
    stacks.create_change_set(request(express=True, disable_rollback=disable))


@pytest.mark.parametrize("disable", [True, False, None])
def test_rollback_is_said_on_execution_but_in_express_mode(
    stub: Stub, disable: bool | None
) -> None:
    expected: dict[str, Any] = {
        "ChangeSetName": CHANGE_SET,
        "StackName": ARN,
        "ClientRequestToken": "t",
    }
    if disable is not None:
        expected["DisableRollback"] = disable
    stacks = AwsStacks(stub("cloudformation", ("execute_change_set", expected, {})))
    stacks.execute_change_set(CHANGE_SET, ARN, client_token="t", disable_rollback=disable)


def test_a_page_of_changes_keeps_them_as_they_are(stub: Stub) -> None:
    change = {"Type": "Resource", "ResourceChange": {"LogicalResourceId": "Vpc", "Action": "Add"}}
    answer = {
        "ChangeSetId": CHANGE_SET,
        "ChangeSetName": "plan-1",
        "StackId": ARN,
        "StackName": "camunda",
        "Status": "CREATE_COMPLETE",
        "CreationTime": NOW,
        "Changes": [change],
        "NextToken": "more",
    }
    expected = {
        "ChangeSetName": CHANGE_SET,
        "StackName": ARN,
        "IncludePropertyValues": True,
        "NextToken": "t",
    }
    stacks = AwsStacks(
        stub(
            "cloudformation",
            ("describe_change_set", expected, answer),
            (
                "describe_change_set",
                {"ChangeSetName": CHANGE_SET, "IncludePropertyValues": False},
                ("ChangeSetNotFound", "ChangeSet [plan-1] does not exist"),
            ),
        )
    )
    page = stacks.describe_change_set(CHANGE_SET, ARN, with_values=True, token="t")
    assert page and page.changes == (change,) and page.next_token == "more"
    assert stacks.describe_change_set(CHANGE_SET, "", with_values=False) is None


def test_what_is_not_there_is_none(stub: Stub) -> None:
    gone = ("ValidationError", "Stack with id camunda does not exist")
    stacks = AwsStacks(
        stub(
            "cloudformation",
            ("describe_stacks", {"StackName": "camunda"}, gone),
            ("get_template", ANY_TEMPLATE, gone),
            ("list_stack_resources", {"StackName": "camunda"}, gone),
            ("describe_stack_events", {"StackName": "camunda"}, gone),
        )
    )
    assert stacks.describe_stack("camunda") is None
    assert stacks.template("camunda") is None
    assert stacks.resources("camunda") == ()
    assert list(stacks.events("camunda")) == []


ANY_TEMPLATE = {"StackName": "camunda", "TemplateStage": "Original"}


@pytest.mark.parametrize(
    ("body", "found"),
    [('{"Resources": {}}', {"Resources": {}}), ("Resources: {}", {}), ("[1]", {})],
)
def test_a_template_that_is_not_json_is_not_ours(stub: Stub, body: str, found: Any) -> None:
    answer = {"TemplateBody": body}
    stacks = AwsStacks(stub("cloudformation", ("get_template", ANY_TEMPLATE, answer)))
    assert stacks.template("camunda") == found


def test_a_stack_is_described(stub: Stub) -> None:
    raw = STACK | {
        "Outputs": [{"OutputKey": "Url", "OutputValue": "https://x"}],
        "Tags": [{"Key": "team", "Value": "bpm"}],
        "EnableTerminationProtection": True,
        "DeploymentConfig": {"Mode": "EXPRESS"},
    }
    answer = {"Stacks": [raw]}
    stacks = AwsStacks(
        stub("cloudformation", ("describe_stacks", {"StackName": "camunda"}, answer))
    )
    stack = stacks.describe_stack("camunda")
    assert stack
    assert stack.outputs == {"Url": "https://x"} and stack.tags == {"team": "bpm"}
    assert stack.termination_protection and stack.express and not stack.in_progress


def test_every_page_of_stacks_is_read(stub: Stub) -> None:
    stacks = AwsStacks(
        stub(
            "cloudformation",
            ("describe_stacks", {}, {"Stacks": [STACK], "NextToken": "2"}),
            ("describe_stacks", {"NextToken": "2"}, {"Stacks": [STACK]}),
        )
    )
    assert len(stacks.list_stacks()) == 2


def test_only_the_pages_of_events_that_are_wanted_are_fetched(stub: Stub) -> None:
    def event(number: int) -> dict[str, Any]:
        return {"StackId": ARN, "EventId": str(number), "StackName": "camunda", "Timestamp": NOW}

    pages = [
        (
            "describe_stack_events",
            {"StackName": ARN},
            {"StackEvents": [event(3)], "NextToken": "2"},
        ),
        (
            "describe_stack_events",
            {"StackName": ARN, "NextToken": "2"},
            {"StackEvents": [event(2)], "NextToken": "3"},
        ),
    ]
    stacks = AwsStacks(stub("cloudformation", *pages))  # a third request would fail
    assert [found.id for found in islice(stacks.events(ARN), 2)] == ["3", "2"]


def test_validation_and_hooks_speak_in_one_form(stub: Stub) -> None:
    event = {"StackId": ARN, "EventId": "1", "Timestamp": NOW, "LogicalResourceId": "Bucket"}
    validation = event | {
        "EventType": "VALIDATION_ERROR",
        "ValidationName": "NAME_CONFLICT_VALIDATION",
        "ValidationStatusReason": "exists",
        "ValidationPath": "/BucketName",
        "ValidationFailureMode": "FAIL",
    }
    hook = event | {
        "EventType": "HOOK_INVOCATION_ERROR",
        "HookType": "Company::Tags::Hook",
        "HookStatusReason": "untagged",
        "HookFailureMode": "WARN",
    }
    progress = event | {"EventType": "STACK_EVENT"}
    expected = {"ChangeSetName": CHANGE_SET, "Filters": {"FailedEvents": True}}
    answer = {"OperationEvents": [validation, progress, hook]}
    stacks = AwsStacks(stub("cloudformation", ("describe_events", expected, answer)))
    found = stacks.validation_failures(CHANGE_SET)
    assert [(each.name, each.reason, each.path, each.mode) for each in found] == [
        ("NAME_CONFLICT_VALIDATION", "exists", "/BucketName", "FAIL"),
        ("Company::Tags::Hook", "untagged", "", "WARN"),
    ]


def test_an_operation_is_read_by_its_id_to_the_last_page(stub: Stub) -> None:
    event = {"EventId": "1", "StackId": ARN, "OperationId": "op", "Timestamp": NOW}
    own = {"PhysicalResourceId": ARN, "ResourceType": "AWS::CloudFormation::Stack"}
    begins = event | own | {"EventType": "STACK_EVENT", "ResourceStatus": "CREATE_IN_PROGRESS"}
    silent = event | {"EventType": "STACK_EVENT"}
    asked = {"OperationId": "op"}
    stacks = AwsStacks(
        stub(
            "cloudformation",
            ("describe_events", asked, {"OperationEvents": [silent], "NextToken": "n"}),
            ("describe_events", asked | {"NextToken": "n"}, {"OperationEvents": [begins]}),
        )
    )
    (found,) = stacks.operation_events("op")
    assert (found.status, found.of_stack, found.operation) == ("CREATE_IN_PROGRESS", True, "op")


def test_the_last_operations_of_a_stack_are_told(stub: Stub) -> None:
    last = [{"OperationId": "op-2", "OperationType": "ROLLBACK"}, {"OperationType": "X"}]
    stack = {"StackId": ARN, "StackName": "camunda", "StackStatus": "ROLLBACK_COMPLETE"}
    answer = {"Stacks": [stack | {"CreationTime": NOW, "LastOperations": last}]}
    stacks = AwsStacks(
        stub("cloudformation", ("describe_stacks", {"StackName": "camunda"}, answer))
    )
    found = stacks.describe_stack("camunda")
    assert found and [(each.id, each.type) for each in found.operations] == [("op-2", "ROLLBACK")]


def test_drift_is_asked_for_with_what_could_not_be_checked_to_the_last_page(stub: Stub) -> None:
    asked = {
        "StackName": ARN,
        "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED", "UNKNOWN"],
    }

    def page(name: str, status: str) -> dict[str, Any]:
        return {
            "StackId": ARN,
            "LogicalResourceId": name,
            "ResourceType": "AWS::EC2::VPC",
            "StackResourceDriftStatus": status,
            "Timestamp": NOW,
        }

    cloudformation = stub(
        "cloudformation",
        (
            "describe_stack_resource_drifts",
            asked,
            {"StackResourceDrifts": [page("A", "DELETED")], "NextToken": "more"},
        ),
        (
            "describe_stack_resource_drifts",
            {**asked, "NextToken": "more"},
            {"StackResourceDrifts": [page("B", "UNKNOWN")]},
        ),
    )
    found = AwsStacks(cloudformation).resource_drifts(ARN)
    assert [(drift.logical_id, drift.status) for drift in found] == [
        ("A", "DELETED"),
        ("B", "UNKNOWN"),
    ]


def test_optional_arguments_are_left_out(stub: Stub) -> None:
    stacks = AwsStacks(
        stub(
            "cloudformation",
            ("delete_stack", {"StackName": ARN, "ClientRequestToken": "t"}, {}),
            (
                "continue_update_rollback",
                {"StackName": ARN, "ClientRequestToken": "t", "ResourcesToSkip": ["A"]},
                {},
            ),
            (
                "set_stack_policy",
                {"StackName": ARN, "StackPolicyBody": '{"Statement":[]}'},
                {},
            ),
        )
    )
    stacks.delete_stack(ARN, role_arn=None, client_token="t")
    stacks.continue_update_rollback(ARN, role_arn=None, client_token="t", skip=["A"])
    stacks.set_stack_policy(ARN, {"Statement": []})


def test_a_bucket_is_emptied_of_versions_and_delete_markers(stub: Stub) -> None:
    versions = [{"Key": f"k{n}", "VersionId": "v"} for n in range(1000)]
    listed = {"Versions": versions, "DeleteMarkers": [{"Key": "gone", "VersionId": "m"}]}
    first = {"Objects": versions, "Quiet": True}
    second = {"Objects": [{"Key": "gone", "VersionId": "m"}], "Quiet": True}
    objects = AwsObjects(
        stub(
            "s3",
            ("list_object_versions", {"Bucket": "b"}, listed),
            ("delete_objects", {"Bucket": "b", "Delete": first}, {}),
            ("delete_objects", {"Bucket": "b", "Delete": second}, {}),
        )
    )
    assert list(objects.empty("b")) == [1000, 1]


def test_an_object_that_cannot_be_deleted_is_named(stub: Stub) -> None:
    listed = {"Versions": [{"Key": "k", "VersionId": "v"}]}
    refused = {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "Access Denied"}]}
    objects = AwsObjects(
        stub(
            "s3",
            ("list_object_versions", {"Bucket": "b"}, listed),
            ("delete_objects", {"Bucket": "b", "Delete": ANY}, refused),
        )
    )
    with pytest.raises(DeployError, match="k: Access Denied"):
        list(objects.empty("b"))


def test_buckets_and_objects_that_are_not_there(stub: Stub) -> None:
    objects = AwsObjects(
        stub(
            "s3",
            ("head_bucket", {"Bucket": "b"}, ("404", "Not Found", 404)),
            ("head_bucket", {"Bucket": "b"}, {"BucketRegion": "eu-west-1"}),
            ("head_bucket", {"Bucket": "b"}, ("403", "Forbidden", 403)),
            ("head_object", {"Bucket": "b", "Key": "k"}, ("404", "Not Found", 404)),
            ("head_object", {"Bucket": "b", "Key": "k"}, {"LastModified": NOW}),
        )
    )
    assert objects.bucket_region("b") is None
    assert objects.bucket_region("b") == "eu-west-1"
    with pytest.raises(AccessDenied) as raised:
        objects.bucket_region("b")
    assert "s3:ListBucket" in str(raised.value.hint)
    assert objects.last_modified("b", "k") is None
    assert objects.last_modified("b", "k") == NOW


def test_the_key_of_a_bucket(stub: Stub) -> None:
    def answer(**by: str) -> dict[str, Any]:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", **by}}
        return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}

    asked = {"Bucket": "b"}
    answers = (answer(KMSMasterKeyID="key"), answer())
    objects = AwsObjects(stub("s3", *(("get_bucket_encryption", asked, each) for each in answers)))
    assert objects.encryption_key("b") == "key" and objects.encryption_key("b") is None


def test_services_are_asked_for_ten_at_a_time(stub: Stub) -> None:
    names = [f"s{n}" for n in range(12)]
    old = {"id": "1", "status": "ACTIVE", "createdAt": NOW.replace(hour=1)}
    new = {"id": "2", "status": "PRIMARY", "createdAt": NOW, "failedTasks": 2}
    service = {"serviceArn": "arn:s0", "serviceName": "s0", "deployments": [old, new]}
    ecs = stub(
        "ecs",
        (
            "describe_services",
            {"cluster": "c", "services": names[:10]},
            {"services": [service], "failures": [{"arn": "s1", "reason": "MISSING"}]},
        ),
        ("describe_services", {"cluster": "c", "services": names[10:]}, {"services": []}),
    )
    (state,) = AwsServices(ecs, stub("logs"), None).services("c", names)
    assert [(d.id, d.failed) for d in state.deployments] == [("2", 2), ("1", 0)]


def test_services_tell_what_scales_them(stub: Stub) -> None:
    def target(name: str, least: int, most: int) -> dict[str, Any]:
        return {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/c/{name}",
            "ScalableDimension": "ecs:service:DesiredCount",
            "MinCapacity": least,
            "MaxCapacity": most,
            "RoleARN": "arn:aws:iam::111122223333:role/scaling",
            "CreationTime": NOW,
        }

    asked = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceIds": ["service/c/a", "service/c/b"],
    }
    scaling = stub(
        "application-autoscaling",
        (
            "describe_scalable_targets",
            asked,
            {"ScalableTargets": [target("a", 1, 4)], "NextToken": "n"},
        ),
        (
            "describe_scalable_targets",
            asked | {"NextToken": "n"},
            {"ScalableTargets": [target("b", 0, 9)]},
        ),
    )
    services = AwsServices(stub("ecs"), stub("logs"), scaling)
    assert services.scalable_targets("c", ["a", "b"]) == {
        "a": ScalableTarget(1, 4),
        "b": ScalableTarget(0, 9),
    }
    assert AwsServices(stub("ecs"), stub("logs"), None).scalable_targets("c", ["a"]) == {}


def test_stopped_tasks_tell_why_newest_first(stub: Stub) -> None:
    listed = {"cluster": "c", "serviceName": "s", "desiredStatus": "STOPPED"}
    container = {"name": "core", "exitCode": 137, "reason": "OutOfMemoryError"}
    older = {"taskArn": "arn:t/c/1", "createdAt": NOW.replace(hour=1)}
    newer = {
        "taskArn": "arn:t/c/2",
        "createdAt": NOW,
        "containers": [container],
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
    }
    ecs = stub(
        "ecs",
        ("list_tasks", listed, {"taskArns": ["1"], "nextToken": "n"}),
        ("list_tasks", listed | {"nextToken": "n"}, {"taskArns": ["2"]}),
        ("describe_tasks", {"cluster": "c", "tasks": ["1", "2"]}, {"tasks": [older, newer]}),
    )
    tasks = AwsServices(ecs, stub("logs"), None).tasks("c", "s", stopped=True)
    assert [task.id for task in tasks] == ["2", "1"]
    assert tasks[0].stop_code == "EssentialContainerExited"
    assert (tasks[0].containers[0].exit_code, tasks[0].containers[0].reason) == (
        137,
        "OutOfMemoryError",
    )


def test_a_cluster_or_stream_that_is_gone_holds_nothing(stub: Stub) -> None:
    gone = ("ClusterNotFoundException", "Cluster not found.")
    services = AwsServices(
        stub("ecs", ("describe_services", {"cluster": "c", "services": ["s"]}, gone)),
        stub("logs", ("get_log_events", STREAM, ("ResourceNotFoundException", "no stream"))),
        None,
    )
    assert services.services("c", ["s"]) == ()
    assert services.log_lines("g", "s", 5) == ()


STREAM = {"logGroupName": "g", "logStreamName": "s", "limit": 5, "startFromHead": False}


def test_databases_and_secrets(stub: Stub) -> None:
    cluster = {
        "EngineVersion": "17.10",
        "DBClusterIdentifier": "a",
        "Status": "available",
        "DeletionProtection": True,
    }
    asked = {"DBClusterIdentifier": "a"}
    databases = AwsDatabases(
        stub(
            "rds",
            ("describe_db_clusters", asked, {"DBClusters": [cluster]}),
            ("describe_db_clusters", asked, ("DBClusterNotFoundFault", "not found")),
            (
                "modify_db_cluster",
                {**asked, "DeletionProtection": False, "ApplyImmediately": True},
                {},
            ),
        ),
        stub("cloudwatch"),
    )
    found = databases.cluster("a")
    assert found and found.deletion_protection and found.engine_version == "17.10"
    assert databases.cluster("a") is None
    databases.set_deletion_protection("a", False)
    secrets = AwsSecrets(
        stub(
            "secretsmanager",
            ("get_secret_value", {"SecretId": "s"}, {"SecretString": "text"}),
            ("get_secret_value", {"SecretId": "s"}, ("ResourceNotFoundException", "no")),
            ("get_secret_value", {"SecretId": "s"}, {"SecretBinary": b"bytes"}),
        )
    )
    assert secrets.value("s") == "text"
    with pytest.raises(DeployError, match="the secret s does not exist") as raised:
        secrets.value("s")
    assert raised.value.code == "CAM606"
    with pytest.raises(DeployError, match="holds no text") as raised:
        secrets.value("s")
    assert raised.value.code == "CAM609"


# Refusals.

DENIED = (
    "User: arn:aws:sts::111122223333:assumed-role/dev/anna is not authorized to perform: "
    "cloudformation:DescribeStacks on resource: * because no identity-based policy allows it"
)
BY = DENIED.partition("no identity")[0].rstrip()
DENY = f"{BY.removesuffix(' because')} with an explicit deny in"
PASS_ROLE = "User: arn:x is not authorized to perform: iam:PassRole on resource: arn:y"


@pytest.mark.parametrize(
    ("code", "message", "kind", "hint"),
    [
        ("ExpiredToken", "expired", CredentialsExpired, "camformation watch"),
        ("InvalidClientTokenId", "invalid", DeployError, "AWS_PROFILE"),
        ("InvalidClientTokenId", "invalid", DeployError, "enable-region --region-name eu-west-2"),
        ("OptInRequired", "You are not subscribed", Refused, "aws account enable-region"),
        ("RequestTimeTooSkewed", "skewed", DeployError, "clock"),
        ("AccessDenied", DENIED, AccessDenied, "needs cloudformation:DescribeStacks"),
        ("AccessDenied", PASS_ROLE, AccessDenied, "iam:PassRole on the service role"),
        ("AccessDenied", f"{DENIED} with an explicit deny", AccessDenied, "a policy denies"),
        ("AccessDeniedException", "no", AccessDenied, "needs cloudformation:DescribeStacks"),
        ("Throttling", "Rate exceeded", Throttled, "wait"),
        ("ServiceUnavailable", "down", Unreachable, "try again"),
        ("ThrottledException", "Rate exceeded", Throttled, "wait"),
        ("SignatureDoesNotMatch", "Signature expired: x is now earlier", DeployError, "clock"),
        ("InvalidSignatureException", "Signature not yet current: x", DeployError, "clock"),
        ("InvalidSignatureException", "it does not match", DeployError, "AWS_PROFILE"),
        ("AccessDenied", f"{BY} no permissions boundary allows it", AccessDenied, "boundary must"),
        ("AccessDenied", f"{BY} no session policy allows it", AccessDenied, "session policy must"),
        ("AccessDenied", f"{BY} no service control policy allows it", AccessDenied, "service con"),
        ("AccessDenied", f"{BY} no VPC endpoint policy allows it", AccessDenied, "VPC endpoint p"),
        ("AccessDenied", f"{BY} no resource-based policy allows it", AccessDenied, "resource its"),
        ("AccessDenied", f"{DENY} a service control policy: arn:x", AccessDenied, "service contr"),
        ("AccessDenied", f"{DENY} an identity-based policy", AccessDenied, "MFA"),
        (
            "AccessDenied",
            "User: x is not authorized to perform: sts:AssumeRole",
            AccessDenied,
            "tr",
        ),
        ("AccessDenied", "MultiFactorAuthentication failed with x", AccessDenied, "MFA device"),
        ("AccessDeniedException", "Access to KMS is not allowed", AccessDenied, "kms:Decrypt"),
        ("InvalidIdentityToken", "No OpenIDConnect provider found", DeployError, "audience"),
        ("ValidationError", "x is in ROLLBACK_FAILED state and can not be", Refused, "recover"),
        ("Blocked", "This account is currently blocked and", Refused, "AWS Support"),
    ],
)
def test_a_refusal_says_what_to_do(
    stub: Stub, code: str, message: str, kind: type[DeployError], hint: str
) -> None:
    stacks = AwsStacks(stub("cloudformation", ("describe_stacks", {}, (code, message))))
    with pytest.raises(DeployError) as raised:
        stacks.list_stacks()
    assert type(raised.value) is kind
    assert hint in str(raised.value.hint)
    assert raised.value.code.startswith("CAM60")


def test_any_other_refusal_keeps_awss_words_and_code(stub: Stub) -> None:
    refusal = ("ValidationError", "Template format error", 400)
    stacks = AwsStacks(stub("cloudformation", ("create_change_set", created(), refusal)))
    with pytest.raises(Refused) as raised:
        stacks.create_change_set(REQUEST)
    assert raised.value.aws_code == "ValidationError"
    assert raised.value.message == "cloudformation:CreateChangeSet: Template format error"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnauthorizedSSOTokenError(), CredentialsExpired),
        (ConnectTimeoutError(endpoint_url="https://x"), Unreachable),
        (ResponseParserError("invalid XML received"), Unreachable),
    ],
)
def test_what_never_reached_aws_is_told_apart(error: Exception, kind: type[DeployError]) -> None:
    assert type(translated(error, "cloudformation", "eu-west-2")) is kind


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (ProxyConnectionError(proxy_url="http://proxy", error="x"), "CAM605", "HTTPS_PROXY"),
        (SSLError(endpoint_url="https://x", error="self-signed"), "CAM605", "AWS_CA_BUNDLE"),
        (ConnectTimeoutError(endpoint_url="https://x"), "CAM605", "region eu-west-2"),
        (NoRegionError(), "CAM607", "--region"),
        (ConfigParseError(path="~/.aws/config"), "CAM601", "~/.aws/config"),
        (MetadataRetrievalError(error_msg="x"), "CAM601", "--profile"),
    ],
)
def test_what_is_wrong_on_the_way_to_aws_is_said(error: Exception, code: str, hint: str) -> None:
    found = translated(error, "cloudformation", "eu-west-2")
    assert found.code == code and hint in str(found.hint)


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Refused), (429, Throttled), (500, Unreachable), (503, Unreachable)]
)
def test_codes_of_services_own_are_told_by_the_status(status: int, kind: type[DeployError]) -> None:
    answer = {"Error": {"Code": "TheirOwn"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert type(translated(ClientError(answer, "GetX"), "kms", "eu-west-2")) is kind


def test_zones_are_those_of_the_account(stub: Stub) -> None:
    zone = {"ZoneName": "eu-west-2a", "ZoneId": "euw2-az2", "State": "available"}
    ec2 = stub(
        "ec2",
        (
            "describe_availability_zones",
            {"AllAvailabilityZones": False},
            {"AvailabilityZones": [zone]},
        ),
    )
    (found,) = AwsIdentity(stub("sts"), ec2).zones()
    assert (found.name, found.id, found.kind) == ("eu-west-2a", "euw2-az2", "availability-zone")


def test_what_is_in_a_vpc_is_read_by_its_id(stub: Stub) -> None:
    asked = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-0a1b"]}]}
    groups = [{"GroupId": "sg-0a1b", "GroupName": "GuardDutyManagedSecurityGroup-vpc-0a1b"}]
    endpoint = {
        "VpcEndpointId": "vpce-0a1b",
        "ServiceName": "com.amazonaws.eu-west-2.guardduty-data",
        "State": "available",
        "Groups": groups,
    }
    interface = {
        "NetworkInterfaceId": "eni-0a1b",
        "Description": "VPC Endpoint Interface vpce-0a1b",
        "InterfaceType": "vpc_endpoint",
        "Groups": groups,
    }
    going = {**endpoint, "VpcEndpointId": "vpce-9", "State": "deleting"}
    networks = AwsNetworks(
        stub(
            "ec2",
            ("describe_vpc_endpoints", asked, {"VpcEndpoints": [endpoint, going]}),
            ("describe_network_interfaces", asked, {"NetworkInterfaces": [interface]}),
            ("describe_security_groups", asked, {"SecurityGroups": groups}),
        )
    )
    (found,) = networks.endpoints("vpc-0a1b")
    assert (found.id, found.groups) == ("vpce-0a1b", ("sg-0a1b",))
    (seen,) = networks.interfaces("vpc-0a1b")
    assert (seen.description, seen.kind) == ("VPC Endpoint Interface vpce-0a1b", "vpc_endpoint")
    (group,) = networks.security_groups("vpc-0a1b")
    assert group.name.startswith("GuardDutyManagedSecurityGroup-")


def test_nothing_of_boto3_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys\n"
        "import camformation.deploy.aws.connection, camformation.deploy.aws.stacks\n"
        "import camformation.deploy.change.change_set, camformation.deploy.cloud.target\n"
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] in ('boto3', 'botocore')]))"
    )
    command = [sys.executable, "-c", "import json\n" + code]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []

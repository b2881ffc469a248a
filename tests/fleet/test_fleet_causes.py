"""Failures that differ in names only are one cause, with what to do about it."""

import pytest

from camformation.deploy.fleet.causes import cause_of, essence, grouped

QUOTED = (
    "ResourceLogicalId:NatEip1, ResourceType:AWS::EC2::EIP, ResourceStatusReason:Resource handler "
    'returned message: "The maximum number of addresses has been reached. (Service: Ec2, Status '
    'Code: 400, Request ID: 0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f)" (RequestToken: '
    "0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f, HandlerErrorCode: ServiceLimitExceeded)."
)
DENIED = (
    "User: arn:aws:sts::{a}:assumed-role/stacksets-exec-0a1b2c3d/x is not authorized to perform: "
    "rds:CreateDBCluster on resource: arn:aws:rds:{r}:{a}:cluster:c with an explicit deny in a "
    "service control policy"
)


@pytest.mark.parametrize(
    ("reason", "key"),
    [
        (QUOTED, "eip-quota"),
        ("ResourceLogicalId:Vpc, ResourceType:AWS::EC2::VPC, ResourceStatusReason:The maximum "
         "number of VPCs has been reached. (VpcLimitExceeded)", "vpc-quota"),
        (DENIED.format(a="111122223333", r="eu-west-2"), "scp"),
        ("is not authorized to perform: kms:CreateKey with an explicit deny in an identity-based "
         "policy", "explicit-deny"),
        ("Account 111122223333 should have 'AWSCloudFormationStackSetExecutionRole' role with "
         "trust relationship to Role 'AWSCloudFormationStackSetAdministrationRole'.",
         "execution-role"),
        ("Account 111122223333 should have 'AWSCloudFormationStackSetAdministrationRole' role with "
         "trust relationship to CloudFormation service.", "administration-role"),
        ("You must enable organizations access to operate a service managed stack set",
         "trusted-access"),
        ("Certificate ARN 'arn:aws:acm:us-east-1:111122223333:certificate/1' is not valid",
         "certificate"),
        ("CertificateNotFound: Certificate not found", "certificate"),
        ("CannotPullContainerError: pull image manifest has been retried 7 time(s)", "image-pull"),
        ("Resource of type 'AWS::IAM::Role' with identifier 'camunda' already exists.",
         "name-taken"),
        ("SKIPPED_SUSPENDED_ACCOUNT", "suspended-account"),
        ("ACCOUNT_SUSPENDED", "suspended-account"),
        ("DEFAULT_ROLE_CREATION_ERROR", "execution-role-made"),
        ("Failed to get stack status", "stack-unread"),
        ("Account 111122223333 should have 'stacksets-exec-0a1b2c' role with trust relationship "
         "to Role 'stacksets-org-admin'.", "execution-role"),
        ("The security token included in the request is invalid", "region-disabled"),
        ("ECS Deployment Circuit Breaker was triggered", "ecs-rollout"),
        ("Cancelled since failure tolerance has exceeded", "tolerance"),
        ("User: x is not authorized to perform: ecs:CreateCluster", "access-denied"),
        ("The CIDR '10.0.0.0/24' conflicts with another subnet", "cidr-conflict"),
        ("The CIDR '10.0.0.0/24' conflicts with another subnet (AlreadyExists)", "cidr-conflict"),
        ("Rate exceeded (Service: AmazonCloudFormation; Status Code: 400; Error Code: Throttling; "
         "Request ID: 0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f; Proxy: null)", "throttled"),
        ("Account 111122223333 is suspended", "suspended-account"),
        ("Region eu-south-1 is not enabled for account 111122223333", "region-disabled"),
        ("Stack:arn:aws:cloudformation:eu-west-2:111122223333:stack/StackSet-c-1/2 is in "
         "UPDATE_ROLLBACK_FAILED state and can not be updated.", "not-updatable"),
        ("Stack:arn:aws:cloudformation:eu-west-2:111122223333:stack/StackSet-c-1/2 is in "
         "UPDATE_IN_PROGRESS state and can not be updated.", "busy"),
        ("Template error: Fn::Select  cannot select nonexistent value at index 2", "zones"),
        ("Cannot find version 16.4 for aurora-postgresql", "not-offered"),
        ("The Vpc Endpoint Service 'com.amazonaws.eu-south-2.ecs' does not exist", "not-offered"),
        ("Insufficient capacity: db.r6g.large", "no-capacity"),
        ("Cannot delete protected Cluster, please disable deletion protection and try again.",
         "deletion-protected"),
        ("The bucket you tried to delete is not empty", "bucket-not-empty"),
        ("Unable to assume the service linked role. Please verify that the ECS service linked role "
         "exists.", "service-linked-role"),
        ("The following hook(s) failed: [MyOrg::Security::Hook]", "hook"),
        ("Parameters: [Hostname] must have values", "parameter"),
        ("Exceeded attempts to wait", "not-stabilized"),
        ("S3 error: Access Denied", "template-url"),
        ("Cancelled since the operation was stopped", "stopped"),
        ("", "unknown"),
    ],
)  # fmt: skip
def test_known_causes_are_recognised_and_say_what_to_do(reason: str, key: str) -> None:
    cause = cause_of(reason)
    assert cause.key == key and cause.text and cause.advice


def test_what_an_unknown_reason_says_is_kept_without_names() -> None:
    said = [
        f"Bucket camunda-{region}-{account}-data-1A2B3C4D5E6F7 of stack StackSet-camunda-{uuid} in "
        f"vpc-0{n}a1b2c3d4e5f6789 was refused at 2026-01-0{n}T10:00:00Z"
        for n, region, account, uuid in (
            (1, "eu-west-2", "111122223333", "0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f"),
            (2, "us-gov-east-1", "444455556666", "ffff2c3d-1111-2222-3333-0a1b2c3d4e5f"),
        )
    ]
    places = [("111122223333", "eu-west-2"), ("444455556666", "us-gov-east-1")]
    (group,) = grouped(zip(places, said, strict=True))
    assert group.places == tuple(places) and group.example == said[0]
    assert not any(part in group.cause.text for part in ("111122223333", "eu-west-2", "2026"))
    assert "was refused" in group.cause.text


def test_the_resource_stays_with_what_it_says() -> None:
    assert essence(QUOTED).startswith("NatEip1: The maximum number of addresses has been reached")
    assert "RequestToken" not in essence(QUOTED)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (QUOTED, "NatEip1: The maximum number of addresses has been reached. "
         "(ServiceLimitExceeded)"),
        ("ResourceLogicalId:Vpc, ResourceType:AWS::EC2::VPC, ResourceStatusReason:No more VPCs. "
         "(Service: AmazonEC2; Status Code: 400; Error Code: VpcLimitExceeded; Request ID: "
         "0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f; Proxy: null)",
         "Vpc: No more VPCs. (VpcLimitExceeded)"),
        ("Not empty (Service: S3, Status Code: 409, Request ID: 7A8B9C0D1E2F3G4H, Extended Request "
         "ID: abcDEF123/abc+abc=) (SDK Attempt Count: 1)", "Not empty"),
        ("You are not authorized to perform this operation. Encoded authorization failure message: "
         "Zk8s7df6gjh5hkj34lk5j6hlkj_AbCdEfGh-0123", "You are not authorized to perform this "
         "operation"),
        ("It failed (RequestToken: 0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f)", "It failed"),
        ("It failed (for eu-west-2, Request ID: 0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f)",
         "It failed (for eu-west-2)"),
    ],
)  # fmt: skip
def test_what_only_aws_support_needs_is_left_out(reason: str, said: str) -> None:
    assert essence(reason) == said


def test_numbered_resources_and_addresses_do_not_keep_failures_apart() -> None:
    said = [
        f"ResourceLogicalId:Subnet{n}, ResourceType:AWS::EC2::Subnet, ResourceStatusReason:"
        f"10.64.{n}.0/20 was refused"
        for n in (1, 2)
    ]
    (group,) = grouped(((f"{n:012d}", "eu-west-2"), text) for n, text in enumerate(said))
    assert group.cause.text == "Subnet<n>: <address> was refused"


def test_the_most_frequent_cause_comes_first() -> None:
    denied = [DENIED.format(a=f"{n:012d}", r="eu-west-1") for n in range(3)]
    failures = [((f"{n:012d}", "eu-west-1"), r) for n, r in enumerate([QUOTED, *denied])]
    assert [(g.cause.key, len(g.places)) for g in grouped(failures)] == [
        ("scp", 3),
        ("eip-quota", 1),
    ]

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
        ("Certificate ARN 'arn:aws:acm:us-east-1:111122223333:certificate/1' is not valid",
         "certificate"),
        ("CertificateNotFound: Certificate not found", "certificate"),
        ("CannotPullContainerError: pull image manifest has been retried 7 time(s)", "image-pull"),
        ("Resource of type 'AWS::IAM::Role' with identifier 'camunda' already exists.",
         "name-taken"),
        ("SKIPPED_SUSPENDED_ACCOUNT", "suspended-account"),
        ("The security token included in the request is invalid", "region-disabled"),
        ("ECS Deployment Circuit Breaker was triggered", "ecs-rollout"),
        ("Cancelled since failure tolerance has exceeded", "tolerance"),
        ("User: x is not authorized to perform: ecs:CreateCluster", "access-denied"),
        ("The CIDR '10.0.0.0/24' conflicts with another subnet", "cidr-conflict"),
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


def test_the_most_frequent_cause_comes_first() -> None:
    denied = [DENIED.format(a=f"{n:012d}", r="eu-west-1") for n in range(3)]
    failures = [((f"{n:012d}", "eu-west-1"), r) for n, r in enumerate([QUOTED, *denied])]
    assert [(g.cause.key, len(g.places)) for g in grouped(failures)] == [
        ("scp", 3),
        ("eip-quota", 1),
    ]

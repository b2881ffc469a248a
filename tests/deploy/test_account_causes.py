"""What a fresh account lacks is recognised by AWS's words, wherever they stand."""

from datetime import UTC, datetime

import pytest

from camformation.deploy.fleet.causes import cause_of
from camformation.deploy.operation.account_causes import advice_on
from camformation.deploy.operation.events import Failure
from camformation.deploy.operation.watch import watch
from camformation.report.deployment.words import failure
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import Step
from deploy.following import end

ID = "0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f"
HANDLER = f'Resource handler returned message: "{{}}" (RequestToken: {ID}, HandlerErrorCode: {{}})'
USER = "User: arn:aws:sts::111122223333:assumed-role/deployer/AWSCloudFormation"
CASES = [
    (
        "The subnet 'subnet-0a1b' has dependencies and cannot be deleted. (Service: AmazonEC2; "
        f"Status Code: 400; Error Code: DependencyViolation; Request ID: {ID}; Proxy: null)",
        "vpc-in-use",
        "camformation destroy",
    ),
    (
        "(service camunda-orchestration) was unable to place a task. Reason: You've reached the "
        "limit on the number of vCPUs you can run concurrently. For more information, see the "
        "Troubleshooting section of the Amazon ECS Developer Guide.",
        "fargate-quota",
        "--service-code fargate --quota-code L-3032A538",
    ),
    (
        "The maximum number of addresses has been reached. (Service: AmazonEC2; Status Code: 400; "
        f"Error Code: AddressLimitExceeded; Request ID: {ID})",
        "eip-quota",
        "--service-code ec2 --quota-code L-0263D0A3",
    ),
    (
        HANDLER.format(
            "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, "
            f"Request ID: {ID})",
            "GeneralServiceException",
        ),
        "vpc-quota",
        "--service-code vpc --quota-code L-F678F1CE",
    ),
    (
        HANDLER.format(
            "The maximum number of internet gateways has been reached.", "ServiceLimitExceeded"
        ),
        "igw-quota",
        "L-A4707A72",
    ),
    (
        HANDLER.format(
            "Invalid request provided: CreateCluster Invalid Request: Unable to assume the service "
            "linked role. Please verify that the ECS service linked role exists.",
            "InvalidRequest",
        ),
        "service-linked-role",
        "--aws-service-name ecs.amazonaws.com",
    ),
    (
        f"API: elasticloadbalancingv2:CreateLoadBalancer {USER} is not authorized to perform: "
        "iam:CreateServiceLinkedRole on resource: arn:aws:iam::111122223333:role/aws-service-role/"
        "elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing",
        "service-linked-role",
        "--aws-service-name elasticloadbalancing.amazonaws.com",
    ),
    (
        "Unable to create the resource. Verify that you have permission to create service linked "
        "role. Otherwise wait and try again later (Service: Rds, Status Code: 400)",
        "service-linked-role",
        "--aws-service-name rds.amazonaws.com",
    ),
    (
        "Missing necessary credentials. Please check http://docs.aws.amazon.com/AmazonRDS/latest/"
        "UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html",
        "service-linked-role",
        "--aws-service-name rds.amazonaws.com",
    ),
    (
        "Insufficient permissions to create service-linked role. Add the "
        "iam:CreateServiceLinkedRole permission",
        "service-linked-role",
        "aws iam create-service-linked-role",
    ),
    (
        f"{USER} is not authorized to perform: kms:CreateGrant on resource: "
        f"arn:aws:kms:eu-west-2:111122223333:key/{ID} because no identity-based policy allows the "
        "kms:CreateGrant action",
        "kms-grant",
        "kms:CreateGrant",
    ),
    (
        f"The specified KMS key [arn:aws:kms:us-east-1:111122223333:key/{ID}] does not exist, is "
        "not enabled or you do not have permissions to access it.",
        "kms-access",
        "kms:DescribeKey",
    ),
    (
        "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe. "
        "(Service: Ec2; Status Code: 401; Error Code: OptInRequired)",
        "region-disabled",
        "aws account enable-region",
    ),
]


IDS = [f"{key}-{number}" for number, (_, key, _) in enumerate(CASES)]


@pytest.mark.parametrize(("reason", "key", "told"), CASES, ids=IDS)
def test_aws_words_are_known_to_a_stack_and_to_a_fleet(reason: str, key: str, told: str) -> None:
    advice = advice_on([reason])
    assert advice and told in advice and "{" not in advice
    cause = cause_of(f"ResourceLogicalId:X, ResourceType:Y, ResourceStatusReason:{reason}")
    assert cause.key == key and told in cause.advice


@pytest.mark.parametrize(
    "reason",
    [
        "The bucket you tried to delete is not empty",
        f"{USER} is not authorized to perform: ecs:CreateCluster on resource: *",
        f"{USER} is not authorized to perform: iam:CreateServiceLinkedRole on resource: * with an "
        "explicit deny in a service control policy",
        f"{USER} is not authorized to perform: kms:CreateGrant on resource: * with an explicit "
        "deny in a service control policy",
        "",
    ],
)
def test_other_reasons_are_left_alone(reason: str) -> None:
    assert advice_on([reason]) is None


def test_what_ecs_says_counts_where_cloudformation_does_not_know() -> None:
    advice = advice_on(["Error occurred during operation 'ECS Deployment Circuit Breaker was "
                        "triggered'.", CASES[1][0]])  # fmt: skip
    assert advice and "L-3032A538" in advice


def test_a_failure_is_shown_with_what_to_do() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    fake.stacks.play(
        root,
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(1, "CREATE_FAILED", "NatEip1", "AWS::EC2::EIP", CASES[2][0]),
            Step(2, "ROLLBACK_IN_PROGRESS"),
            Step(9, "ROLLBACK_COMPLETE"),
        ],
    )
    fake.clock.sleep(60)
    found = end(list(watch(fake.cloud, fake.clock, "camunda"))).failures[0]
    assert isinstance(found, Failure)
    assert any(line.startswith("    hint: ") and "L-0263D0A3" in line for line in failure(found))


def test_a_failure_without_a_known_cause_has_no_hint() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = Failure(
        time=now,
        component="root",
        logical_id="Vpc",
        type="AWS::EC2::VPC",
        status="CREATE_FAILED",
        reason="no reason",
    )
    lines = failure(found)
    assert not [line for line in lines if "hint" in line]

"""What others have in a deployment's VPC is named, before it stands in the way and when it does."""

import pytest

from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.services import Interface, SecurityGroup, VpcEndpoint
from camformation.deploy.destruction.execution import destroy
from camformation.deploy.destruction.plan import plan_destruction
from camformation.deploy.operation.events import Notice
from camformation.layout import Layout
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import REGION, Step
from deploy.live import live

Guest = VpcEndpoint | Interface | SecurityGroup

GUARDDUTY: list[Guest] = [
    VpcEndpoint("vpce-0a1b", f"com.amazonaws.{REGION}.guardduty-data", ("sg-0a1b",)),
    SecurityGroup("sg-0a1b", "GuardDutyManagedSecurityGroup-vpc-0a1b"),
    Interface("eni-0a1b", "VPC Endpoint Interface vpce-0a1b", "vpc_endpoint", ("sg-0a1b",)),
]
SUBNET = "The subnet 'privatesubnet1' has dependencies and cannot be deleted."
STUCK = (
    Step(1, "DELETE_IN_PROGRESS"),
    Step(9, "DELETE_FAILED", "PrivateSubnet1", "AWS::EC2::Subnet", SUBNET),
    Step(10, "DELETE_FAILED", reason="The following resource(s) failed to delete"),
)


def deployed(*found: Guest, layout: Layout = Layout.NESTED) -> FakeCloud:
    fake = FakeCloud()
    live(fake, layout)
    fake.networks.found.extend(found)
    return fake


def warnings(fake: FakeCloud) -> str:
    return "\n".join(plan_destruction(fake.cloud, "camunda").warnings)


@pytest.mark.parametrize("layout", Layout)
def test_guardduty_is_named_with_the_words_to_delete_it(layout: Layout) -> None:
    text = warnings(deployed(*GUARDDUTY, layout=layout))
    assert "GuardDuty Runtime Monitoring has its endpoint vpce-0a1b in the VPC vpc" in text
    assert f"delete-vpc-endpoints --region {REGION} --vpc-endpoint-ids vpce-0a1b" in text
    assert f"delete-security-group --region {REGION} --group-id sg-0a1b" in text
    assert "eni-0a1b" not in text  # it goes with its endpoint


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            Interface("eni-1", "AWS Lambda VPC ENI-report-0a1b", "lambda", ("sg-9",)),
            "take the function out of the VPC",
        ),
        (
            Interface("eni-1", "ELB app/theirs/0a1b2c3d", "interface", ("sg-9",)),
            "delete that load balancer",
        ),
        (Interface("eni-1", "", "interface"), "delete what it belongs to"),
        (VpcEndpoint("vpce-9", f"com.amazonaws.{REGION}.sqs"), "--vpc-endpoint-ids vpce-9"),
        (SecurityGroup("sg-9", "by-hand"), "--group-id sg-9"),
    ],
)
def test_what_others_have_there_is_named(found: Guest, said: str) -> None:
    text = warnings(deployed(found))
    assert said in text and "GuardDuty" not in text


@pytest.mark.parametrize(
    "found",
    [
        SecurityGroup("sg-0", "default"),
        SecurityGroup("orchestrationsecuritygroup", "camunda-Network-Orchestration"),
        Interface("eni-1", "arn:aws:ecs:eu-west-2:1:attachment/2", "interface",
                  ("orchestrationsecuritygroup",)),
        Interface("eni-1", "Interface for NAT Gateway natgateway1", "nat_gateway"),
        Interface("eni-1", "EFS mount target for filesystem (fsmt-1)", "efs"),
        VpcEndpoint("s3endpoint", f"com.amazonaws.{REGION}.s3"),
    ],
)  # fmt: skip
def test_what_is_of_the_deployment_is_not(found: Guest) -> None:
    fake = deployed()
    quiet = warnings(fake)
    fake.networks.found.append(found)
    assert warnings(fake) == quiet


def test_many_interfaces_are_counted() -> None:
    many = [Interface(f"eni-{n}", "theirs", "interface") for n in range(9)]
    text = warnings(deployed(*many))
    assert "eni-4" in text and "eni-5" not in text and "4 more network interfaces" in text


def test_whoever_may_not_look_is_told_so_and_can_destroy() -> None:
    fake = deployed()
    fake.networks.fail(
        "endpoints",
        AccessDenied("CAM603", "no", "the caller's role needs ec2:DescribeVpcEndpoints"),
    )
    assert "needs ec2:DescribeVpcEndpoints" in warnings(fake)


def test_an_existing_vpc_is_nobodys_business() -> None:
    fake = FakeCloud()
    existing = {
        "vpc_id": "vpc-0a1b2c3d",
        "cidr": "172.16.0.0/16",
        "private_subnet_ids": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
        "public_subnet_ids": ["subnet-2a1b2c3d", "subnet-3a1b2c3d"],
    }
    live(fake, network={"existing": existing})
    plan_destruction(fake.cloud, "camunda")
    assert not fake.networks.calls


def test_a_deletion_that_fails_for_it_names_it_again() -> None:
    fake = deployed(*GUARDDUTY)
    fake.stacks.operations.append(STUCK)
    planned = plan_destruction(fake.cloud, "camunda")
    seen = []
    with pytest.raises(DeployError, match="not everything could be deleted") as raised:
        for event in destroy(fake.cloud, fake.clock, planned, confirmed="camunda",
                             disable_protection=True):  # fmt: skip
            seen.append(event)
    assert raised.value.code == "CAM688"
    told = [event for event in seen if isinstance(event, Notice) and event.code == "CAM646"]
    assert len(told) == 2 and "vpce-0a1b" in str(told[0].hint)


def test_a_deletion_that_fails_for_something_else_does_not_look() -> None:
    fake = deployed(*GUARDDUTY)
    bucket = (STUCK[0], Step(9, "DELETE_FAILED", "NodeIdBucket", "AWS::S3::Bucket", "x"), STUCK[2])
    fake.stacks.operations.extend([bucket, bucket])
    planned = plan_destruction(fake.cloud, "camunda")
    fake.networks.calls.clear()
    with pytest.raises(DeployError):
        list(destroy(fake.cloud, fake.clock, planned, confirmed="camunda", disable_protection=True))
    assert not fake.networks.calls

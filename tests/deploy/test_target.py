"""Account, region and roles are checked before anything is written."""

from typing import Any

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.cloud.target import check_target, target_for, url_suffix
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import ACCOUNT, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy/camunda"


def test_the_region_is_the_options_or_the_specs_or_the_profiles() -> None:
    assert target_for(spec_region=None, region="eu-west-1").region == "eu-west-1"
    assert target_for(spec_region="eu-west-2").region == "eu-west-2"
    assert target_for(spec_region="eu-west-2", region="eu-west-2").region == "eu-west-2"
    assert target_for(spec_region=None).region is None


def test_a_region_that_is_not_the_specs_is_refused() -> None:
    with pytest.raises(DeployError) as raised:
        target_for(spec_region="eu-west-2", region="us-east-1")
    assert raised.value.code == "CAM611"
    assert "us-east-1" in raised.value.message and "eu-west-2" in raised.value.message


def test_the_role_to_assume_and_the_service_role_are_two() -> None:
    target = target_for(spec_region=None, role_arn=ROLE, spec_service_role_arn=ROLE + "2")
    assert (target.role_arn, target.service_role_arn) == (ROLE, ROLE + "2")
    target = target_for(spec_region=None, service_role_arn=ROLE, spec_service_role_arn=ROLE + "2")
    assert (target.role_arn, target.service_role_arn) == (None, ROLE)


@pytest.mark.parametrize(
    "arn",
    [
        "deployer",
        f"arn:aws:iam::{ACCOUNT}:role/",
        f"arn:aws:iam::{ACCOUNT}:user/a",
        f"arn:aws:sts::{ACCOUNT}:role/a",
    ],
)
@pytest.mark.parametrize("option", ["role_arn", "service_role_arn"])
def test_what_is_no_role_is_refused(option: str, arn: str) -> None:
    with pytest.raises(DeployError) as raised:
        wrong: dict[str, Any] = {option: arn}
        target_for(spec_region=None, **wrong)
    assert raised.value.code == "CAM612"
    assert "--" + option.replace("_", "-") in raised.value.message


def test_the_right_account_and_region_pass() -> None:
    fake = FakeCloud()
    caller = check_target(fake.cloud, account=ACCOUNT, region=REGION, service_role_arn=ROLE)
    assert caller == fake.identity.who
    assert check_target(fake.cloud, account=None, region=None) == caller


def test_another_account_is_named_with_the_callers_arn() -> None:
    fake = FakeCloud()
    with pytest.raises(DeployError) as raised:
        check_target(fake.cloud, account="222222222222", region=REGION)
    assert raised.value.message == f"you are in {ACCOUNT}, the spec says 222222222222"
    assert "assumed-role/deployer/someone" in str(raised.value.hint)


def test_another_region_is_found_before_any_call() -> None:
    fake = FakeCloud()
    with pytest.raises(DeployError) as raised:
        check_target(fake.cloud, account=ACCOUNT, region="us-east-1")
    assert raised.value.message == f"you are in {REGION}, the spec says us-east-1"
    assert fake.identity.calls == []


def test_a_service_role_of_another_account_is_refused() -> None:
    fake = FakeCloud()
    role = "arn:aws:iam::222222222222:role/cloudformation"
    with pytest.raises(DeployError) as raised:
        check_target(fake.cloud, account=ACCOUNT, region=REGION, service_role_arn=role)
    assert raised.value.code == "CAM612"
    assert "--role-arn" in str(raised.value.hint)


def test_the_local_target_has_an_account_of_its_own() -> None:
    fake = FakeCloud(local=True)
    assert check_target(fake.cloud, account="222222222222", region=REGION).account == ACCOUNT
    with pytest.raises(DeployError):
        check_target(fake.cloud, account=None, region="us-east-1")


@pytest.mark.parametrize(
    ("partition", "suffix"),
    [("aws", "amazonaws.com"), ("aws-us-gov", "amazonaws.com"), ("aws-cn", "amazonaws.com.cn")],
)
def test_the_partition_has_its_domain(partition: str, suffix: str) -> None:
    assert url_suffix(Caller(ACCOUNT, f"arn:{partition}:iam::{ACCOUNT}:user/a")) == suffix

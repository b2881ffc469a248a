"""The target of a deployment: region, credentials and roles, checked against the spec."""

import re
from collections.abc import Mapping

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.stacks import Caller
from camformation.frozen import frozen
from camformation.regions import FORM, REGIONS, closest, misspelt

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]+")
URL_SUFFIXES: Mapping[str, str] = {"aws-cn": "amazonaws.com.cn"}
"""Partitions whose domain is another than `amazonaws.com` (botocore, partitions.json)."""


@frozen
class LocalEndpoint:
    """The local target's address, and the keys that identify its account."""

    endpoint_url: str
    access_key: str
    secret_key: str


@frozen
class Target:
    """The target and roles of a deployment.

    `role_arn` is assumed before any call; `service_role_arn` is passed to CloudFormation, which
    then assumes that role. `region` is None if the profile decides. `call_as` is the mode of calls
    to StackSets with service-managed permissions: SELF, or DELEGATED_ADMIN in a member account.
    """

    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    service_role_arn: str | None = None
    local: LocalEndpoint | None = None
    call_as: str = "SELF"


def target_for(
    *,
    spec_region: str | None,
    spec_service_role_arn: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    role_arn: str | None = None,
    service_role_arn: str | None = None,
    local: LocalEndpoint | None = None,
    call_as: str = "SELF",
    file: str = "spec",
) -> Target:
    """Return the target of a spec (or another kind of file) and the options of the command line.

    Raises DeployError if the given region is not the spec's, or a role is not the ARN of a role.
    """
    if region and spec_region and region != spec_region:
        raise DeployError(
            "CAM611",
            f"--region is {region}, but the {file} sets {spec_region}",
            f"remove --region, or change `region` in the {file}",
        )
    for option, arn in (("--role-arn", role_arn), ("--service-role-arn", service_role_arn)):
        if arn and not ROLE_ARN.fullmatch(arn):
            raise DeployError(
                "CAM612",
                f"{option} is not the ARN of an IAM role: {arn}",
                "an example is arn:aws:iam::111122223333:role/NAME",
            )
    return Target(
        region=region or spec_region,
        profile=profile,
        role_arn=role_arn,
        service_role_arn=service_role_arn or spec_service_role_arn,
        local=local,
        call_as=call_as,
    )


def check_region(region: str) -> None:
    """Raise DeployError for what is no region, and is not the name of a new one either."""
    if region in REGIONS:
        return
    near = closest(region)
    if misspelt(region) or not re.fullmatch(FORM, region):
        hint = f"did you mean {near}?" if near else "regions look like eu-west-2"
        raise DeployError("CAM608", f"AWS has no region {region}", hint)


def check_target(
    cloud: Cloud,
    *,
    account: str | None,
    region: str | None,
    service_role_arn: str | None = None,
    file: str = "spec",
) -> Caller:
    """Return the caller, if account and region match the file (None: not in the file).

    Must be called before anything is written. The local target has its own accounts, so only the
    region counts there. Raises DeployError.
    """
    if region and cloud.region != region:
        raise DeployError(
            "CAM611",
            f"you are in {cloud.region}, but the {file} sets {region}",
            f"give --region {region}, or change `region` in the {file}",
        )
    caller = cloud.identity.caller()
    if cloud.local:
        return caller
    if account and caller.account != account:
        raise DeployError(
            "CAM610",
            f"you are in account {caller.account}, but the {file} sets {account}",
            f"the caller is {caller.arn}: choose another --profile, or a --role-arn in {account}",
        )
    role = ROLE_ARN.fullmatch(service_role_arn or "")
    if role and role[1] != caller.account:
        raise DeployError(
            "CAM612",
            f"the service role is in account {role[1]}, the deployment in {caller.account}",
            "CloudFormation accepts only a service role of the stack's account; to deploy as a "
            "role of another account, use --role-arn",
        )
    return caller


def environment_region(environment: Mapping[str, str]) -> str | None:
    """Return the region of the environment, which takes precedence over the profile's; botocore
    itself reads only AWS_DEFAULT_REGION."""
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or None


def url_suffix(caller: Caller) -> str:
    """Return the domain of the caller's partition: `AWS::URLSuffix`."""
    return URL_SUFFIXES.get(caller.partition, "amazonaws.com")

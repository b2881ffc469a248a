"""The policies of a deployment, from the options of the command line to their output."""

import json
from collections.abc import Sequence

from camformation.deploy.change.preparation import stack_name
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.target import check_region, target_for
from camformation.deploy.preflight.place import Place
from camformation.deploy.preflight.policy import Policy
from camformation.deployment import Deployment
from camformation.regions import PARTITIONS
from camformation.report.deployment.policy_text import policy_json, policy_text

ACCOUNT_DIGITS = 12


def place_of(
    deployment: Deployment,
    region: str | None,
    account: str | None,
    artifact_bucket: str | None,
    *,
    template: bool = False,
) -> Place:
    """Return the target of a deployment. In a template, CloudFormation fills in unknown parts.

    Raises DeployError.
    """
    spec_region = str(deployment.region) if deployment.region else None
    if region:
        check_region(region)
    where = target_for(spec_region=spec_region, region=region).region
    wanted = str(deployment.account) if deployment.account else None
    if account and not (len(account) == ACCOUNT_DIGITS and account.isdecimal()):
        raise DeployError("CAM790", f"--account is not an account number: {account}", DIGITS)
    if account and wanted and account != wanted:
        raise DeployError(
            "CAM790",
            f"--account is {account}, but the spec sets {wanted}",
            "remove --account, or change `account` in the spec",
        )
    unknown = Place(stack_name(deployment))
    bucket = artifact_bucket or deployment.stack.artifact_bucket
    partition = next((name for name, those in PARTITIONS.items() if where in those), None)
    return Place(
        stack=unknown.stack,
        partition=partition or (unknown.partition if template else "aws"),
        region=where or unknown.region,
        account=account or wanted or (unknown.account if template else "*"),
        artifact_bucket=str(bucket) if bucket else None,
    )


DIGITS = "it has twelve digits, such as 111122223333"


def shown(name: str, policies: Sequence[Policy], style: str) -> str:
    """Return the policies in a format of the command line."""
    if style == "json":
        return policy_json(name, policies)
    if style == "template":
        from camformation.deploy.preflight.policy_template import policy_template

        return json.dumps(policy_template(name, policies), indent=2) + "\n"
    return policy_text(name, policies)

"""The end of a run: what it made is destroyed, however it went."""

from collections.abc import Callable

from smoke.account import Account
from smoke.retention import settled
from smoke.steps import Command

WAIT_SECONDS = 3600.0
BOOTSTRAP = "camformation-bootstrap"


def exists(account: Account, stack: str) -> bool:
    """Whether there is such a stack."""
    aws = account.client("cloudformation")
    try:
        return bool(aws.describe_stacks(StackName=stack)["Stacks"])
    except aws.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return False
        raise


def artifact_bucket(account: Account) -> str:
    """The bucket of the bootstrap stack."""
    found = account.client("cloudformation").describe_stacks(StackName=BOOTSTRAP)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return str(outputs["ArtifactBucketName"])


def destroy(account: Account, stack: str, command: Command, say: Callable[[str], None]) -> bool:
    """Destroy the deployment, twice if need be; whether it is gone."""
    for _ in range(2):
        if not exists(account, stack):
            return True
        aws = account.client("cloudformation")
        say(f"\n== destroy ({settled(aws, stack, WAIT_SECONDS)})")
        options = ["--yes", "--name", stack, "--disable-protection", "--no-final-snapshot"]
        command(["destroy", stack, *options, "--quiet", *account.options])
    return not exists(account, stack)


def destroy_bootstrap(account: Account, say: Callable[[str], None]) -> None:
    """Delete the bootstrap stack and its bucket: this run has made both."""
    if not exists(account, BOOTSTRAP):
        return
    say("\n== destroy bootstrap")
    aws, s3 = account.client("cloudformation"), account.client("s3")
    aws.update_termination_protection(StackName=BOOTSTRAP, EnableTerminationProtection=False)
    stack = aws.describe_stacks(StackName=BOOTSTRAP)["Stacks"][0]["StackId"]
    bucket = artifact_bucket(account)
    aws.delete_stack(StackName=BOOTSTRAP)
    say(f"{BOOTSTRAP}: {settled(aws, stack)}")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=each["Key"])
    s3.delete_bucket(Bucket=bucket)

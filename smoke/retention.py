"""Whether RetainExceptOnCreate holds in a child stack that the rollback of its root deletes."""

import json
import time
from typing import Any

from smoke.account import Account
from smoke.doubts import Verdict

QUESTION = "RetainExceptOnCreate: a bucket of a child goes when its root's creation rolls back"
CHILD: dict[str, Any] = {
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate"},
    },
}
SECONDS = 600


def root(child_url: str) -> dict[str, Any]:
    """A root whose creation fails once its child is there: nobody signals what it waits for."""
    return {
        "Resources": {
            "Child": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": child_url},
            },
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Never": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "DependsOn": "Child",
                "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"},
            },
        },
    }


def retain_except_on_create(account: Account, bucket: str, name: str) -> Verdict:
    """Make such a stack, look, and delete it, with the bucket if that is still there."""
    aws, s3 = account.client("cloudformation"), account.client("s3")
    key = f"{name}/child.template.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(CHILD))
    base = account.endpoint or f"https://s3.{account.region}.amazonaws.com"
    made = aws.create_stack(
        StackName=name, TemplateBody=json.dumps(root(f"{base}/{bucket}/{key}"))
    )["StackId"]
    left = ""
    try:
        status = settled(aws, made)
        child = next(
            event["PhysicalResourceId"]
            for event in aws.describe_stack_events(StackName=made)["StackEvents"]
            if event["LogicalResourceId"] == "Child" and event.get("PhysicalResourceId")
        )
        events = aws.describe_stack_events(StackName=child)["StackEvents"]
        buckets = [e for e in events if e["LogicalResourceId"] == "Bucket"]
        end = buckets[0]["ResourceStatus"] if buckets else "no event"
        if end != "DELETE_COMPLETE" and buckets:
            left = buckets[0]["PhysicalResourceId"]
        return Verdict(QUESTION, f"{status}; the bucket: {end}", end == "DELETE_COMPLETE")
    except Exception as error:  # a doubt that cannot be looked at ends no run
        return Verdict(QUESTION, f"cannot be seen: {type(error).__name__}: {error}", None)
    finally:
        aws.delete_stack(StackName=made)
        settled(aws, made)
        if left:
            s3.delete_bucket(Bucket=left)


def settled(aws: Any, stack: str, seconds: float = SECONDS) -> str:
    """Wait until nothing happens to a stack; its status."""
    until = time.monotonic() + seconds
    while True:
        status = str(aws.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
        busy = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
        if not busy or time.monotonic() > until:
            return status
        time.sleep(0.2 if "000000000000" in stack else 5)

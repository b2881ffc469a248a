"""What the tests do to the local target, over HTTP with real boto3 clients."""

import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from camformation.deploy import local

REGION = "eu-west-2"
ACCOUNT = "111122223333"
BUCKET = "artifacts"

Template = dict[str, Any]

numbers = itertools.count(1)


@dataclass
class Cloud:
    """What the tests do to the target, over HTTP."""

    target: local.LocalTarget
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the one client of a service: making one costs more than a call of it."""
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.target.endpoint_url,
                region_name=self.target.region,
                aws_access_key_id=self.target.access_key,
                aws_secret_access_key=self.target.secret_key,
                config=Config(proxies={}, retries={"max_attempts": 0}),
            )
        return self.clients[service]

    @property
    def cloudformation(self) -> Any:
        return self.client("cloudformation")

    def upload(self, name: str, template: Template) -> str:
        """Put a template into the artifact bucket and answer its URL."""
        s3 = self.client("s3")
        if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(
                Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        body = json.dumps(template)
        key = f"{name}-{hash(body) & 0xFFFFFFFF:08x}.template.json"
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"{self.target.endpoint_url}/{BUCKET}/{key}"

    def review(self, stack: str, template: Template, kind: str, **parameters: str) -> Any:
        """Make a change set with nested ones and describe it."""
        client = self.cloudformation
        made = client.create_change_set(
            StackName=stack,
            ChangeSetName=f"plan-{next(numbers)}",
            ChangeSetType=kind,
            TemplateURL=self.upload(stack, template),
            IncludeNestedStacks=True,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return client.describe_change_set(ChangeSetName=made["Id"], IncludePropertyValues=True)

    def deploy(
        self,
        stack: str,
        template: Template,
        parameters: Mapping[str, str] | None = None,
        **options: Any,
    ) -> str:
        """Create or update through a change set; the answer is the final status."""
        exists = self.status(stack) not in ("", "REVIEW_IN_PROGRESS")
        kind = "UPDATE" if exists else "CREATE"
        change_set = self.review(stack, template, kind, **(parameters or {}))
        assert change_set["Status"] == "CREATE_COMPLETE", change_set
        options = {"DisableRollback": False} | options
        self.cloudformation.execute_change_set(
            ChangeSetName=change_set["ChangeSetId"], StackName=stack, **options
        )
        return self.settled(stack)

    def status(self, stack: str) -> str:
        try:
            found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except self.cloudformation.exceptions.ClientError:
            return ""
        return str(found["StackStatus"])

    def settled(self, stack: str) -> str:
        for _ in range(600):
            status = self.status(stack)
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(0.05)
        raise AssertionError(f"{stack} is still {status}: {self.events(stack)[-5:]}")

    def delete(self, stack: str) -> str:
        stack_id = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=stack)
        return self.settled(stack_id)

    def resources(self, stack: str) -> dict[str, Any]:
        found = self.cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        return {item["LogicalResourceId"]: item for item in found}

    def outputs(self, stack: str) -> dict[str, str]:
        found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}

    def events(self, stack: str) -> list[tuple[str, str]]:
        """(logical id, status), oldest first."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
        found = [event for page in pages for event in page["StackEvents"]]
        return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in reversed(found)]

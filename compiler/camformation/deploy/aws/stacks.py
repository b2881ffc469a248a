"""CloudFormation over boto3."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.aws import answers
from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.stacks import (
    ChangeSetPage,
    ChangeSetRequest,
    ChangeSetSummary,
    DriftDetection,
    ResourceDrift,
    StackDescription,
    StackEvent,
    StackResource,
    ValidationFailure,
)


class AwsStacks:
    """Implements `Stacks`."""

    def __init__(self, cloudformation: Client) -> None:
        self._aws = cloudformation

    def describe_stack(self, stack: str) -> StackDescription | None:
        """See `Stacks`."""
        answer = self._or_none("describe_stacks", StackName=stack)
        found = answer["Stacks"] if answer else ()
        return answers.stack_description(found[0]) if found else None

    def list_stacks(self) -> tuple[StackDescription, ...]:
        """See `Stacks`."""
        return tuple(map(answers.stack_description, self._aws.items("describe_stacks", "Stacks")))

    def template(self, stack: str) -> dict[str, Any] | None:
        """See `Stacks`. A template that is not JSON is not ours, and is returned as an empty
        one."""
        answer = self._or_none("get_template", StackName=stack, TemplateStage="Original")
        if answer is None:
            return None
        body = answer["TemplateBody"]  # botocore has parsed it already if it is JSON
        return answers.template(body if isinstance(body, str) else json.dumps(body))

    def resources(self, stack: str) -> tuple[StackResource, ...]:
        """See `Stacks`."""
        found = self._items("list_stack_resources", "StackResourceSummaries", StackName=stack)
        return tuple(map(answers.stack_resource, found))

    def events(self, stack: str) -> Iterator[StackEvent]:
        """See `Stacks`."""
        found = self._items("describe_stack_events", "StackEvents", StackName=stack)
        return map(answers.stack_event, found)

    def operation_events(self, operation: str) -> Iterator[StackEvent]:
        """See `Stacks`."""
        found = self._items("describe_events", "OperationEvents", OperationId=operation)
        return filter(None, map(answers.operation_event, found))

    def validation_failures(self, change_set: str) -> tuple[ValidationFailure, ...]:
        """See `Stacks`."""
        found = self._items(
            "describe_events",
            "OperationEvents",
            ChangeSetName=change_set,
            Filters={"FailedEvents": True},
        )
        return tuple(filter(None, map(answers.validation_failure, found)))

    def create_change_set(self, request: ChangeSetRequest) -> tuple[str, str]:
        """See `Stacks`."""
        arguments: dict[str, Any] = {
            "StackName": request.stack,
            "ChangeSetName": request.name,
            "ChangeSetType": request.kind,
            "Description": request.description[:1024] or None,
            "ClientToken": request.client_token,
            "TemplateBody": request.body,
            "TemplateURL": request.url,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in request.parameters.items()
            ]
            + [
                {"ParameterKey": key, "UsePreviousValue": True}
                for key in request.previous_parameters
            ],
            "Tags": [{"Key": key, "Value": value} for key, value in request.tags.items()],
            "Capabilities": list(request.capabilities),
            "RoleARN": request.role_arn,
            "NotificationARNs": list(request.notification_topic_arns),
            "IncludeNestedStacks": request.nested,
        }
        if request.revert_drift:  # not to be combined with nested stacks
            arguments |= {"DeploymentMode": "REVERT_DRIFT", "IncludeNestedStacks": None}
            arguments["UsePreviousTemplate"] = True
        if request.express:
            # AWS rejects DisableRollback beside DeploymentConfig: it is given inside, and only
            # there, since mode EXPRESS does not roll back unless told to.
            arguments["DeploymentConfig"] = {
                "Mode": "EXPRESS",
                "DisableRollback": request.disable_rollback,
            }
        answer = self._aws.call("create_change_set", **arguments)
        return answer["Id"], answer["StackId"]

    def describe_change_set(
        self, change_set: str, stack: str, *, with_values: bool, token: str | None = None
    ) -> ChangeSetPage | None:
        """See `Stacks`."""
        answer = self._or_none(
            "describe_change_set",
            ChangeSetName=change_set,
            StackName=stack or None,
            IncludePropertyValues=with_values,
            NextToken=token,
        )
        return answers.change_set_page(answer) if answer else None

    def change_sets(self, stack: str) -> tuple[ChangeSetSummary, ...]:
        """See `Stacks`."""
        found = self._items("list_change_sets", "Summaries", StackName=stack)
        return tuple(map(answers.change_set_summary, found))

    def delete_change_set(self, change_set: str, stack: str) -> None:
        """See `Stacks`."""
        self._or_none("delete_change_set", ChangeSetName=change_set, StackName=stack)

    def execute_change_set(
        self, change_set: str, stack: str, *, client_token: str, disable_rollback: bool | None
    ) -> None:
        """See `Stacks`."""
        self._aws.call(
            "execute_change_set",
            ChangeSetName=change_set,
            StackName=stack,
            ClientRequestToken=client_token,
            DisableRollback=disable_rollback,
        )

    def cancel_update(self, stack: str) -> None:
        """See `Stacks`."""
        self._aws.call("cancel_update_stack", StackName=stack)

    def rollback(self, stack: str, *, role_arn: str | None, client_token: str) -> None:
        """See `Stacks`."""
        self._aws.call(
            "rollback_stack", StackName=stack, RoleARN=role_arn, ClientRequestToken=client_token
        )

    def continue_update_rollback(
        self,
        stack: str,
        *,
        role_arn: str | None,
        client_token: str,
        skip: Sequence[str] = (),
    ) -> None:
        """See `Stacks`."""
        self._aws.call(
            "continue_update_rollback",
            StackName=stack,
            RoleARN=role_arn,
            ClientRequestToken=client_token,
            ResourcesToSkip=list(skip) or None,
        )

    def delete_stack(
        self,
        stack: str,
        *,
        role_arn: str | None,
        client_token: str,
        retain: Sequence[str] = (),
        force: bool = False,
    ) -> None:
        """See `Stacks`."""
        self._aws.call(
            "delete_stack",
            StackName=stack,
            RoleARN=role_arn,
            ClientRequestToken=client_token,
            RetainResources=list(retain) or None,
            DeletionMode="FORCE_DELETE_STACK" if force else None,
        )

    def set_termination_protection(self, stack: str, enabled: bool) -> None:
        """See `Stacks`."""
        self._aws.call(
            "update_termination_protection", StackName=stack, EnableTerminationProtection=enabled
        )

    def stack_policy(self, stack: str) -> dict[str, Any] | None:
        """See `Stacks`."""
        answer = self._or_none("get_stack_policy", StackName=stack)
        body = (answer or {}).get("StackPolicyBody")
        return answers.template(body) if body else None

    def set_stack_policy(self, stack: str, policy: Mapping[str, Any]) -> None:
        """See `Stacks`."""
        body = json.dumps(policy, separators=(",", ":"))
        self._aws.call("set_stack_policy", StackName=stack, StackPolicyBody=body)

    def detect_drift(self, stack: str) -> str:
        """See `Stacks`."""
        return str(self._aws.call("detect_stack_drift", StackName=stack)["StackDriftDetectionId"])

    def drift_detection(self, detection: str) -> DriftDetection:
        """See `Stacks`."""
        answer = self._aws.call(
            "describe_stack_drift_detection_status", StackDriftDetectionId=detection
        )
        return DriftDetection(
            status=answer["DetectionStatus"],
            stack_status=answer.get("StackDriftStatus"),
            reason=answer.get("DetectionStatusReason"),
            drifted=answer.get("DriftedStackResourceCount", 0),
        )

    def resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        """See `Stacks`."""
        found = self._aws.items(
            "describe_stack_resource_drifts",
            "StackResourceDrifts",
            StackName=stack,
            StackResourceDriftStatusFilters=["MODIFIED", "DELETED", "UNKNOWN"],
        )
        return tuple(map(answers.resource_drift, found))

    def _or_none(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            return self._aws.call(operation, **arguments)
        except Refused as error:
            if is_missing(error):
                return None
            raise

    def _items(self, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        try:
            yield from self._aws.items(operation, key, **arguments)
        except Refused as error:
            if not is_missing(error):
                raise

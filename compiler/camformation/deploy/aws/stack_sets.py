"""StackSets over boto3."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.aws import stack_set_answers as answers
from camformation.deploy.aws import stack_set_requests as requests
from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.stack_sets import (
    InstanceDrift,
    Operation,
    OperationResult,
    Places,
    Preferences,
    StackInstance,
    StackSet,
    StackSetRequest,
)
from camformation.fleet.documents import EXECUTION_ROLE


class AwsStackSets:
    """Implements `StackSets`. CallAs is sent if it is not SELF, AWS's default.

    A delegated administrator sees only service-managed StackSets, so every call needs it.
    """

    def __init__(self, cloudformation: Client, call_as: str = "SELF") -> None:
        self._aws = cloudformation
        self._call_as = None if call_as == "SELF" else call_as

    def describe(self, name: str) -> StackSet | None:
        """See `StackSets`."""
        answer = self._or_none("describe_stack_set", StackSetName=name)
        found = answers.stack_set(answer["StackSet"]) if answer else None
        return found if found and found.status != "DELETED" else None

    def create(self, request: StackSetRequest, token: str) -> str:
        """See `StackSets`."""
        answer = self._aws.call(
            "create_stack_set",
            **requests.wanted(request, self._call_as),
            Parameters=requests.parameters(request.parameters),
            **requests.template(request),
            ExecutionRoleName=request.execution_role_name,
            AutoDeployment=requests.auto_deployment(request),
            ClientRequestToken=token,
        )
        return str(answer["StackSetId"])

    def update(
        self,
        request: StackSetRequest,
        places: Places | None,
        preferences: Preferences,
        token: str,
    ) -> str:
        """See `StackSets`."""
        execution_role = request.execution_role_name
        if request.permission_model == "SELF_MANAGED":  # without one, AWS keeps the earlier one
            execution_role = execution_role or EXECUTION_ROLE
        return self._begin(
            "update_stack_set",
            token,
            **requests.wanted(request, self._call_as),
            **(requests.content(request) if request.brings_content else requests.previous(request)),
            **(requests.targets(places) if places else {}),
            ExecutionRoleName=execution_role,
            # "If you specify AutoDeployment, don't specify DeploymentTargets or Regions"
            AutoDeployment=None if places else requests.auto_deployment(request),
            OperationPreferences=requests.operation_preferences(preferences),
        )

    def delete(self, name: str) -> None:
        """See `StackSets`."""
        self._or_none("delete_stack_set", StackSetName=name)

    def instances(self, name: str) -> Iterator[StackInstance]:
        """See `StackSets`."""
        found = self._items("list_stack_instances", "Summaries", StackSetName=name)
        return map(answers.stack_instance, found)

    def instance(self, name: str, account: str, region: str) -> StackInstance | None:
        """See `StackSets`."""
        found = self._instance(name, account, region)
        return answers.stack_instance(found) if found else None

    def overrides(self, name: str, account: str, region: str) -> Mapping[str, str] | None:
        """See `StackSets`."""
        found = self._instance(name, account, region)
        return answers.values(found.get("ParameterOverrides")) if found else None

    def create_instances(
        self,
        name: str,
        places: Places,
        overrides: Mapping[str, str],
        preferences: Preferences,
        token: str,
    ) -> str:
        """See `StackSets`."""
        return self._begin(
            "create_stack_instances",
            token,
            StackSetName=name,
            **requests.targets(places),
            ParameterOverrides=requests.parameters(overrides) or None,
            OperationPreferences=requests.operation_preferences(preferences),
            CallAs=self._call_as,
        )

    def update_instances(
        self,
        name: str,
        places: Places,
        overrides: Mapping[str, str],
        preferences: Preferences,
        token: str,
    ) -> str:
        """See `StackSets`. An empty list is sent too: without one, AWS changes no override."""
        return self._begin(
            "update_stack_instances",
            token,
            StackSetName=name,
            **requests.targets(places),
            ParameterOverrides=requests.parameters(overrides),
            OperationPreferences=requests.operation_preferences(preferences),
            CallAs=self._call_as,
        )

    def delete_instances(
        self, name: str, places: Places, *, retain: bool, preferences: Preferences, token: str
    ) -> str:
        """See `StackSets`."""
        return self._begin(
            "delete_stack_instances",
            token,
            StackSetName=name,
            **requests.targets(places),
            RetainStacks=retain,
            OperationPreferences=requests.operation_preferences(preferences),
            CallAs=self._call_as,
        )

    def import_stacks(
        self,
        name: str,
        stack_ids: Sequence[str],
        organizational_units: Sequence[str],
        preferences: Preferences,
        token: str,
        *,
        stack_ids_url: str | None = None,
    ) -> str:
        """See `StackSets`."""
        return self._begin(
            "import_stacks_to_stack_set",
            token,
            StackSetName=name,
            StackIds=None if stack_ids_url else list(stack_ids),
            StackIdsUrl=stack_ids_url,
            OrganizationalUnitIds=list(organizational_units) or None,
            OperationPreferences=requests.operation_preferences(preferences),
            CallAs=self._call_as,
        )

    def detect_drift(self, name: str, preferences: Preferences, token: str) -> str:
        """See `StackSets`."""
        return self._begin(
            "detect_stack_set_drift",
            token,
            StackSetName=name,
            OperationPreferences=requests.operation_preferences(preferences),
            CallAs=self._call_as,
        )

    def drifts(
        self, name: str, account: str, region: str, operation: str
    ) -> tuple[InstanceDrift, ...]:
        """See `StackSets`."""
        found = self._items(
            "list_stack_instance_resource_drifts",
            "Summaries",
            StackSetName=name,
            StackInstanceAccount=account,
            StackInstanceRegion=region,
            OperationId=operation,
            StackInstanceResourceDriftStatuses=["MODIFIED", "DELETED"],
        )
        return tuple(map(answers.instance_drift, found))

    def operation(self, name: str, operation: str) -> Operation | None:
        """See `StackSets`."""
        answer = self._or_none(
            "describe_stack_set_operation", StackSetName=name, OperationId=operation
        )
        return answers.operation(answer["StackSetOperation"]) if answer else None

    def operations(self, name: str) -> Iterator[Operation]:
        """See `StackSets`."""
        found = self._items("list_stack_set_operations", "Summaries", StackSetName=name)
        return map(answers.operation, found)

    def results(self, name: str, operation: str) -> Iterator[OperationResult]:
        """See `StackSets`."""
        found = self._items(
            "list_stack_set_operation_results",
            "Summaries",
            StackSetName=name,
            OperationId=operation,
        )
        return map(answers.operation_result, found)

    def stop(self, name: str, operation: str) -> None:
        """See `StackSets`."""
        self._aws.call(
            "stop_stack_set_operation",
            StackSetName=name,
            OperationId=operation,
            CallAs=self._call_as,
        )

    def _begin(self, call: str, token: str, **arguments: Any) -> str:
        """Start an operation; if AWS knows its id, an earlier attempt has started it."""
        try:
            return str(self._aws.call(call, OperationId=token, **arguments)["OperationId"])
        except Refused as error:
            if error.aws_code == "OperationIdAlreadyExistsException":
                return token
            raise

    def _instance(self, name: str, account: str, region: str) -> dict[str, Any] | None:
        answer = self._or_none(
            "describe_stack_instance",
            StackSetName=name,
            StackInstanceAccount=account,
            StackInstanceRegion=region,
        )
        return answer["StackInstance"] if answer else None

    def _or_none(self, call: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            return self._aws.call(call, CallAs=self._call_as, **arguments)
        except Refused as error:
            if is_missing(error):
                return None
            raise

    def _items(self, call: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        try:
            yield from self._aws.items(call, key, CallAs=self._call_as, **arguments)
        except Refused as error:
            if not is_missing(error):
                raise

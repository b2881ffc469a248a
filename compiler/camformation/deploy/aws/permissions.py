"""IAM over boto3: roles, and simulated permissions."""

from collections.abc import Mapping, Sequence
from typing import Any

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.aws.secret_values import policy_document
from camformation.deploy.cloud.account import Denial
from camformation.deploy.cloud.errors import Refused


class AwsPermissions:
    """Implements `Permissions`."""

    def __init__(self, iam: Client) -> None:
        self._iam = iam

    def role_arn(self, name: str) -> str | None:
        """See `Permissions`."""
        try:
            return str(self._iam.call("get_role", RoleName=name)["Role"]["Arn"])
        except Refused as error:
            if is_missing(error):
                return None
            raise

    def trust(self, name: str) -> Mapping[str, Any] | None:
        """See `Permissions`."""
        try:
            found = self._iam.call("get_role", RoleName=name)["Role"]
        except Refused as error:
            if is_missing(error):
                return None
            raise
        return policy_document(found.get("AssumeRolePolicyDocument"))

    def policy_exists(self, arn: str) -> bool:
        """See `Permissions`."""
        try:
            self._iam.call("get_policy", PolicyArn=arn)
        except Refused as error:
            if is_missing(error):
                return False
            raise
        return True

    def denied(
        self,
        principal: str,
        actions: Sequence[str],
        resources: Sequence[str],
        context: Mapping[str, Sequence[str]],
    ) -> tuple[Denial, ...]:
        """See `Permissions`."""
        entries = [
            {
                "ContextKeyName": key,
                "ContextKeyValues": list(values),
                "ContextKeyType": "string" if len(values) == 1 else "stringList",
            }
            for key, values in context.items()
        ]
        results = self._iam.items(
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=principal,
            ActionNames=list(actions),
            ResourceArns=list(resources),
            ContextEntries=entries,
        )
        return tuple(
            Denial(
                each["EvalActionName"],
                each.get("EvalResourceName", "*"),
                each["EvalDecision"] == "explicitDeny",
            )
            for each in results
            if not _allowed(each)
        )


def _allowed(result: Mapping[str, Any]) -> bool:
    """Return whether an action is allowed on one of the resources: it applies only to some
    types."""
    results = [result["EvalDecision"]]
    results += (
        each.get("EvalResourceDecision") for each in result.get("ResourceSpecificResults", ())
    )
    return "allowed" in results

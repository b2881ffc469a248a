"""Secrets Manager, Parameter Store and KMS over boto3: descriptions, never values."""

import json
from collections.abc import Mapping
from typing import Any

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.account_references import Key, Secret
from camformation.deploy.cloud.errors import Refused


class AwsSecretValues:
    """Implements `SecretValues`."""

    def __init__(self, secrets_manager: Client, ssm: Client, kms: Client) -> None:
        self._secrets_manager = secrets_manager
        self._ssm = ssm
        self._kms = kms

    def secret(self, arn: str) -> Secret | None:
        """See `SecretValues`."""
        try:
            answer = self._secrets_manager.call("describe_secret", SecretId=arn)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        stages = answer.get("VersionIdsToStages") or {}  # missing if it has no version
        return Secret(
            deleting=bool(answer.get("DeletedDate")),
            empty=not any("AWSCURRENT" in each for each in stages.values()),
            key=answer.get("KmsKeyId"),
        )

    def keys(self, arn: str) -> tuple[str, ...] | None:
        """See `SecretValues`."""
        try:
            answer = self._secrets_manager.call("get_secret_value", SecretId=arn)
        except Refused as error:
            if is_missing(error):
                return ()  # it has no value yet
            raise
        try:
            value = json.loads(answer.get("SecretString") or "")
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        return tuple(str(key) for key, each in value.items() if each not in ("", None))

    def parameter(self, name: str) -> bool:
        """See `SecretValues`."""
        name = f"/{name.partition(':parameter/')[2]}" if name.startswith("arn:") else name
        names = [name, name.removeprefix("/")] if name.count("/") == 1 else [name]
        found = self._ssm.items(
            "describe_parameters",
            "Parameters",
            ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": names}],
        )
        return next(found, None) is not None

    def key(self, name: str) -> Key | None:
        """See `SecretValues`."""
        try:
            found = self._kms.call("describe_key", KeyId=name)["KeyMetadata"]
        except Refused as error:
            if is_missing(error):
                return None
            raise
        kind = (found.get("KeySpec"), found.get("KeyUsage"))
        return Key(
            arn=str(found.get("Arn") or name),
            state=str(found["KeyState"]),
            encrypts=kind in ((None, None), ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")),
        )

    def key_policy(self, arn: str) -> Mapping[str, Any]:
        """See `SecretValues`."""
        answer = self._kms.call("get_key_policy", KeyId=arn, PolicyName="default")
        return policy_document(answer["Policy"])


def policy_document(text: Any) -> Mapping[str, Any]:
    """Return a policy, which botocore has already parsed if it comes from IAM."""
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

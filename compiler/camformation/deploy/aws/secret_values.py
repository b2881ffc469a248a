"""Secrets Manager, Parameter Store and KMS over boto3: what is there, never its value."""

import json

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused


class AwsSecretValues:
    """Implements `SecretValues`."""

    def __init__(self, secrets_manager: Client, ssm: Client, kms: Client) -> None:
        self._secrets_manager = secrets_manager
        self._ssm = ssm
        self._kms = kms

    def secret(self, arn: str) -> bool | None:
        """See `SecretValues`."""
        try:
            answer = self._secrets_manager.call("describe_secret", SecretId=arn)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        return not answer.get("DeletedDate")

    def keys(self, arn: str) -> tuple[str, ...] | None:
        """See `SecretValues`."""
        try:
            answer = self._secrets_manager.call("get_secret_value", SecretId=arn)
        except Refused as error:
            if is_missing(error):
                return ()  # nobody has given it a value yet
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

    def key_state(self, arn: str) -> str | None:
        """See `SecretValues`."""
        try:
            return str(self._kms.call("describe_key", KeyId=arn)["KeyMetadata"]["KeyState"])
        except Refused as error:
            if is_missing(error):
                return None
            raise

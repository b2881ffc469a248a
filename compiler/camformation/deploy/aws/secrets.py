"""Secrets Manager over boto3."""

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import DeployError, Refused
from camformation.deploy.cloud.services import SecretState


class AwsSecrets:
    """Implements `Secrets`."""

    def __init__(self, secrets_manager: Client) -> None:
        self._secrets_manager = secrets_manager

    def value(self, arn: str) -> str:
        """See `Secrets`."""
        return self._value(arn, "AWSCURRENT")

    def pending(self, arn: str) -> str:
        """See `Secrets`."""
        return self._value(arn, "AWSPENDING")

    def state(self, arn: str) -> SecretState | None:
        """See `Secrets`."""
        try:
            answer = self._secrets_manager.call("describe_secret", SecretId=arn)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        if answer.get("DeletedDate"):
            return None
        return SecretState(
            arn=answer["ARN"],
            name=answer["Name"],
            changed=answer.get("LastChangedDate"),
            stages={
                stage: version
                for version, stages in answer.get("VersionIdsToStages", {}).items()
                for stage in stages
            },
            owner=answer.get("OwningService", ""),
            rotates=bool(answer.get("RotationEnabled")),
            key=answer.get("KmsKeyId", ""),
        )

    def put(self, arn: str, value: str, token: str, *, pending: bool) -> None:
        """See `Secrets`."""
        self._secrets_manager.call(
            "put_secret_value",
            SecretId=arn,
            SecretString=value,
            ClientRequestToken=token,
            VersionStages=["AWSPENDING" if pending else "AWSCURRENT"],
        )

    def promote(self, arn: str, version: str, current: str) -> None:
        """See `Secrets`."""
        self._secrets_manager.call(
            "update_secret_version_stage",
            SecretId=arn,
            VersionStage="AWSCURRENT",
            MoveToVersionId=version,
            RemoveFromVersionId=current,
        )

    def _value(self, arn: str, stage: str) -> str:
        try:
            answer = self._secrets_manager.call(
                "get_secret_value",
                SecretId=arn,
                VersionStage=None if stage == "AWSCURRENT" else stage,
            )
        except Refused as error:
            if is_missing(error):
                message = f"the secret {arn} does not exist or is being deleted"
                raise DeployError("CAM606", message) from error
            raise
        if "SecretBinary" in answer:
            raise DeployError(
                "CAM609",
                f"the secret {arn} holds no text",
                "list its earlier versions with `aws secretsmanager list-secret-version-ids`",
            )
        return str(answer["SecretString"])

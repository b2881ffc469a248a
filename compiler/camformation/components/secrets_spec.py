"""The `secrets` section of a spec."""

from camformation.frozen import frozen


@frozen
class SecretsSpec:
    """The `secrets` section of a spec."""

    kms_key_arn: str | None
    on_delete: str  # retain | delete
    reminder_days: int | None = None
    additional_kms_key_arns: tuple[str, ...] = ()  # of existing secrets

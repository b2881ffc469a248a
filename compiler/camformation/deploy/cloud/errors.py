"""Errors that the user can act on: CAM5xx packaging, CAM6xx deploying."""

SERVICE_ROLE_GONE = r"[Rr]ole arn:\S+:role/\S+ is invalid or cannot be assumed"
"""CloudFormation's message that it cannot assume the stack's stored service role."""

SERVICE_ROLE_HINT = (
    "the service role was deleted, or does not trust cloudformation.amazonaws.com: create it "
    "again, or give another one with --service-role-arn"
)


class DeployError(Exception):
    """An error that the user can fix: what is wrong, and what to do about it."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{self.code} {self.message}{hint}"


class CredentialsExpired(DeployError):
    """The credentials expired. CloudFormation continues."""


class AccessDenied(DeployError):
    """The caller lacks a permission."""


class Refused(DeployError):
    """AWS refused a call; `aws_code` is its error code."""

    def __init__(self, code: str, message: str, hint: str | None, aws_code: str) -> None:
        super().__init__(code, message, hint)
        self.aws_code = aws_code


class Throttled(DeployError):
    """AWS still throttles calls after all retries: wait longer and try again."""


class Unreachable(DeployError):
    """AWS does not answer. CloudFormation continues."""


def with_hint(error: DeployError, hint: str | None) -> DeployError:
    """Return the same error, of the same class, with another hint."""
    if isinstance(error, Refused):
        return Refused(error.code, error.message, hint, error.aws_code)
    return type(error)(error.code, error.message, hint)

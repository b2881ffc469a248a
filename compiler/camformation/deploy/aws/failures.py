"""botocore's exceptions, translated to errors for the user: CAM60x, CAM641, CAM642."""

import re

from botocore import exceptions, parsers

from camformation.deploy.aws.stack_set_refusals import LIST_ACCOUNTS_HINT, stack_set_refusal
from camformation.deploy.cloud.errors import (
    SERVICE_ROLE_GONE,
    SERVICE_ROLE_HINT,
    AccessDenied,
    CredentialsExpired,
    DeployError,
    Refused,
    Throttled,
    Unreachable,
)

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
INVALID = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
UNKNOWN = {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"}
"""What a region says to sound keys of an account that has not enabled it."""

DENIED = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "Forbidden",
    "NotAuthorized",
    "UnauthorizedOperation",
}
THROTTLED = {
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
BUSY = {"InternalError", "InternalFailure", "ServerException", "ServiceUnavailable"}

NOT_ENABLED = {"OptInRequired", "RegionDisabled", "RegionDisabledException"}
SIGN_INS = {"GetRoleCredentials", "CreateToken", "RegisterClient", "ListAccountRoles"}
"""Operations of IAM Identity Center that botocore calls to get credentials."""

PERMISSIONS = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject and s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObject and s3:DeleteObjectVersion",
}
"""Permissions named otherwise than their operation (S3 User Guide, Required permissions)."""

SIGN_IN = "sign in again (`aws sso login`, `aws login` or new keys)"
EXPIRED_HINT = f"{SIGN_IN}; what CloudFormation has begun goes on, `camformation watch` picks it up"
CREDENTIALS_HINT = (
    "set AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
    "`--local` needs no account"
)


def translated(error: Exception, service: str, region: str) -> DeployError:
    """Return what to tell a person; `service` is IAM's prefix of the service called."""
    match error:
        case exceptions.ClientError():
            return _refused(error, service, region)
        case (
            exceptions.UnauthorizedSSOTokenError()
            | exceptions.SSOTokenLoadError()
            | exceptions.TokenRetrievalError()
            | exceptions.LoginRefreshRequired()
            | exceptions.LoginTokenLoadError()
            | exceptions.RefreshWithMFAUnsupportedError()
        ):
            return expired("the AWS sign-in has expired")
        case exceptions.ProfileNotFound():
            hint = "`aws configure list-profiles` lists those there are"
            return DeployError("CAM601", _sentence(error), hint)
        case (
            exceptions.NoCredentialsError()
            | exceptions.PartialCredentialsError()
            | exceptions.CredentialRetrievalError()
            | exceptions.NoAuthTokenError()
        ):
            return DeployError(
                "CAM601", f"no AWS credentials: {_sentence(error)}", CREDENTIALS_HINT
            )
        case exceptions.HTTPClientError() | exceptions.ConnectionError():
            hint = (
                f"check the network and the region {region}; what CloudFormation has begun goes on"
            )
            return Unreachable("CAM605", f"AWS does not answer: {_sentence(error)}", hint)
        case parsers.ResponseParserError():
            return strange(service, region, _sentence(error))
        case _:
            return DeployError("CAM607", f"{service}: {_sentence(error)}")


def _refused(error: exceptions.ClientError, service: str, region: str) -> DeployError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", "")) or code
    permission = f"{service}:{error.operation_name}"
    if code in EXPIRED:
        return expired()
    if error.operation_name in SIGN_INS:
        return _no_sign_in(error.operation_name, code, message)
    if code == "400" and service == "s3":  # a HEAD has no body that could say why
        return expired(
            f"S3 refuses the request without a reason ({permission}: {message}), as it does where "
            "the AWS credentials have expired"
        )
    if code in INVALID:
        hint = (
            "set this machine's clock"
            if code == "RequestTimeTooSkewed"
            else f"check AWS_PROFILE and AWS_ACCESS_KEY_ID, or {SIGN_IN}"
        )
        if code in UNKNOWN:
            hint += f"; where the account has not enabled {region}, {enabling(region)} does"
        return DeployError("CAM601", f"AWS does not accept the credentials: {message}", hint)
    if code in DENIED:
        named = re.search(r"not authorized to perform: ([\w-]+:\w+)", message)
        action = named[1] if named else PERMISSIONS.get(permission, permission)
        hint = f"the caller's role needs {action}"
        if "explicit deny" in message:
            hint = f"a policy denies {action}: ask whoever owns that policy"
        if action == "iam:PassRole":
            hint += " on the service role"
        if service == "organizations":
            hint += f"; {LIST_ACCOUNTS_HINT}"
        said = message if named else f"{permission}: {message}"
        return AccessDenied("CAM603", f"not allowed: {said}", hint)
    if code in NOT_ENABLED:
        hint = f"if {region} is a region that has to be enabled: {enabling(region)}"
        return Refused("CAM606", f"{permission}: {message}", hint, code)
    if code in THROTTLED:
        return Throttled("CAM604", f"AWS throttles {permission}: {message}", "wait, and try again")
    if code in BUSY or code.startswith("5"):
        return Unreachable("CAM605", f"{permission} fails at AWS: {message}", "try again")
    known = stack_set_refusal(error.operation_name, code, message)
    return known or Refused("CAM606", f"{permission}: {message}", _role_hint(message), code)


def expired(said: str = "the AWS credentials have expired") -> DeployError:
    """Return the error that whoever called is no longer signed in."""
    return CredentialsExpired("CAM602", said, EXPIRED_HINT)


def strange(service: str, region: str, why: str) -> DeployError:
    """Return the error that an answer is not one of AWS."""
    said = f"what answers for {service} in {region} does not speak as AWS does"
    hint = "a proxy or another endpoint (AWS_ENDPOINT_URL) may stand in between"
    return Unreachable("CAM605", f"{said}: {why}", hint)


def _role_hint(message: str) -> str | None:
    return SERVICE_ROLE_HINT if re.search(SERVICE_ROLE_GONE, message) else None


def _no_sign_in(operation: str, code: str, message: str) -> DeployError:
    """Return what IAM Identity Center says where it gives no credentials."""
    if code in ("UnauthorizedException", "InvalidGrantException"):
        return expired("the sign-in at IAM Identity Center has expired")
    return DeployError(
        "CAM601",
        f"IAM Identity Center gives no credentials ({operation}: {message})",
        "check sso_account_id and sso_role_name of the profile (`aws configure list`), and that "
        "the permission set is assigned to you in that account",
    )


def enabling(region: str) -> str:
    """Return the command that enables an opt-in region (Account Management, EnableRegion)."""
    return f"`aws account enable-region --region-name {region}`"


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")

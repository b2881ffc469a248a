"""botocore's exceptions, translated to errors for the user: CAM60x, CAM641, CAM642."""

import re

from botocore import exceptions, parsers

from camformation.deploy.aws.denials import WEB_IDENTITY, denied
from camformation.deploy.aws.stack_set_refusals import stack_set_refusal
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
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
UNKNOWN = {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"}
"""Error codes for valid keys in a region that the account has not enabled."""

CLOCK = re.compile("RequestTimeTooSkewed|Signature (?:expired|not yet current)")
"""AWS's words for a request whose time is not that of AWS."""

NO_PROVIDER = {"IDPRejectedClaim", "InvalidIdentityToken"}

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
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
}
"""Errors after which botocore tries again (botocore.retries.standard)."""

BUSY = {
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceUnavailable",
}

NOT_ENABLED = {"OptInRequired", "RegionDisabled", "RegionDisabledException"}
SIGN_INS = {"GetRoleCredentials", "CreateToken", "RegisterClient", "ListAccountRoles"}
"""Operations of IAM Identity Center that botocore calls to get credentials."""

REFUSALS = (
    (SERVICE_ROLE_GONE, SERVICE_ROLE_HINT),
    (
        r"is in \w+ state and can ?not be",
        "`camformation watch` follows a running operation, `camformation recover` helps after a "
        "failure",
    ),
    ("ChangeSet limit exceeded", "delete change sets of the stack that are no longer needed"),
    (
        "account is currently (?:blocked|being verified)|resources in this region is being",
        "AWS Support unlocks the account: open a case, Account and billing",
    ),
    (
        "must be addressed using the specified endpoint|^Moved Permanently",
        "the bucket is in another region: name one of this region",
    ),
)
"""Messages of refusals, and the advice."""

SIGN_IN = "sign in again (`aws sso login`, `aws login` or new keys)"
EXPIRED_HINT = (
    f"{SIGN_IN}; a running deployment continues in CloudFormation, follow it with "
    "`camformation watch`"
)
LOCAL_HINT = "`--local` needs no account"
CREDENTIALS_HINT = (
    f"set AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; {LOCAL_HINT}"
)


def translated(error: Exception, service: str, region: str) -> DeployError:
    """Return the error for the user; `service` is the IAM prefix of the called service."""
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
            hint = "`aws configure list-profiles` lists the profiles"
            return DeployError("CAM601", _sentence(error), hint)
        case (
            exceptions.ConfigParseError()
            | exceptions.InfiniteLoopConfigError()
            | exceptions.InvalidConfigError()
        ):
            hint = "correct ~/.aws/config and ~/.aws/credentials, or choose another profile"
            return DeployError("CAM601", f"no AWS credentials: {_sentence(error)}", hint)
        case exceptions.NoRegionError() | exceptions.InvalidRegionError():
            hint = "set `region` in the spec, --region or AWS_REGION, such as eu-west-2"
            return DeployError("CAM607", _sentence(error), hint)
        case (
            exceptions.NoCredentialsError()
            | exceptions.MetadataRetrievalError()
            | exceptions.PartialCredentialsError()
            | exceptions.CredentialRetrievalError()
            | exceptions.NoAuthTokenError()
        ):
            return DeployError(
                "CAM601", f"no AWS credentials: {_sentence(error)}", CREDENTIALS_HINT
            )
        case exceptions.HTTPClientError() | exceptions.ConnectionError():
            hint = f"{_way(error, region)}; running CloudFormation operations continue"
            return Unreachable("CAM605", f"AWS does not answer: {_sentence(error)}", hint)
        case parsers.ResponseParserError():
            return strange(service, region, _sentence(error))
        case _:
            return DeployError("CAM607", f"{service}: {_sentence(error)}")


def _refused(error: exceptions.ClientError, service: str, region: str) -> DeployError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", "")) or code
    permission = f"{service}:{error.operation_name}"
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
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
            if CLOCK.search(f"{code} {message}")
            else f"check AWS_PROFILE and AWS_ACCESS_KEY_ID, or {SIGN_IN}"
        )
        if code in UNKNOWN:
            hint += f"; if the account has not enabled {region}, enable it: {enabling(region)}"
        return DeployError("CAM601", f"AWS does not accept the credentials: {message}", hint)
    if code in NO_PROVIDER:
        return DeployError("CAM601", f"AWS does not accept the token: {message}", WEB_IDENTITY)
    if code in DENIED:
        said, hint = denied(service, error.operation_name, message)
        return AccessDenied("CAM603", f"not allowed: {said}", hint)
    if code in NOT_ENABLED:
        hint = f"if {region} is a region that has to be enabled: {enabling(region)}"
        return Refused("CAM606", f"{permission}: {message}", hint, code)
    if code in THROTTLED or status == 429:
        return Throttled("CAM604", f"AWS throttles {permission}: {message}", "wait, and try again")
    if code in BUSY or code.startswith("5") or status >= 500:
        return Unreachable("CAM605", f"{permission} fails at AWS: {message}", "try again")
    known = stack_set_refusal(error.operation_name, code, message)
    to_do = next((what for words, what in REFUSALS if re.search(words, message)), None)
    return known or Refused("CAM606", f"{permission}: {message}", to_do, code)


def expired(said: str = "the AWS credentials have expired") -> DeployError:
    """Return the error that the caller is no longer logged in."""
    return CredentialsExpired("CAM602", said, EXPIRED_HINT)


def strange(service: str, region: str, why: str) -> DeployError:
    """Return the error that an answer is not from AWS."""
    said = f"the endpoint of {service} in {region} does not answer as AWS does"
    hint = "a proxy or another endpoint (AWS_ENDPOINT_URL) may be in between"
    return Unreachable("CAM605", f"{said}: {why}", hint)


def _way(error: Exception, region: str) -> str:
    """Return the hint about the connection to AWS."""
    if isinstance(error, exceptions.ProxyConnectionError):
        return "check HTTPS_PROXY and NO_PROXY"
    if isinstance(error, exceptions.SSLError):
        return (
            "check this machine's clock, and whether a proxy or firewall presents its own "
            "certificate: set AWS_CA_BUNDLE to a file with its authority"
        )
    return f"check the network and the region {region}"


def _no_sign_in(operation: str, code: str, message: str) -> DeployError:
    """Return the error of IAM Identity Center when it gives no credentials."""
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

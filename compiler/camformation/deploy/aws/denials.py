"""Hints for calls that AWS denies, by its description of the denying policy."""

import re

from camformation.deploy.aws.stack_set_refusals import LIST_ACCOUNTS_HINT

NO_POLICY = re.compile(r"because no ([\w -]+? policy|permissions boundary) allows")
DENYING = re.compile(r"with an explicit deny in an? ([\w -]+? policy|permissions boundary)")
"""AWS's words for the kind of the policy (IAM User Guide, Access denied error messages)."""

OWN = "identity-based policy"  # of the caller's role or user
RESOURCE = "resource-based policy"

PERMISSIONS = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject and s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObject and s3:DeleteObjectVersion",
}
"""Permissions named otherwise than their operation (S3 User Guide, Required permissions)."""


def denied(service: str, operation: str, message: str) -> tuple[str, str]:
    """Return a sentence about the denied call, and the advice."""
    permission = f"{service}:{operation}"
    named = re.search(r"not authorized to perform: ([\w-]+:\w+)", message)
    action = named[1] if named else PERMISSIONS.get(permission, permission)
    hint = _hint(action, message)
    if action == "iam:PassRole":
        hint += " on the service role"
    if service == "organizations":
        hint += f"; {LIST_ACCOUNTS_HINT}"
    return message if named else f"{permission}: {message}", hint


def _hint(action: str, message: str) -> str:
    if "MultiFactorAuthentication" in message:
        return "give the current code of the MFA device; each code works only once"
    if action == "sts:AssumeRoleWithWebIdentity":
        return WEB_IDENTITY
    if "Access to KMS is not allowed" in message:
        return f"the caller's role needs kms:Decrypt on the KMS key, besides {action}"
    if found := DENYING.search(message):
        more = ", which may require MFA, or another network" if found[1] == OWN else ""
        return f"a policy denies {action}: ask the owner of that {found[1]}{more}"
    if "explicit deny" in message:
        return f"a policy denies {action}: ask the owner of that policy"
    found = NO_POLICY.search(message)
    if found and found[1] == RESOURCE:
        return f"the policy of the resource itself must allow {action} to the caller"
    if found and found[1] != OWN:
        return f"the {found[1]} must allow {action}, besides the caller's role: ask its owner"
    if action == "sts:AssumeRole":
        return (
            "the role must exist and trust the caller, and the caller's own role needs "
            "sts:AssumeRole on it"
        )
    return f"the caller's role needs {action}"


WEB_IDENTITY = (
    "the account needs the provider of the token (IAM, Identity providers), and the role's trust "
    "policy must name it, with the token's subject and audience"
)
"""IAM User Guide, Create a role for OpenID Connect federation."""

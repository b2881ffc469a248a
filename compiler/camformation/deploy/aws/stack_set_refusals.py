"""Refusals of CloudFormation and Organizations about StackSets, translated for the user."""

import re
from collections.abc import Mapping

from camformation.deploy.cloud.errors import Refused

STACK_SETS: Mapping[str, tuple[str, str]] = {
    "OperationInProgressException": (
        "another operation on the StackSet is still running",
        "wait for it (`camformation fleet status`), or turn on managed execution, so that "
        "operations queue",
    ),
    "StackSetNotEmptyException": (
        "the StackSet still has instances",
        "remove them first: `camformation fleet remove`",
    ),
    "StackSetNotFoundException": (
        "the StackSet does not exist",
        "check the account and region; a delegated administrator sees only service-managed "
        "StackSets, and only with call_as DELEGATED_ADMIN",
    ),
    "StackInstanceNotFoundException": (
        "the stack instance does not exist",
        "plan again: it may have been removed",
    ),
    "NameAlreadyExistsException": (
        "a StackSet of that name already exists",
        "choose another name, or delete the other StackSet",
    ),
    "StaleRequestException": (
        "another operation on the StackSet started in the meantime",
        "make a new plan, and try again",
    ),
    "InvalidOperationException": (
        "the StackSet does not allow this operation now",
        "`camformation fleet status` shows what it is doing",
    ),
    "LimitExceededException": (
        "a quota of StackSets is exhausted",
        "wait for running operations to end, or raise the quota in Service Quotas (AWS "
        "CloudFormation)",
    ),
    "CreatedButModifiedException": (
        "the StackSet already exists and has changed since it was created",
        "make a new plan, and try again",
    ),
}
"""By CloudFormation's code (CloudFormation API Reference, errors of the StackSet operations)."""

ACCESS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile("management account or delegated admin|master or delegated admin"),
        "service-managed StackSets belong to an organization's management account",
        "use credentials of that account, or of a delegated administrator with call_as "
        "DELEGATED_ADMIN",
    ),
    (
        re.compile("not a delegated administrator"),
        "the account is not a delegated administrator of StackSets",
        "use call_as SELF in the management account, or register this account there: `aws "
        "organizations register-delegated-administrator --service-principal "
        "member.org.stacksets.cloudformation.amazonaws.com --account-id …`",
    ),
    (
        re.compile("must enable organizations access"),
        "StackSets has no trusted access to the organization",
        "activate it once in the management account: "
        "`aws cloudformation activate-organizations-access`",
    ),
    (
        re.compile(r"should have '.+' role|AWSCloudFormationStackSet\w+Role"),
        "a role that self-managed StackSets need is missing or does not trust its caller",
        "create AWSCloudFormationStackSetAdministrationRole in the administrator's account, and "
        "AWSCloudFormationStackSetExecutionRole, which trusts it, in each target account",
    ),
)
"""By CloudFormation's message, for the code ValidationError."""

ORGANIZATIONS: Mapping[str, tuple[str, str]] = {
    "AWSOrganizationsNotInUseException": (
        "the account belongs to no organization",
        "use credentials of the organization's management account, or list accounts instead of "
        "organizational units",
    ),
    "ParentNotFoundException": (
        "the organizational unit does not exist",
        "`aws organizations list-roots` and `list-organizational-units-for-parent` list them",
    ),
}
"""By Organizations' code (AWS Organizations API Reference)."""

LIST_ACCOUNTS_HINT = (
    "only an organization's management account and delegated administrators may list its accounts"
)


def stack_set_refusal(operation: str, code: str, message: str) -> Refused | None:
    """Return the error for a refused operation of StackSets or Organizations, if known."""
    if code in ORGANIZATIONS:
        said, hint = ORGANIZATIONS[code]
        return Refused("CAM642", f"{said}: {message}", hint, code)
    if not re.search("StackSet|StackInstance", operation):
        return None
    if code in STACK_SETS:
        said, hint = STACK_SETS[code]
        return Refused("CAM641", f"{said}: {message}", hint, code)
    for pattern, said, hint in ACCESS:
        if pattern.search(message):
            return Refused("CAM642", f"{said}: {message}", hint, code)
    return None

"""Refusals of CloudFormation and Organizations about StackSets, translated for the user."""

import re
from collections.abc import Mapping

from camformation.deploy.cloud.errors import Refused

STACK_SETS: Mapping[str, tuple[str, str]] = {
    "OperationInProgressException": (
        "another operation on the StackSet has not ended",
        "wait for it (`camformation fleet status`), or switch managed execution on: "
        "operations then queue",
    ),
    "StackSetNotEmptyException": (
        "the StackSet still has instances",
        "remove them first: `camformation fleet remove`",
    ),
    "StackSetNotFoundException": (
        "there is no such StackSet",
        "check account and region; a delegated administrator sees service-managed StackSets only, "
        "and only when it calls as DELEGATED_ADMIN",
    ),
    "StackInstanceNotFoundException": (
        "the StackSet has no such instance",
        "plan again: somebody may have removed it",
    ),
    "NameAlreadyExistsException": (
        "a StackSet of that name exists already",
        "choose another name, or delete the other StackSet",
    ),
    "StaleRequestException": (
        "another operation on the StackSet began in the meantime",
        "plan again, and repeat",
    ),
    "InvalidOperationException": (
        "the StackSet does not allow that now",
        "`camformation fleet status` shows what it is doing",
    ),
    "LimitExceededException": (
        "a quota of StackSets is exhausted",
        "wait for operations under way to end, or ask for more in Service Quotas "
        "(AWS CloudFormation)",
    ),
    "CreatedButModifiedException": (
        "the StackSet was created, and changed since",
        "plan again, and repeat",
    ),
}
"""By CloudFormation's code (CloudFormation API Reference, errors of the StackSet operations)."""

ACCESS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile("management account or delegated admin|master or delegated admin"),
        "service-managed StackSets belong to an organization's management account",
        "use its credentials, or those of a delegated administrator that calls as DELEGATED_ADMIN",
    ),
    (
        re.compile("not a delegated administrator"),
        "the account is no delegated administrator of StackSets",
        "call as SELF in the management account, or register this one there: `aws organizations "
        "register-delegated-administrator --service-principal "
        "member.org.stacksets.cloudformation.amazonaws.com --account-id …`",
    ),
    (
        re.compile("must enable organizations access"),
        "StackSets have no trusted access to the organization",
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
"""By CloudFormation's words, under the code ValidationError."""

ORGANIZATIONS: Mapping[str, tuple[str, str]] = {
    "AWSOrganizationsNotInUseException": (
        "the account belongs to no organization",
        "use credentials of the organization's management account, or list accounts instead of "
        "organizational units",
    ),
    "ParentNotFoundException": (
        "there is no such organizational unit",
        "`aws organizations list-roots` and `list-organizational-units-for-parent` list them",
    ),
}
"""By Organizations' code (AWS Organizations API Reference)."""

LIST_ACCOUNTS_HINT = (
    "only an organization's management account and delegated administrators may list its accounts"
)


def stack_set_refusal(operation: str, code: str, message: str) -> Refused | None:
    """Return what a refused operation of StackSets or Organizations tells a person, if known."""
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

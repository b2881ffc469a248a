"""The reason of a failed change set, found in the nested stack that caused it."""

import re
from collections.abc import Iterator

from camformation.deploy.cloud.errors import SERVICE_ROLE_GONE, SERVICE_ROLE_HINT, DeployError
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.cloud.stacks import ChangeSetPage
from camformation.deploy.operation.signatures import AWS, Said, recognised

NO_CHANGES = (
    "The submitted information didn't contain changes.",
    "No updates are to be performed",
)
"""CloudFormation's messages for a change set without changes. An empty list of changes is not
enough: outputs may change."""

EARLY_VALIDATION = "AWS::EarlyValidation"
NESTED = re.compile(r"Nested change set (arn:\S+) was not successfully created")


def says_no_changes(reason: str) -> bool:
    """Whether a change set's StatusReason says that there is nothing to change."""
    return any(words in reason for words in NO_CHANGES)


def failure(stacks: Stacks, page: ChangeSetPage) -> DeployError | None:
    """Return why a change set failed, from its first page; None if there are only no changes."""
    causes = list(_causes(stacks, page, set()))
    if all(says_no_changes(cause.status_reason) for cause in causes):
        return None
    causes = [cause for cause in causes if not says_no_changes(cause.status_reason)]
    lines = [
        f"{cause.stack_name}: {cause.status_reason or cause.status}"
        if cause.stack_id != page.stack_id
        else cause.status_reason or cause.status
        for cause in causes
    ]
    validations = [
        line
        for cause in causes
        if EARLY_VALIDATION in cause.status_reason
        for line in _validations(stacks, cause)
    ]
    if validations:
        return DeployError(
            "CAM621",
            "CloudFormation's validation fails before anything is changed:\n  "
            + "\n  ".join(validations),
        )
    return DeployError(
        "CAM620",
        "CloudFormation cannot create the change set: " + "\n  ".join(lines),
        _hint([cause.status_reason for cause in causes]),
    )


def _causes(stacks: Stacks, page: ChangeSetPage, seen: set[str]) -> Iterator[ChangeSetPage]:
    """Yield the failed change sets at the ends of the chain of nested ones."""
    seen.add(page.id)
    if "Nested change set" not in page.status_reason:
        yield page
        return
    deeper = False
    for change_set in _nested(stacks, page):
        if change_set[0] in seen:
            continue
        try:
            child = stacks.describe_change_set(*change_set, with_values=False)
        except DeployError:  # the parent's reason is better than none
            continue
        if child and child.status == "FAILED":
            deeper = True
            yield from _causes(stacks, child, seen)
    if not deeper:
        yield page


def _nested(stacks: Stacks, page: ChangeSetPage) -> list[tuple[str, str]]:
    """Return (change set, stack) of the nested change sets, those named in the reason first.

    A nested change set's ARN is enough without its stack's.
    """
    found = {arn.rstrip(".:,"): "" for arn in NESTED.findall(page.status_reason)}
    current: ChangeSetPage | None = page
    while current:
        for change in current.changes:
            resource = change.get("ResourceChange") or {}
            if resource.get("ChangeSetId"):
                found[resource["ChangeSetId"]] = resource.get("PhysicalResourceId") or ""
        if not current.next_token:
            break
        try:
            current = stacks.describe_change_set(
                page.id, page.stack_id, with_values=False, token=current.next_token
            )
        except DeployError:
            break
    return list(found.items())


def _validations(stacks: Stacks, page: ChangeSetPage) -> list[str]:
    try:
        found = stacks.validation_failures(page.id)
    except DeployError as error:
        hint = f"; {error.hint}" if error.hint else ""
        return [f"{page.status_reason} (what failed cannot be read: {error.message}{hint})"]
    return [
        f"{each.logical_id or page.stack_name} {each.path}: {each.reason} ({each.name})"
        for each in found
        if each.mode == "FAIL"
    ] or [page.status_reason]


def _hint(reasons: list[str]) -> str | None:
    text = " ".join(reasons)
    if re.search(SERVICE_ROLE_GONE, text):
        return SERVICE_ROLE_HINT
    if "S3 error" in text:
        return (
            "CloudFormation must be able to read the artifact bucket: the caller or the service "
            "role needs s3:GetObject on it"
        )
    if "is not allowed" in text and "Usage of" in text:
        return "a parameter of a nested stack gets a value that is unknown until deployment"
    known = recognised(Said(AWS, reason) for reason in reasons)
    return known.advice if known else None

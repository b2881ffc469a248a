"""Stack statuses: those that allow a deployment, and advice for the others."""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.plan.model import Block, Severity

NEW = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
"""A stack of which nothing exists: a change set of type CREATE is for it (CreateChangeSet)."""

PAUSED = ("CREATE_FAILED", "UPDATE_FAILED")
"""Failed, and not rolled back."""

UPDATABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "CREATE_FAILED",  # failed and not rolled back: an update continues from there (User Guide,
    "UPDATE_FAILED",  # Choose how to handle failures when provisioning resources)
)

WAYS_OUT = {
    "ROLLBACK_COMPLETE": (
        "its first deployment failed and left nothing to update: remove it with `camformation "
        "destroy`, then deploy again"
    ),
    "ROLLBACK_FAILED": (
        "its first deployment failed, and so did the rollback: `camformation diagnose {name}` "
        "shows why, `camformation recover {name}` what can be done"
    ),
    "UPDATE_ROLLBACK_FAILED": (
        "its last update could not be rolled back: `camformation diagnose {name}` shows why, "
        "`camformation recover {name}` what can be done"
    ),
    "DELETE_FAILED": (
        "it could not be deleted completely: `camformation diagnose {name}` shows why, "
        "`camformation recover {name}` what can be done"
    ),
    "IMPORT_ROLLBACK_FAILED": (
        "an import could not be rolled back: `camformation diagnose {name}` shows why, "
        "`camformation recover {name}` what can be done"
    ),
}


def change_set_type(stack: StackDescription | None) -> str:
    """Return the type of a change set for the stack: CREATE or UPDATE.

    Raises DeployError if none is possible: the stack is busy, stuck or nested.
    """
    if stack is None or stack.status in NEW:
        return "CREATE"
    if stack.parent_id:
        parent = stack.parent_id.split("/")[1]
        raise DeployError(
            "CAM622",
            f"{stack.name} is a nested stack of {parent}",
            f"deploy {parent} instead: this updates its nested stacks",
        )
    if stack.in_progress:
        raise DeployError(
            "CAM623",
            f"the stack {stack.name} is busy: {stack.status}",
            "follow it with `camformation watch`; deploy again when it has ended",
        )
    if stack.status not in UPDATABLE:
        way_out = WAYS_OUT.get(stack.status)
        raise DeployError(
            "CAM622",
            f"the stack {stack.name} cannot be deployed to: it is in {stack.status}",
            way_out.format(name=stack.name) if way_out else None,
        )
    return "UPDATE"


def check_owner(metadata: Mapping[str, Any], stack: str, deployment: str) -> None:
    """Raise DeployError unless a stack has the deployment of that name.

    `metadata` is the compiler's, in the stack's template.
    """
    owner = metadata.get("Deployment")
    if owner != deployment:
        holds = f"holds the deployment {owner}" if owner else "was not made by camformation"
        raise DeployError(
            "CAM625",
            f"the stack {stack} {holds}",
            f"give {deployment} its own stack: set `name` under `stack` in the spec",
        )


def paused(stack: StackDescription) -> DeployError:
    """Return the error for a stack that failed and was not rolled back."""
    other = "delete it" if stack.status == "CREATE_FAILED" else "roll it back"
    return DeployError(
        "CAM637",
        f"the stack {stack.name} stopped in {stack.status} and was not rolled back",
        f"continue with --disable-rollback, or {other} first: `camformation recover {stack.name}`",
    )


def paused_notice(stack: StackDescription) -> Iterator[Block]:
    """Yield a warning of a plan for such a stack."""
    if stack.status in PAUSED:
        error = paused(stack)
        yield Block(error.code, Severity.WARNING, error.message, str(error.hint))

"""The deployments of an account and region."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.live_stack.deployed import stack_metadata
from camformation.deploy.live_stack.own_change_sets import left_by_us
from camformation.frozen import frozen

DESCRIPTION = "Camunda 8 on Amazon ECS: "
"""Prefix of the description of every root stack from the compiler (see `layout`)."""


@frozen
class Listed:
    """A deployment: its name in the spec, its root stack, and its status."""

    name: str
    stack: str
    stack_id: str
    status: str
    layout: str  # nested | flat, and nothing while the stack is only under review
    created: datetime
    updated: datetime  # the last time anything changed: the creation, if never updated
    termination_protection: bool
    status_reason: str | None = None


def deployments(stacks: Stacks) -> tuple[Listed, ...]:
    """Return the region's deployments in the order of their names.

    They are recognized by their description and by the compiler's metadata in their template; a
    stack that is only under review also by its change sets.
    """
    found = []
    for stack in stacks.list_stacks():
        if stack.parent_id:
            continue
        if not stack.description.startswith(DESCRIPTION) and not left_by_us(stacks, stack):
            continue
        metadata = stack_metadata(stacks.template(stack.id) or {})
        if not metadata and stack.status != "REVIEW_IN_PROGRESS":
            continue
        found.append(
            Listed(
                _name(stack, metadata),
                stack.name,
                stack.id,
                stack.status,
                str(metadata.get("Layout", "")),
                stack.created,
                stack.updated or stack.created,
                stack.termination_protection,
                stack.status_reason,
            )
        )
    return tuple(sorted(found, key=lambda listed: (listed.name, listed.stack)))


def _name(stack: StackDescription, metadata: Mapping[str, Any]) -> str:
    said = stack.description.removeprefix(DESCRIPTION)
    return str(metadata.get("Deployment") or said or stack.name)

"""Settings of a live stack outside its templates, for comparison with the spec."""

from collections.abc import Collection, Mapping
from typing import Any

from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.plan.stack_settings import StackSettings
from camformation.frozen import replaced

DENIED = ["Update:Replace", "Update:Delete"]
ANYTHING = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
PREFIX = "LogicalResourceId/"


def live_settings(stack: StackDescription, *, local: bool) -> StackSettings:
    """Return a stack's own settings; the local target's emulator keeps no notification topics."""
    topics = None if local else stack.notification_topic_arns
    return StackSettings(stack.tags, topics, stack.termination_protection)


def read_settings(
    stacks: Stacks, stack: StackDescription, *, local: bool, protects: bool
) -> StackSettings:
    """Return a stack's own settings, with its stack policy if the spec sets none: one that is there
    stays. A plan works without it; only expired credentials are an error."""
    found = live_settings(stack, local=local)
    if protects:
        return found
    try:
        return replaced(found, data_protection=bool(protected_by(stacks.stack_policy(stack.id))))
    except CredentialsExpired:
        raise
    except DeployError as error:
        return replaced(found, data_protection_unknown=error.message)


def policy(logical_ids: Collection[str]) -> dict[str, Any]:
    """Return the stack policy that protects these resources, or one that allows everything if there
    are none."""
    if not logical_ids:
        return {"Statement": [ANYTHING]}
    denied = {
        "Effect": "Deny",
        "Action": DENIED,
        "Principal": "*",
        "Resource": [f"{PREFIX}{name}" for name in sorted(logical_ids)],
    }
    return {"Statement": [ANYTHING, denied]}


def protected_by(found: Mapping[str, Any] | None) -> set[str] | None:
    """Return the resources that our policy protects; None if the policy is not ours."""
    if found is None:
        return set()
    match found.get("Statement"):
        case [allow]:
            return set() if allow == ANYTHING else None
        case [allow, {"Resource": list(resources), **rest}]:
            names = {str(name).removeprefix(PREFIX) for name in resources}
            ours = {"Statement": [allow, {"Resource": resources, **rest}]} == policy(names)
            return names if ours else None
    return None

"""Termination protection and stack policies of a deployment that has succeeded.

Not before: a half-created, protected stack could not be rolled back. A stack policy holds for its
own stack only (Prevent updates to stack resources), so every nested stack gets one. The policy
denies replacing or deleting resources that hold data, including with other tools.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.live_stack.settings import policy, protected_by
from camformation.deploy.operation.events import Notice
from camformation.deploy.plan.holdings import PROTECTED
from camformation.deploy.plan.symbols import STACK, Address
from camformation.frozen import frozen
from camformation.layout import ROOT, component_of


@frozen
class RelaxedPolicies:
    """The stack policies that were relaxed for one deployment, as they were, by stack ARN."""

    policies: Mapping[str, Mapping[str, Any]]


def protect(
    stacks: Stacks,
    now: datetime,
    stack_id: str,
    *,
    termination: bool,
    data: bool,
) -> Iterator[Notice]:
    """Protect a successful deployment as its spec says; yield notices of results and failures.

    Existing protection that is not in the spec stays: removing it is a separate decision. An error
    is only a notice, because the deployment itself has succeeded.
    """
    try:
        stack = stacks.describe_stack(stack_id)
        if stack is None:
            return
        if termination and not stack.termination_protection:
            stacks.set_termination_protection(stack.id, True)
            yield _info(now, "termination protection is on")
        elif stack.termination_protection and not termination:
            hint = "`camformation destroy --disable-protection` turns it off"
            yield _info(
                now, "termination protection stays on, although the spec turns it off", hint
            )
        if data:
            yield from _policies(stacks, now, stack.id)
        elif protected_by(stacks.stack_policy(stack.id)):
            hint = "--allow-data-loss overrides it for one deployment and one resource"
            yield _info(now, "the stack policy stays, although the spec turns it off", hint)
    except DeployError as error:
        hint = "deploy again to set it" + (f"; {error.hint}" if error.hint else "")
        yield Notice(
            time=now,
            code="CAM639",
            message=f"deployed, but not protected: {error.message}",
            hint=hint,
        )


def relax(stacks: Stacks, arns: Mapping[str, str], allowed: Collection[Address]) -> RelaxedPolicies:
    """Relax the stack policies for exactly these resources; `arns` are the stacks by component."""
    found: dict[str, Mapping[str, Any]] = {}
    relaxed: dict[str, Mapping[str, Any]] = {}
    gone = {address.template for address in allowed} - {ROOT}
    for component, arn in arns.items():
        names = {address.logical_id for address in allowed if address.template == component}
        if not names and not (component == ROOT and gone):
            continue
        before = stacks.stack_policy(arn)
        protected = protected_by(before)
        if not before or not protected:
            continue
        if component == ROOT:
            names |= {name for name in protected if component_of(name) in gone}
        if protected & names:
            found[arn], relaxed[arn] = before, policy(protected - names)
    done: list[str] = []
    try:
        for arn, after in relaxed.items():
            done.append(arn)
            stacks.set_stack_policy(arn, after)
    except DeployError:
        for arn in done:
            with suppress(DeployError):
                stacks.set_stack_policy(arn, found[arn])
        raise
    return RelaxedPolicies(found)


def restore(stacks: Stacks, now: datetime, relaxed: RelaxedPolicies) -> Iterator[Notice]:
    """Restore the relaxed stack policies; yield those that could not be restored."""
    for arn, found in relaxed.policies.items():
        try:
            stacks.set_stack_policy(arn, found)
        except DeployError as error:
            name = arn.split("/")[1]
            yield Notice(
                time=now,
                code="CAM639",
                message=f"the stack policy of {name} stays relaxed: {error.message}",
                hint="the next successful deployment sets it again",
            )


def _policies(stacks: Stacks, now: datetime, stack_id: str) -> Iterator[Notice]:
    changed = 0
    for arn, names in _holding(stacks, stack_id).items():
        found = stacks.stack_policy(arn)
        protected = protected_by(found)
        if protected is None:
            name = arn.split("/")[1]
            hint = "it is left unchanged; remove it, or set `stack.protect_data: false`"
            yield _info(now, f"{name} has a stack policy that camformation did not set", hint)
        elif protected != names:
            stacks.set_stack_policy(arn, policy(names))
            changed += 1
    if changed:
        stacks_word = "stack" if changed == 1 else "stacks"
        yield _info(now, f"a stack policy protects the data in {changed} {stacks_word}")


def _holding(stacks: Stacks, stack_id: str) -> dict[str, set[str]]:
    """Return the resources that hold data in a stack and its nested stacks, by ARN.

    A nested stack that holds data is itself protected in its parent.
    """
    found: dict[str, set[str]] = {stack_id: set()}
    for resource in stacks.resources(stack_id):
        if resource.status == "DELETE_COMPLETE":
            continue
        if resource.type == STACK and resource.physical_id:
            below = _holding(stacks, resource.physical_id)
            if any(below.values()):
                found[stack_id].add(resource.logical_id)
            found |= below
        elif resource.type in PROTECTED:
            found[stack_id].add(resource.logical_id)
    return found


def _info(now: datetime, message: str, hint: str | None = None) -> Notice:
    return Notice(time=now, code="CAM633", message=message, hint=hint, warning=False)

"""The reversal of drift by a drift-aware change set (CloudFormation User Guide, Using drift-aware
change sets)."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from camformation.deploy.cloud.errors import DeployError, Unreachable, with_hint
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.stacks import ChangeSetRequest, StackDescription
from camformation.deploy.live_stack.own_change_sets import NAME, described
from camformation.deploy.operation.events import Event, Finished, Notice, Started
from camformation.deploy.operation.watch import heard
from camformation.deploy.plan.holdings import PROTECTED

POLL_S = 3.0
LIMIT_S = 900.0
NOTHING = ("didn't contain changes", "No updates are to be performed")

Agree = Callable[[tuple[str, ...]], bool]
"""Called with a line for each change; returns the confirmation."""


def revert_drift(
    cloud: Cloud, clock: Clock, stack: StackDescription, token: str, agree: Agree
) -> Iterator[Event]:
    """Create a change set that reverts drift, show it, and execute it. Yields Started once it runs.

    Raises DeployError if it would replace or delete resources that hold data; then it is discarded.
    """
    request = ChangeSetRequest(
        stack=stack.id,
        name=f"{NAME}revert-drift-{clock.now():%Y%m%d-%H%M%S}",
        kind="UPDATE",
        description=described("reverts drift"),
        client_token=token,
        tags=stack.tags,
        role_arn=stack.role_arn,
        notification_topic_arns=stack.notification_topic_arns,
        nested=False,
        previous_parameters=tuple(stack.parameters),
        revert_drift=True,
    )
    change_set, _ = cloud.stacks.create_change_set(request)
    executed = False
    try:
        changes = _changes(cloud, clock, change_set, stack.id)
        if changes is None:
            yield Finished(
                time=clock.now(),
                stack=stack.name,
                stack_id=stack.id,
                status=stack.status,
                succeeded=True,
                elapsed=0.0,
                changed=False,
            )
            return
        _check(changes)
        lines = tuple(map(_line, changes))
        for line in lines:
            yield Notice(time=clock.now(), code="recover", message=line, warning=False)
        if not agree(lines):
            raise DeployError("CAM780", "stopped: nothing was changed", None)
        _execute(cloud, change_set, stack.id, token)
        executed = True
        yield Started(time=clock.now(), stack=stack.name, stack_id=stack.id, kind="UPDATE")
    finally:
        if not executed:
            with suppress(DeployError):  # the error is reported, and an executed one stays
                cloud.stacks.delete_change_set(change_set, stack.id)


def _execute(cloud: Cloud, change_set: str, stack: str, token: str) -> None:
    """Execute a change set; if the answer is lost, check whether the call arrived."""
    try:
        cloud.stacks.execute_change_set(
            change_set, stack, client_token=token, disable_rollback=None
        )
    except Unreachable as error:
        if not heard(cloud.stacks, stack, token):
            hint = "CloudFormation may have started anyway: recover again"
            raise with_hint(error, hint) from error


def _changes(cloud: Cloud, clock: Clock, change_set: str, stack: str) -> list[Any] | None:
    """Return the changes once the change set exists; None if there are none."""
    waited = 0.0
    while True:
        page = cloud.stacks.describe_change_set(change_set, stack, with_values=False)
        if page is not None and page.status == "FAILED":
            if any(each in page.status_reason for each in NOTHING):
                return None
            raise DeployError("CAM781", f"the change set failed: {page.status_reason}", None)
        if page is not None and page.status == "CREATE_COMPLETE":
            break
        if waited >= LIMIT_S:
            raise DeployError("CAM781", "the change set is not there after 15 minutes", None)
        clock.sleep(POLL_S)
        waited += POLL_S
    found = list(page.changes)
    while page.next_token:
        page = cloud.stacks.describe_change_set(
            change_set, stack, with_values=False, token=page.next_token
        )
        if page is None:
            raise DeployError("CAM781", "the change set was deleted meanwhile", "recover again")
        found += page.changes
    return [each["ResourceChange"] for each in found if each.get("ResourceChange")]


def _check(changes: list[Any]) -> None:
    """Raise DeployError if a change would lose data."""
    harmful = [
        f"{each['LogicalResourceId']} ({each['ResourceType']})"
        for each in changes
        if each.get("ResourceType") in PROTECTED
        and (each.get("Action") == "Remove" or each.get("Replacement") in ("True", "Conditional"))
    ]
    if harmful:
        raise DeployError(
            "CAM782",
            f"reverting would replace or delete resources that hold data: {', '.join(harmful)}",
            "revert these by hand, or change the spec to match them; nothing was changed",
        )


def _line(change: Any) -> str:
    what = {"Add": "creates", "Remove": "deletes", "Modify": "puts right"}
    action = what.get(str(change.get("Action")), str(change.get("Action")).lower())
    return f"{action} {change['LogicalResourceId']} ({change['ResourceType']})"

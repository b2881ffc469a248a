"""Deploy what was prepared: execute its change set, follow it, and protect what succeeded."""

from collections.abc import Iterator
from contextlib import suppress

from camformation.deploy.change_set import ChangeSet, discard
from camformation.deploy.cloud import Clock, Cloud, Stacks
from camformation.deploy.errors import DeployError, Refused, Unreachable
from camformation.deploy.events import Detached, Event, Finished, Notice, Started
from camformation.deploy.interrupt import Control, nobody
from camformation.deploy.operation import Operation, follow
from camformation.deploy.order import PAUSED, Order, check_rollback
from camformation.deploy.plan.changes import Locate
from camformation.deploy.plan.planning import nowhere
from camformation.deploy.protection import Lifted, lift, protect, restore
from camformation.deploy.stack_status import NEW
from camformation.deploy.state import StackDescription
from camformation.deploy.watch import busy, log_groups


def deploy(
    cloud: Cloud,
    clock: Clock,
    order: Order,
    *,
    locate: Locate = nowhere,
    control: Control = nobody,
) -> Iterator[Event]:
    """Execute the change set and yield what happens; the last event is Finished or Detached.

    Nothing to change is success. Raises DeployError: before anything is changed where the stack is
    busy, or no longer what was planned for, or AWS refuses, and then the change set is discarded;
    or later where AWS cannot be asked any longer.
    """
    stacks, change_set = cloud.stacks, order.change_set
    stack = stacks.describe_stack(change_set.stack_id)
    if change_set.no_changes:
        discard(stacks, clock, change_set)
        yield from _unchanged(stacks, clock, order, stack)
        return
    lifted = Lifted({})
    try:
        _check(stacks, order, stack)
        replaced = order.replaced if order.base is not None else ()
        check_rollback(order.base, disable_rollback=order.disable_rollback, replaced=replaced)
        after = next((event.id for event in stacks.events(change_set.stack_id)), None)
        lifted = lift(stacks, order.arns, order.lost)
        _execute(stacks, order, _token(change_set))
    except DeployError as error:
        yield from restore(stacks, clock.now(), lifted)
        if not isinstance(error, Unreachable):  # else it may have been heard, and be executing
            with suppress(DeployError):
                discard(stacks, clock, change_set)
        raise
    kind = "CREATE" if change_set.first else "UPDATE"
    yield Started(clock.now(), change_set.stack, change_set.stack_id, kind, order.express)
    operation = Operation(
        change_set.stack_id,
        change_set.stack,
        kind,
        after,
        order.role_arn,
        log_groups(stack) if stack else (),
        order.expected,
        order.reattach,
    )
    for event in follow(cloud, clock, operation, locate=locate, control=control):
        match event:
            case Finished():
                yield from _settle(stacks, clock, order, event, lifted)
            case Detached():
                yield from _left(clock, order, lifted)
        yield event


def _left(clock: Clock, order: Order, lifted: Lifted) -> Iterator[Notice]:
    """Say what nobody does now that nobody waits for the end."""
    if lifted.policies:
        yield Notice(
            clock.now(),
            "CAM638",
            "stack policies stay relaxed for what this deployment may lose: "
            + ", ".join(sorted(map(str, order.lost))),
            "they are set again at the end of the next deployment that succeeds",
        )
    first = order.base is None and (order.protect_data or order.termination_protection)
    if order.protect_later or first:
        yield Notice(
            clock.now(),
            "CAM643",
            "what the spec protects is not protected yet: that comes after the end",
            "deploy again when it has succeeded: that protects it, and changes nothing else",
        )


def _unchanged(
    stacks: Stacks, clock: Clock, order: Order, stack: StackDescription | None
) -> Iterator[Event]:
    """Nothing to change; but what an earlier deployment was kept from protecting, is protected."""
    now = clock.now()
    if stack is not None and stack.status not in PAUSED:
        yield from _protect(stacks, clock, order, stack.id)
    yield Finished(
        now,
        order.change_set.stack,
        order.change_set.stack_id,
        stack.status if stack else "",
        True,
        0.0,
        stack.outputs if stack else {},
        changed=False,
    )


def _check(stacks: Stacks, order: Order, stack: StackDescription | None) -> None:
    """Raise DeployError unless the stack is as it was when the change set was made."""
    name, base = order.change_set.stack, order.base
    if stack is not None and stack.in_progress:
        raise busy(stacks, stack)
    moved_on = (
        stack is None or stack.status not in NEW
        if base is None
        else stack is None or (stack.updated, stack.status) != (base.updated, base.status)
    )
    if moved_on:
        is_now = f"it is in {stack.status} now" if stack else "it is gone"
        raise DeployError(
            "CAM627",
            f"somebody changed the stack {name} after this plan was made: {is_now}",
            "make a new plan, read it, and deploy that",
        )
    page = stacks.describe_change_set(
        order.change_set.id, order.change_set.stack_id, with_values=False
    )
    if page is None or page.execution_status != "AVAILABLE":
        raise _unavailable(name, page.execution_status if page else "gone")


def _execute(stacks: Stacks, order: Order, token: str) -> None:
    change_set = order.change_set
    try:
        stacks.execute_change_set(
            change_set.id,
            change_set.stack_id,
            client_token=token,
            disable_rollback=None if order.express else order.disable_rollback,
        )
    except Refused as error:
        # A repeated call may be refused because the first one, whose answer was lost, was heard.
        newest = next(iter(stacks.events(change_set.stack_id)), None)
        if newest is not None and newest.client_request_token == token:
            return
        stack = stacks.describe_stack(change_set.stack_id)
        if stack is not None and stack.in_progress:
            raise busy(stacks, stack) from error
        if "ChangeSet" in error.aws_code:
            raise _unavailable(change_set.stack, error.message) from error
        raise


def _unavailable(stack: str, why: str) -> DeployError:
    return DeployError(
        "CAM628",
        f"the change set for {stack} can no longer be executed: {why}",
        "somebody deployed or deleted it in the meantime; plan and deploy again",
    )


def _settle(
    stacks: Stacks, clock: Clock, order: Order, finished: Finished, lifted: Lifted
) -> Iterator[Event]:
    """Protect what succeeded; after a failure, put back what was relaxed for it."""
    now = clock.now()
    if not (finished.succeeded and order.protect_data):
        yield from restore(stacks, now, lifted)
    if not finished.succeeded:
        return
    if order.express:
        yield Notice(
            now,
            "CAM636",
            "CloudFormation did not wait: tasks may still be starting, or fail to",
            "see the ECS services; `wait_for_steady_state: true` waits for them",
        )
    yield from _protect(stacks, clock, order, finished.stack_id)


def _protect(stacks: Stacks, clock: Clock, order: Order, stack_id: str) -> Iterator[Notice]:
    yield from protect(
        stacks,
        clock.now(),
        stack_id,
        termination=order.termination_protection,
        data=order.protect_data,
    )


def _token(change_set: ChangeSet) -> str:
    """Return the change set's name: it is unique, and says who deploys."""
    return change_set.id.split("/")[1][:128]

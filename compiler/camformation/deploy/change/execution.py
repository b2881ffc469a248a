"""The execution of a prepared deployment: change set, progress, protection."""

from collections.abc import Iterator

from camformation.deploy.change.change_set import ChangeSet, tidied
from camformation.deploy.change.protection import RelaxedPolicies, protect, relax, restore
from camformation.deploy.change.request import DeployRequest, check_rollback
from camformation.deploy.cloud.errors import (
    CredentialsExpired,
    DeployError,
    Refused,
    Throttled,
    Unreachable,
    with_hint,
)
from camformation.deploy.cloud.protocols import Clock, Cloud, Stacks
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.live_stack.settings import live_settings
from camformation.deploy.live_stack.status import NEW, PAUSED, paused
from camformation.deploy.operation.events import Detached, Event, Finished, Notice, Started
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.giving_up import GiveUp, never
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.progress import follow
from camformation.deploy.operation.watch import busy, heard, log_groups
from camformation.deploy.plan.model import Block
from camformation.deploy.plan.stack_settings import stack_settings_gate
from camformation.diagnostics import Locate, nowhere
from camformation.frozen import replaced


def deploy(
    cloud: Cloud,
    clock: Clock,
    request: DeployRequest,
    *,
    locate: Locate = nowhere,
    control: Control = nobody,
    give_up: GiveUp = never,
) -> Iterator[Event]:
    """Execute the change set and yield events; the last one is Finished or Detached.

    No changes is a success. Raises DeployError: before any change if the stack is busy, has changed
    since the plan, or AWS refuses, and then the change set is discarded; or later if AWS can no
    longer be reached.
    """
    stacks, change_set = cloud.stacks, request.change_set
    if change_set.no_changes:
        yield from _tidy(stacks, clock, change_set)
        yield from _unchanged(cloud, clock, request)
        return
    relaxed, asked = RelaxedPolicies({}), False
    try:
        stack = stacks.describe_stack(change_set.stack_id)
        _check(stacks, request, stack)
        anew = request.replaced if request.base is not None else ()
        check_rollback(request.base, disable_rollback=request.disable_rollback, replaced=anew)
        after = next((event.id for event in stacks.events(change_set.stack_id)), None)
        relaxed = relax(stacks, request.arns, request.lost)
        asked = True
        _execute(stacks, request, _token(change_set))
    except (DeployError, KeyboardInterrupt) as error:
        if asked and isinstance(error, KeyboardInterrupt):
            yield from _left(clock, request, relaxed)
            yield _broken_off(clock, request)
            return
        yield from restore(stacks, clock.now(), relaxed)
        if asked and isinstance(error, Unreachable):  # the call may have arrived, and be executing
            raise _in_doubt(error, request) from error
        yield from _tidy(stacks, clock, change_set)
        if isinstance(error, DeployError):
            raise _not_begun(error) from error
        raise
    kind = "CREATE" if change_set.first else "UPDATE"
    yield Started(
        time=clock.now(),
        stack=change_set.stack,
        stack_id=change_set.stack_id,
        kind=kind,
        express=request.express,
    )
    operation = Operation(
        change_set.stack_id,
        change_set.stack,
        kind,
        after,
        request.role_arn,
        log_groups(stack) if stack else (),
        request.expected,
        request.reattach,
        request.timeout_minutes,
    )
    followed = follow(cloud, clock, operation, locate=locate, control=control, give_up=give_up)
    for event in followed:
        match event:
            case Finished():
                try:
                    yield from _settle(stacks, clock, request, event, relaxed)
                except KeyboardInterrupt:
                    yield _unsettled(clock)
            case Detached():
                yield from _left(clock, request, relaxed)
        yield event


def _tidy(stacks: Stacks, clock: Clock, change_set: ChangeSet) -> Iterator[Notice]:
    if error := tidied(stacks, clock, change_set):
        yield Notice(time=clock.now(), code=error.code, message=error.message, hint=error.hint)


def _not_begun(error: DeployError) -> DeployError:
    """Add to any error that this deployment has not started anything."""
    if not isinstance(error, CredentialsExpired | Throttled | Unreachable):
        return error
    return with_hint(error, f"{error.hint}; nothing was started" if error.hint else "deploy again")


def _in_doubt(error: DeployError, request: DeployRequest) -> DeployError:
    hint = "CloudFormation may have started anyway: "
    watch = request.reattach or f"camformation watch {request.change_set.stack}"
    return with_hint(error, f"{hint}`{watch}` shows it; if it has not, deploy again")


def _broken_off(clock: Clock, request: DeployRequest) -> Detached:
    """Return the event of leaving while CloudFormation is starting."""
    change_set = request.change_set
    return Detached(
        time=clock.now(),
        stack=change_set.stack,
        stack_id=change_set.stack_id,
        reattach=request.reattach or f"camformation watch {change_set.stack}",
        reason="interrupted while CloudFormation was told to start",
        certain=False,
    )


def _unsettled(clock: Clock) -> Notice:
    return Notice(
        time=clock.now(),
        code="CAM639",
        message="the operation has ended, but setting its protection was interrupted",
        hint="deploy again to set it",
    )


def _left(clock: Clock, request: DeployRequest, relaxed: RelaxedPolicies) -> Iterator[Notice]:
    """Yield notices of the steps that are not taken when nobody waits for the end."""
    if relaxed.policies:
        yield Notice(
            time=clock.now(),
            code="CAM638",
            message="stack policies stay relaxed for the resources that this deployment may lose: "
            + ", ".join(sorted(map(str, request.lost))),
            hint="the next successful deployment sets them again",
        )
    first = request.base is None and (request.protect_data or request.termination_protection)
    if request.protect_later or first:
        yield Notice(
            time=clock.now(),
            code="CAM643",
            message="the resources that the spec protects are not protected yet: that follows "
            "the first step",
            hint="deploy again after it has succeeded: that protects them and changes nothing else",
        )


def _unchanged(cloud: Cloud, clock: Clock, request: DeployRequest) -> Iterator[Event]:
    """Finish without a change of resources: set the protection that an earlier deployment could
    not, and report settings that CloudFormation does not change alone."""
    now = clock.now()
    stack = cloud.stacks.describe_stack(request.change_set.stack_id)
    left: tuple[Block, ...] = ()
    if stack is not None and stack.status == "UPDATE_FAILED":  # nothing would change that
        raise paused(stack)
    if stack is not None and stack.status not in PAUSED:
        yield from _protect(cloud.stacks, clock, request, stack.id)
        live = replaced(
            live_settings(stack, local=cloud.local), termination_protection=None
        )  # set by now, or told of
        left = tuple(stack_settings_gate(live, request.settings, lambda path: None))
    for block in left:
        yield Notice(
            time=now,
            code=block.code,
            message=f"not done, because CloudFormation sees no change: {block.message}",
            hint="it is done with the next deployment that changes a resource",
        )
    yield Finished(
        time=now,
        stack=request.change_set.stack,
        stack_id=request.change_set.stack_id,
        status=stack.status if stack else "",
        succeeded=True,
        elapsed=0.0,
        outputs=stack.outputs if stack else {},
        changed=False,
        reason="its settings differ from the spec" if left else None,
    )


def _check(stacks: Stacks, request: DeployRequest, stack: StackDescription | None) -> None:
    """Raise DeployError if the stack has changed since the change set was created."""
    name, base = request.change_set.stack, request.base
    if stack is not None and stack.in_progress:
        raise busy(stacks, stack)
    moved_on = (
        stack is None or stack.status not in NEW
        if base is None
        else stack is None or (stack.updated, stack.status) != (base.updated, base.status)
    )
    if moved_on:
        is_now = f"it is now in {stack.status}" if stack else "it no longer exists"
        raise DeployError(
            "CAM627",
            f"the stack {name} was changed after this plan was made: {is_now}",
            "make a new plan, check it, and deploy it",
        )
    page = stacks.describe_change_set(
        request.change_set.id, request.change_set.stack_id, with_values=False
    )
    if page is None or page.execution_status != "AVAILABLE":
        raise _unavailable(name, page.execution_status if page else "gone")


def _execute(stacks: Stacks, request: DeployRequest, token: str) -> None:
    change_set = request.change_set
    try:
        stacks.execute_change_set(
            change_set.id,
            change_set.stack_id,
            client_token=token,
            disable_rollback=None if request.express else request.disable_rollback,
        )
    except (Refused, Unreachable) as error:
        # A repeated call may be refused because the first arrived, although its answer was lost.
        if heard(stacks, change_set.stack_id, token):
            return
        if isinstance(error, Unreachable):
            raise
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
        "the stack was deployed or deleted in the meantime; plan and deploy again",
    )


def _settle(
    stacks: Stacks,
    clock: Clock,
    request: DeployRequest,
    finished: Finished,
    relaxed: RelaxedPolicies,
) -> Iterator[Event]:
    """Protect the deployment after success; after a failure, restore the relaxed stack policies."""
    now = clock.now()
    if not (finished.succeeded and request.protect_data):
        yield from restore(stacks, now, relaxed)
    if not finished.succeeded:
        return
    if request.express:
        yield Notice(
            time=now,
            code="CAM636",
            message="CloudFormation did not wait for steady services: tasks may still be "
            "starting, or may fail",
            hint="check the ECS services; `wait_for_steady_state: true` waits for them",
        )
    yield from _protect(stacks, clock, request, finished.stack_id)


def _protect(
    stacks: Stacks, clock: Clock, request: DeployRequest, stack_id: str
) -> Iterator[Notice]:
    yield from protect(
        stacks,
        clock.now(),
        stack_id,
        termination=request.termination_protection,
        data=request.protect_data,
    )


def _token(change_set: ChangeSet) -> str:
    """Return the change set's name, which is unique and identifies the deployer."""
    return change_set.id.split("/")[1][:128]

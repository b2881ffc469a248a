"""The running operation on a stack, or the last one, as events."""

from collections.abc import Iterator
from contextlib import suppress

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud, Stacks
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.live_stack.first_step import unfinished
from camformation.deploy.operation.authors import author
from camformation.deploy.operation.begun import last_begun, protected_creation
from camformation.deploy.operation.events import Event, Finished, Notice, Started
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.giving_up import GiveUp, never
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.progress import follow
from camformation.deploy.operation.stack_tree import ended
from camformation.diagnostics import Locate, nowhere

LOG_GROUP = "LogGroupName"
"""The output that names the log group of the services (deployment.py)."""


def watch(
    cloud: Cloud,
    clock: Clock,
    name: str,
    *,
    reattach: str = "",
    locate: Locate = nowhere,
    control: Control = nobody,
    give_up: GiveUp = never,
) -> Iterator[Event]:
    """Yield the events of the operation on a stack, first past and then new ones.

    `name` is the root stack's, or its ARN, which finds a deleted one. If nothing is running, the
    last operation is shown; for a first deployment in two steps, the first one. Raises DeployError
    if there is no such stack, or it never had an operation.
    """
    stack = root_stack(cloud.stacks, name)
    begun = last_begun(cloud.stacks.events(stack.id))
    if begun is None:
        raise DeployError(
            "CAM632", f"{name} has no operation yet: it is in {stack.status}", "deploy it"
        )
    if ended(stack.status):
        begun = protected_creation(cloud.stacks, stack.id, begun) or begun
    yield Started(
        time=begun.first.time,
        stack=stack.name,
        stack_id=stack.id,
        kind=begun.kind,
        express=stack.express,
        resumed=True,
        by=author(begun.first),
    )
    operation = Operation(
        stack.id,
        stack.name,
        begun.kind,
        begun.after,
        stack.role_arn,
        log_groups(stack),
        reattach=reattach,
    )
    followed = follow(cloud, clock, operation, locate=locate, control=control, give_up=give_up)
    for event in followed:
        if isinstance(event, Finished) and event.succeeded and begun.kind != "DELETE":
            yield from _first_step(cloud.stacks, event)
        yield event


def root_stack(stacks: Stacks, name: str) -> StackDescription:
    """Return a root stack, by its name, or by its ARN if it is deleted. Raises DeployError."""
    stack = stacks.describe_stack(name)
    if stack is None:
        raise DeployError(
            "CAM632",
            f"there is no stack {name} in this account and region",
            "list deployments with `camformation list`; for other regions and accounts use "
            "--region and --profile",
        )
    if stack.parent_id:
        root = (stack.root_id or stack.parent_id).split("/")[1]
        raise DeployError("CAM632", f"{name} is nested in the stack {root}", f"watch {root}")
    return stack


def _first_step(stacks: Stacks, finished: Finished) -> Iterator[Notice]:
    """Return the notice that a deployment's first step is done, but not its second one."""
    with suppress(DeployError):  # watching needs no permission to read templates
        if unfinished(stacks.template(finished.stack_id)):
            yield Notice(
                time=finished.time,
                code="CAM643",
                message="the resources that the spec protects are not protected yet: the running "
                "`deploy` does that next, in the first deployment's second step",
                hint="if it does not, deploy again: that protects them and changes nothing else",
            )


def heard(stacks: Stacks, stack: str, token: str) -> bool:
    """Whether an order arrived whose answer was lost, or whose repetition was refused: the stack's
    newest event has its token. Also False if that cannot be read."""
    with suppress(DeployError):
        newest = next(iter(stacks.events(stack)), None)
        return newest is not None and newest.client_request_token == token
    return False


def busy(stacks: Stacks, stack: StackDescription) -> DeployError:
    """Return the error that an operation is already running: its kind, its start and, if known, its
    author."""
    begun = last_begun(stacks.events(stack.id))
    since = f" since {begun.first.time:%Y-%m-%d %H:%M:%S %Z}" if begun else ""
    who = author(begun.first) if begun else None
    by = f", started by {who}" if who else ""
    return DeployError(
        "CAM623",
        f"the stack {stack.name} is busy: {stack.status}{since}{by}",
        f"follow it with `camformation watch {stack.name}`; deploy again when it has ended",
    )


def log_groups(stack: StackDescription) -> tuple[str, ...]:
    """Return the log groups that a deployed stack names in its outputs."""
    return (stack.outputs[LOG_GROUP],) if LOG_GROUP in stack.outputs else ()

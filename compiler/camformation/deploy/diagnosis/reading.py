"""The record of a stack's last operation, read from AWS afterwards, as far as it still exists."""

from collections.abc import Iterator
from datetime import datetime

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud, Stacks
from camformation.deploy.cloud.stacks import Caller, StackDescription
from camformation.deploy.diagnosis.attempt import AttemptEvents
from camformation.deploy.operation.begun import Begun, all_begun, failed_creation, last_begun
from camformation.deploy.operation.causes import failures
from camformation.deploy.operation.events import Event, Finished, Started
from camformation.deploy.operation.evidence import denied_calls
from camformation.deploy.operation.followed import succeeded
from camformation.deploy.operation.record import Header, OperationRecord, operation_id
from camformation.deploy.operation.rollout import Rollouts
from camformation.deploy.operation.stack_tree import EventSource, StackTree, ended
from camformation.deploy.operation.watch import log_groups, root_stack
from camformation.diagnostics import Locate, nowhere
from camformation.frozen import frozen


@frozen
class Last:
    """A stack's last operation: the stack, and the operation's start."""

    stack: StackDescription
    begun: Begun

    def header(self, caller: Caller, region: str) -> Header:
        """Return the header of its record."""
        began, kind = self.begun.first.time, self.begun.kind
        return Header(
            id=operation_id(began, kind),
            kind=kind,
            began=began,
            stack=self.stack.name,
            stack_id=self.stack.id,
            account=caller.account,
            region=region,
            partition=caller.partition,
        )


def last_operation(stacks: Stacks, name: str) -> Last:
    """Return the last operation of a root stack, by its name, or by its ARN if it is deleted.

    A rollback belongs to the operation that it ends, and the deletion of a stack that was never
    created to its creation. Raises DeployError if there is none.
    """
    stack = root_stack(stacks, name)
    begun = last_begun(AttemptEvents(stacks).events(stack.id))
    if begun is None:
        waits = stack.status == "REVIEW_IN_PROGRESS"
        raise DeployError(
            "CAM632",
            f"{stack.name} has no operation yet: it is in {stack.status}",
            f"`camformation recover {stack.name}` clears it away" if waits else "deploy it",
        )
    if begun.kind == "DELETE" and stack.status == "DELETE_COMPLETE":
        events = list(stacks.events(stack.id))
        begun = failed_creation(events) or begun
    return Last(stack, begun)


def earlier_operation(stacks: Stacks, name: str, operation: str) -> Last:
    """Return an operation of a root stack by its id, ours or CloudFormation's own.

    CloudFormation knows those of the last 90 days. Raises DeployError if it is not among them.
    """
    stack = root_stack(stacks, name)
    for begun in all_begun(list(stacks.events(stack.id))):
        if operation in (operation_id(begun.first.time, begun.kind), begun.first.operation):
            return Last(stack, begun)
    raise DeployError(
        "CAM778",
        f"there is no record of the operation {operation} on {stack.name}",
        f"`camformation history {stack.name}` lists the operations, and which are recorded",
    )


def read_record(
    cloud: Cloud, caller: Caller, name: str, now: datetime, locate: Locate = nowhere
) -> OperationRecord:
    """Return the record of a stack's last operation.

    Deleted nested stacks are found by their ARNs, which CloudFormation keeps for 90 days; stopped
    tasks exist for about an hour (Amazon ECS Developer Guide), logs as long as their group.
    """
    last = last_operation(cloud.stacks, name)
    return record_of(cloud, caller, last, AttemptEvents(cloud.stacks), now, locate)


def record_of(
    cloud: Cloud,
    caller: Caller,
    last: Last,
    source: EventSource,
    now: datetime,
    locate: Locate = nowhere,
) -> OperationRecord:
    """Return the record of an operation; its events are those of a source."""
    events = tuple(_events(cloud, source, last, now, locate))
    return OperationRecord(last.header(caller, cloud.region), events)


def _events(
    cloud: Cloud, source: EventSource, last: Last, now: datetime, locate: Locate
) -> Iterator[Event]:
    stack, begun = last.stack, last.begun
    yield Started(
        time=begun.first.time,
        stack=stack.name,
        stack_id=stack.id,
        kind=begun.kind,
        express=stack.express,
        resumed=True,
    )
    tree = StackTree(stack.id, begun.after, locate)
    tree.deleting = begun.kind == "DELETE"
    rollouts = Rollouts(cloud, log_groups(stack))
    found = tree.read(source, everything=True)
    yield from found
    yield from rollouts.look_back(found, now)
    told = failures(tree, rollouts)
    yield from told
    if ended(tree.root.status):
        good = succeeded(begun.kind, tree.root.status)
        if not good:
            yield from denied_calls(cloud, begun.first.time, tree.root.ended or now)
        took = (tree.root.ended or now) - (tree.root.began or now)
        yield Finished(
            time=tree.root.ended or now,
            stack=stack.name,
            stack_id=stack.id,
            status=tree.root.status,
            succeeded=good,
            elapsed=max(0.0, took.total_seconds()),
            failures=() if good else told,
            reason=None if good or tree.closed else stack.status_reason,
        )

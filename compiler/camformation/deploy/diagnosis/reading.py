"""The record of a stack's last operation, read from AWS afterwards: as much as is still there."""

from collections.abc import Iterator
from datetime import datetime

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud, Stacks
from camformation.deploy.cloud.stacks import Caller, StackDescription
from camformation.deploy.operation.begun import Begun, last_begun
from camformation.deploy.operation.causes import failures
from camformation.deploy.operation.events import Event, Finished, Started
from camformation.deploy.operation.evidence import denied_calls
from camformation.deploy.operation.followed import succeeded
from camformation.deploy.operation.record import Header, OperationRecord, operation_id
from camformation.deploy.operation.rollout import Rollouts
from camformation.deploy.operation.stack_tree import StackTree, ended
from camformation.deploy.operation.watch import log_groups, root_stack
from camformation.diagnostics import Locate, nowhere
from camformation.frozen import frozen


@frozen
class Last:
    """A stack's last operation: the stack, and how the operation began."""

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

    A rollback belongs to the operation that it ends. Raises DeployError where there is none.
    """
    stack = root_stack(stacks, name)
    begun = last_begun(stacks.events(stack.id))
    if begun is None:
        waits = stack.status == "REVIEW_IN_PROGRESS"
        raise DeployError(
            "CAM632",
            f"{stack.name} has no operation yet: it is in {stack.status}",
            f"`camformation recover {stack.name}` clears it away" if waits else "deploy it",
        )
    return Last(stack, begun)


def read_record(
    cloud: Cloud, caller: Caller, name: str, now: datetime, locate: Locate = nowhere
) -> OperationRecord:
    """Return the record of a stack's last operation.

    Nested stacks that are deleted are found by their ARNs, which CloudFormation knows for 90 days;
    stopped tasks for about an hour (Amazon ECS Developer Guide), logs as long as their group.
    """
    last = last_operation(cloud.stacks, name)
    return OperationRecord(
        last.header(caller, cloud.region), tuple(_events(cloud, last, now, locate))
    )


def _events(cloud: Cloud, last: Last, now: datetime, locate: Locate) -> Iterator[Event]:
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
    found = tree.read(cloud.stacks, everything=True)
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
            reason=None if good else stack.status_reason,
        )

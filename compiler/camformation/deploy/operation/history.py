"""The operations of a stack, from its events."""

from collections.abc import Iterable
from datetime import datetime

from camformation.deploy.cloud.stacks import StackEvent
from camformation.deploy.operation.authors import author
from camformation.deploy.operation.followed import succeeded
from camformation.deploy.operation.record import operation_id
from camformation.deploy.operation.stack_tree import ended
from camformation.frozen import frozen


@frozen
class PastOperation:
    """One operation on a root stack."""

    kind: str  # CREATE | UPDATE | DELETE | IMPORT | ROLLBACK
    began: datetime
    status: str  # the last one
    ended: datetime | None = None
    by: str | None = None
    recorded: bool = False  # whether there is a record of it on this machine
    operations: tuple[str, ...] = ()  # CloudFormation's own ids: a rollback has one of its own

    @property
    def id(self) -> str:
        """Its id in records."""
        return operation_id(self.began, self.kind)

    @property
    def succeeded(self) -> bool | None:
        """Its final status; None while it runs."""
        return succeeded(self.kind, self.status) if self.ended else None


def operations(events: Iterable[StackEvent]) -> tuple[PastOperation, ...]:
    """Return the operations, newest first, from a root stack's events in the same order.

    A rollback belongs to the operation that it ends, unless that had already ended.
    """
    found: list[list[StackEvent]] = []
    for event in reversed([each for each in events if each.of_stack]):
        if event.status == "REVIEW_IN_PROGRESS":
            continue
        if found and not _begins(found[-1], event):
            found[-1].append(event)
        else:
            found.append([event])
    return tuple(map(_operation, reversed(found)))


def _begins(before: list[StackEvent], event: StackEvent) -> bool:
    """Whether an event starts a new operation."""
    first, last = before[0], before[-1]
    token = event.client_request_token
    goes_on = "ROLLBACK" in event.status and token and token == first.client_request_token
    deletes = event.status == "DELETE_IN_PROGRESS" and not last.status.startswith("DELETE")
    return deletes or (ended(last.status) and not goes_on)


def _operation(events: list[StackEvent]) -> PastOperation:
    first, last = events[0], events[-1]
    kind = "ROLLBACK" if "ROLLBACK" in first.status else first.status.partition("_")[0]
    end = last.time if ended(last.status) else None
    ids = tuple(dict.fromkeys(each.operation for each in events if each.operation))
    return PastOperation(kind, first.time, last.status, end, author(first), operations=ids)

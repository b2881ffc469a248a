"""The start of the last operation on a stack, read from the stack's events."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import dropwhile

from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.cloud.stacks import StackEvent
from camformation.deploy.operation.stack_tree import StackTree, ended
from camformation.deploy.plan.holdings import PROTECTED
from camformation.deploy.plan.symbols import STACK
from camformation.frozen import frozen

AT_ONCE = timedelta(minutes=10)
"""Longest time between the two steps of a first deployment."""


@frozen
class Begun:
    """The start of an operation. `after` is the id of the stack's last event before it."""

    kind: str
    after: str | None
    first: StackEvent


def last_begun(events: Iterable[StackEvent]) -> Begun | None:
    """Return the start of the last operation, from a stack's events, newest first.

    A rollback belongs to the operation that it ends, unless that had already ended.
    """
    first: StackEvent | None = None
    for event in events:
        if not event.of_stack:
            continue
        if event.status == "REVIEW_IN_PROGRESS" or (first and _is_earlier(event, first)):
            return _begun(first, event.id)
        if not ended(event.status):
            first = event
    return _begun(first, None)


def all_begun(events: Sequence[StackEvent]) -> Iterator[Begun]:
    """Yield the start of each operation, newest first, from all of a stack's events in that
    order."""
    rest = events
    while begun := last_begun(rest):
        yield begun
        if begun.after is None:
            return
        rest = _from(rest, begun.after)


def failed_creation(events: Sequence[StackEvent]) -> Begun | None:
    """Return the failed creation before a stack's deletion: it has the reason."""
    deletion = last_begun(events)
    if deletion is None:
        return None
    before = [each for each in events if each.of_stack and each.time < deletion.first.time]
    begun = last_begun([each for each in events if each.time < deletion.first.time])
    failed = bool(before) and before[0].status != "CREATE_COMPLETE"
    return begun if begun and begun.kind == "CREATE" and failed else None


def protected_creation(stacks: Stacks, stack_id: str, update: Begun) -> Begun | None:
    """Return the creation right before an update, if the update has only changed resources that
    hold data: then it is the second step of a first deployment, and the first one is shown.

    If the second step has failed, it is shown itself.
    """
    if update.kind != "UPDATE":
        return None
    tree = StackTree(stack_id, update.after)
    tree.read(stacks, everything=True)
    touched = {e.type for b in tree.branches.values() for e in b.history if not e.of_stack}
    if tree.root.status != "UPDATE_COMPLETE" or not touched <= {STACK, *PROTECTED}:
        return None
    older = _from(stacks.events(stack_id), update.after)
    begun = last_begun(older)
    at_once = bool(older) and update.first.time - older[0].time <= AT_ONCE
    return begun if begun and begun.kind == "CREATE" and at_once else None


def _from(events: Iterable[StackEvent], last: str | None) -> list[StackEvent]:
    return list(dropwhile(lambda event: event.id != last, events))


def _is_earlier(event: StackEvent, first: StackEvent) -> bool:
    """Whether an event ended the previous operation; a failure may still lead to a rollback."""
    token = first.client_request_token
    goes_on = "ROLLBACK" in first.status and token and event.client_request_token == token
    return ended(event.status) and not goes_on


def _begun(first: StackEvent | None, after: str | None) -> Begun | None:
    if first is None:
        return None
    kind = "ROLLBACK" if "ROLLBACK" in first.status else first.status.partition("_")[0]
    return Begun(kind, after, first)

"""The events of one operation, over a stack and the stacks nested in it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from camformation.deploy.cloud.stacks import StackEvent
from camformation.deploy.operation.durations import DURATIONS, SERVICES, usual
from camformation.deploy.operation.events import ResourceEvent, StackProgress, Waiting
from camformation.deploy.plan.symbols import STACK
from camformation.diagnostics import Locate, Location, nowhere
from camformation.layout import ROOT, component_of

STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS")


class EventSource(Protocol):
    """The source of events: CloudFormation, or a part of it."""

    def events(self, stack: str) -> Iterator[StackEvent]:
        """Yield a stack's events, newest first."""


def ended(status: str) -> bool:
    """Whether a stack or resource in that status is at rest."""
    return status.endswith(("_COMPLETE", "_FAILED"))


class Branch:
    """A stack of the tree: its events, and the state of its resources."""

    def __init__(
        self, stack_id: str, component: str, parent: "Branch | None" = None, logical_id: str = ""
    ) -> None:
        self.stack_id = stack_id
        self.component = component
        self.parent = parent
        self.logical_id = logical_id
        self.known: set[str] = set()
        self.history: list[StackEvent] = []
        self.resources: dict[str, StackEvent] = {}
        self.since: dict[str, datetime] = {}  # the first time at which a resource was in progress
        self.status = ""
        self.began: datetime | None = None
        self.ended: datetime | None = None

    @property
    def at_rest(self) -> bool:
        """Whether no more events are expected of it for now."""
        own = ended(self.status)
        if self.parent is None:
            return own
        said = self.parent.resources.get(self.logical_id)
        return own and said is not None and ended(said.status)

    def take(self, event: StackEvent) -> None:
        """Add an event. One that arrives late, after newer ones, does not change the state."""
        self.known.add(event.id)
        late = bool(self.history) and event.time < self.history[-1].time
        self.history.append(event)
        if late:
            self.history.sort(key=lambda each: each.time)
            latest = self.resources.get(event.logical_id)
            if event.of_stack or (latest and event.time < latest.time):
                return
        self.began = self.began or event.time
        if event.of_stack:
            self.status = event.status
            self.ended = event.time if ended(event.status) else None
            return
        before = self.resources.get(event.logical_id)
        self.resources[event.logical_id] = event
        if before is None or before.status != event.status:
            self.since[event.logical_id] = event.time


class StackTree:
    """The stacks of one operation, and a reader of their new events.

    `after` is the id of the root's last event before the operation: all later events belong to it,
    until another one starts.
    """

    def __init__(self, stack_id: str, after: str | None, locate: Locate = nowhere) -> None:
        self.root = Branch(stack_id, ROOT)
        self.branches: dict[str, Branch] = {stack_id: self.root}
        self.closed = False  # another operation has started after this one
        self.deleting = False  # a deletion that we request while following is not another operation
        self.rollback_began: datetime | None = None
        self._after = after
        self._locate = locate
        self._found: list[ResourceEvent] = []

    def read(
        self, stacks: EventSource, *, everything: bool = False, late: bool = False
    ) -> list[ResourceEvent]:
        """Return the new events of all stacks, oldest first; finished stacks are left alone.

        Events usually arrive in order, so events older than a known one are read only if `late`. An
        error loses none: a stack's events count as read only after all its pages, and events of
        other stacks from before the error are returned the next time.
        """
        found = self._found
        waiting = [self.root]
        asked: set[str] = set()
        while waiting:
            branch = waiting.pop()
            asked.add(branch.stack_id)
            for event in self._unread(stacks, branch, late=late):
                if branch is self.root and self._is_anothers(event):
                    self.closed = True
                    break
                branch.take(event)
                found.append(self._told(branch, event))
                self._notice(branch, event)
            waiting += [
                each
                for each in self.branches.values()
                if each.stack_id not in asked
                and each not in waiting
                and (everything or not each.at_rest)
            ]
        self._found = []
        return sorted(found, key=lambda event: event.time)

    def location(self, branch: Branch, event: StackEvent) -> Location | None:
        """Return the location of an event's resource in the spec, if it has one."""
        return self._locate(branch.component, event.logical_id, ())

    def reads(self) -> int:
        """Return the number of stacks that are read now."""
        return 1 + sum(not b.at_rest for b in self.branches.values() if b is not self.root)

    def progress(self, expected: Mapping[str, int]) -> tuple[StackProgress, ...]:
        """Return the progress of each stack, in the order of their start."""
        return tuple(
            _progress(branch, branch.began, expected)
            for branch in self.branches.values()
            if branch.began is not None
        )

    def waiting(self) -> tuple[Waiting, ...]:
        """Return the resources in progress, the one in progress for longest first."""
        found = [
            Waiting(
                component=branch.component,
                logical_id=event.logical_id,
                type=event.type,
                status=event.status,
                since=branch.since[event.logical_id],
                usual=_usual(event),
            )
            for branch in self.branches.values()
            for event in branch.resources.values()
            if event.type != STACK and not ended(event.status)
        ]
        return tuple(sorted(found, key=lambda each: each.since))

    def _told(self, branch: Branch, event: StackEvent) -> ResourceEvent:
        failed = event.status.endswith("_FAILED") and not event.of_stack
        return ResourceEvent(
            time=event.time,
            component=branch.component,
            logical_id=event.logical_id,
            type=event.type,
            status=event.status,
            reason=event.reason,
            physical_id=event.physical_id,
            location=self.location(branch, event) if failed else None,
            of_stack=event.of_stack,
        )

    def _unread(self, stacks: EventSource, branch: Branch, *, late: bool) -> Iterator[StackEvent]:
        began = self.root.began
        fresh: list[StackEvent] = []
        for event in stacks.events(branch.stack_id):
            if event.id == self._after or (event.id in branch.known and not late):
                break
            if event.id in branch.known or self._is_later(branch, event, late=late):
                continue
            if branch is not self.root and began is not None and event.time < began:
                break
            fresh.append(event)
        return reversed(fresh)

    def _is_later(self, branch: Branch, event: StackEvent, *, late: bool) -> bool:
        """Whether an event is another operation's, after this one's end."""
        own = self.root.ended
        asked = late or branch is not self.root
        return asked and self.closed and own is not None and event.time > own

    def _is_anothers(self, event: StackEvent) -> bool:
        if self.deleting and event.status == "DELETE_IN_PROGRESS":
            return False
        begins = event.of_stack and event.status in STARTS
        return self.closed or (begins and ended(self.root.status))

    def _notice(self, branch: Branch, event: StackEvent) -> None:
        if branch is self.root and event.of_stack and "ROLLBACK_IN_PROGRESS" in event.status:
            self.rollback_began = self.rollback_began or event.time
        nested = event.type == STACK and not event.of_stack and event.physical_id
        if nested and event.physical_id not in self.branches:
            name = component_of(event.logical_id)
            if branch is not self.root:
                name = f"{branch.component}/{name}"
            child = str(event.physical_id)
            self.branches[child] = Branch(child, name, branch, event.logical_id)


def _progress(branch: Branch, began: datetime, expected: Mapping[str, int]) -> StackProgress:
    statuses = [event.status for event in branch.resources.values() if event.type != STACK]
    return StackProgress(
        component=branch.component,
        status=branch.status,
        done=sum(status.endswith("_COMPLETE") for status in statuses),
        running=sum(not ended(status) for status in statuses),
        failed=sum(status.endswith("_FAILED") for status in statuses),
        began=began,
        ended=branch.ended,
        expected=expected.get(branch.component),
    )


def _usual(event: StackEvent) -> tuple[int, int] | None:
    """Return the usual duration; the table has creations, and rollouts of services."""
    known = event.type in DURATIONS or event.logical_id in SERVICES
    rollout = event.type == "AWS::ECS::Service" and event.status == "UPDATE_IN_PROGRESS"
    if not known or not (rollout or event.status == "CREATE_IN_PROGRESS"):
        return None
    found = usual(event.type, event.logical_id)
    return (found.low, found.high)

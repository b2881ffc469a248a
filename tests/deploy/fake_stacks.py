"""CloudFormation that follows a script, and a clock without time.

Nothing happens but what a test scripts: `script` holds the change sets that creations will meet,
`operations` the events that executions and deletions will cause, `faults` the errors that calls
raise first. Time passes only in `clock.sleep`; what lies in the future is not seen.
"""

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from camformation.deploy.cloud.stacks import (
    ChangeSetPage,
    ChangeSetRequest,
    ChangeSetSummary,
    DriftDetection,
    ResourceDrift,
    StackDescription,
    StackEvent,
    StackOperation,
    StackResource,
    ValidationFailure,
)

ACCOUNT = "111122223333"
REGION = "eu-west-2"
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
STACK = "AWS::CloudFormation::Stack"
NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


class FakeClock:
    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@dataclass
class Script:
    """What a change set turns out to be. `plain` is the reading without values, if another."""

    changes: Sequence[Mapping[str, Any]] = ()
    plain: Sequence[Mapping[str, Any]] | None = None
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    seconds: float = 3
    page_size: int = 100
    nested: Mapping[str, "Script"] = field(default_factory=dict)  # by logical id
    validations: tuple[ValidationFailure, ...] = ()


@dataclass
class Step:
    """An event `at` seconds after an operation began; of the stack itself without a logical id.

    `stack` is the nested stack's logical id, empty for the root.
    """

    at: float
    status: str
    logical_id: str = ""
    type: str = "AWS::EC2::VPC"
    reason: str | None = None
    stack: str = ""
    physical_id: str | None = None


@dataclass
class FakeStack:
    id: str
    name: str
    status: str  # before any event
    created: datetime
    template: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None
    root: str | None = None
    events: list[StackEvent] = field(default_factory=list)
    resources: tuple[StackResource, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    policy: dict[str, Any] | None = None
    protected: bool = False
    drifts: tuple[ResourceDrift, ...] = ()
    updated: datetime | None = None
    operations: tuple[StackOperation, ...] = ()


@dataclass
class FakeChangeSet:
    id: str
    stack_id: str
    request: ChangeSetRequest
    script: Script
    ready: datetime
    nested: dict[str, tuple[str, str]]
    parent: str | None = None
    root: str | None = None


class Faulty:
    """Counts calls by name, and raises what `faults` holds for a name before answering it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls: list[tuple[str, Any]] = []
        self.faults: dict[str, deque[BaseException | None]] = defaultdict(deque)

    def fail(self, method: str, *errors: BaseException | None) -> None:
        """Let the next calls of a method raise; None lets one pass."""
        self.faults[method].extend(errors)

    def called(self, method: str) -> list[Any]:
        return [what for name, what in self.calls if name == method]

    def _call(self, method: str, what: Any = None) -> None:
        self.calls.append((method, what))
        if self.faults[method] and (error := self.faults[method].popleft()):
            raise error


class FakeStacks(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.known: dict[str, FakeStack] = {}  # by ARN
        self.sets: dict[str, FakeChangeSet] = {}  # by ARN
        self.script: deque[Script] = deque()
        self.operations: deque[Sequence[Step]] = deque()
        self.new_outputs: dict[str, str] = {}
        self.read_url: dict[str, str] = {}
        self._numbers = iter(range(1, 1_000_000))

    # What tests arrange.

    def add(self, name: str, status: str = "CREATE_COMPLETE", **more: Any) -> FakeStack:
        """Let there be a stack."""
        arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{next(self._numbers):08d}"
        stack = FakeStack(arn, name, status, self.clock.now(), **more)
        self.known[arn] = stack
        return stack

    def find(self, stack: str) -> FakeStack | None:
        """Return a stack by ARN, or the living one of that name."""
        if stack in self.known:
            return self.known[stack]
        named = [each for each in self.known.values() if each.name == stack]
        return next((s for s in reversed(named) if self._status(s) != "DELETE_COMPLETE"), None)

    def play(self, root: FakeStack, steps: Sequence[Step], token: str | None = None) -> None:
        """Let events happen from now on."""
        for number, step in enumerate(steps):
            stack = self.child(root, step.stack) if step.stack else root
            own = not step.logical_id
            stack.events.append(
                StackEvent(
                    id=f"{stack.name}-{len(stack.events)}-{number}",
                    stack_id=stack.id,
                    stack_name=stack.name,
                    logical_id=step.logical_id or stack.name,
                    physical_id=stack.id if own else step.physical_id or f"id-{step.logical_id}",
                    type=STACK if own else step.type,
                    status=step.status,
                    time=self.clock.now() + timedelta(seconds=step.at),
                    reason=step.reason,
                    client_request_token=token,
                )
            )

    def child(self, root: FakeStack, logical_id: str) -> FakeStack:
        """Return a nested stack, made if need be."""
        name = f"{root.name}-{logical_id}-ABC"
        found = next((s for s in self.known.values() if s.name == name), None)
        return found or self.add(name, "REVIEW_IN_PROGRESS", parent=root.id, root=root.id)

    def _seen(self, stack: FakeStack) -> list[StackEvent]:
        now = self.clock.now()
        return sorted((e for e in stack.events if e.time <= now), key=lambda event: event.time)

    def _status(self, stack: FakeStack) -> str:
        own = [event.status for event in self._seen(stack) if event.of_stack]
        return own[-1] if own else stack.status

    # The Protocol.

    def describe_stack(self, stack: str) -> StackDescription | None:
        self._call("describe_stack", stack)
        found = self.find(stack)
        return self._description(found) if found else None

    def _description(self, stack: FakeStack) -> StackDescription:
        return StackDescription(
            id=stack.id,
            name=stack.name,
            status=self._status(stack),
            created=stack.created,
            updated=stack.updated,
            description=stack.template.get("Description", ""),
            parent_id=stack.parent,
            root_id=stack.root,
            outputs=stack.outputs,
            tags=stack.tags,
            termination_protection=stack.protected,
            operations=stack.operations,
        )

    def list_stacks(self) -> tuple[StackDescription, ...]:
        self._call("list_stacks")
        found = map(self._description, self.known.values())
        return tuple(stack for stack in found if stack.status != "DELETE_COMPLETE")

    def template(self, stack: str) -> dict[str, Any] | None:
        self._call("template", stack)
        found = self.find(stack)
        return found.template if found else None

    def resources(self, stack: str) -> tuple[StackResource, ...]:
        self._call("resources", stack)
        found = self.find(stack)
        return found.resources if found else ()

    def events(self, stack: str) -> Iterator[StackEvent]:
        self._call("events", stack)
        found = self.find(stack)
        yield from reversed(self._seen(found) if found else [])

    def operation_events(self, operation: str) -> Iterator[StackEvent]:
        self._call("operation_events", operation)
        for stack in self.known.values():
            yield from (e for e in reversed(self._seen(stack)) if e.operation == operation)

    def validation_failures(self, change_set: str) -> tuple[ValidationFailure, ...]:
        self._call("validation_failures", change_set)
        return self.sets[change_set].script.validations

    def create_change_set(self, request: ChangeSetRequest) -> tuple[str, str]:
        stack = self.find(request.stack)
        if stack is None:
            stack = self.add(request.stack, "REVIEW_IN_PROGRESS")
        made = self._make(request, stack, self.script.popleft(), None)
        self._call("create_change_set", request)
        return made.id, stack.id

    def _make(
        self, request: ChangeSetRequest, stack: FakeStack, script: Script, root: str | None
    ) -> FakeChangeSet:
        number = next(self._numbers)
        arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{request.name}/{number}"
        ready = self.clock.now() + timedelta(seconds=script.seconds)
        nested = {}
        for title, below in script.nested.items():
            child = self.child(stack, title)
            nested[title] = (self._make(request, child, below, root or arn).id, child.id)
        made = FakeChangeSet(arn, stack.id, request, script, ready, nested, root=root)
        self.sets[arn] = made
        return made

    def _find_set(self, change_set: str, stack: str) -> FakeChangeSet | None:
        if change_set in self.sets:
            return self.sets[change_set]
        owner = self.find(stack)
        return next(
            (
                each
                for each in self.sets.values()
                if owner and each.request.name == change_set and each.stack_id == owner.id
            ),
            None,
        )

    def describe_change_set(
        self, change_set: str, stack: str, *, with_values: bool, token: str | None = None
    ) -> ChangeSetPage | None:
        self._call("describe_change_set", (change_set, with_values, token))
        found = self._find_set(change_set, stack)
        if found is None:
            return None
        script = found.script
        ready = self.clock.now() >= found.ready
        entries = list(script.changes if with_values or script.plain is None else script.plain)
        entries += [nested_entry(title, *ids) for title, ids in found.nested.items()]
        start = int(token or 0)
        end = start + script.page_size
        return ChangeSetPage(
            id=found.id,
            name=found.request.name,
            stack_id=found.stack_id,
            stack_name=self.known[found.stack_id].name,
            status=script.status if ready else "CREATE_IN_PROGRESS",
            execution_status="AVAILABLE",
            created=START,
            status_reason=script.reason if ready else "",
            description=found.request.description,
            changes=tuple(entries[start:end]) if ready else (),
            next_token=str(end) if ready and end < len(entries) else None,
            root_id=found.root,
        )

    def change_sets(self, stack: str) -> tuple[ChangeSetSummary, ...]:
        self._call("change_sets", stack)
        owner = self.find(stack)
        return tuple(
            ChangeSetSummary(
                each.id,
                each.request.name,
                each.script.status,
                "AVAILABLE",
                each.ready - timedelta(seconds=each.script.seconds),
                description=each.request.description,
                root_id=each.root,
            )
            for each in self.sets.values()
            if owner and each.stack_id == owner.id
        )

    def delete_change_set(self, change_set: str, stack: str) -> None:
        self._call("delete_change_set", change_set)
        found = self._find_set(change_set, stack)
        for below in [*(found.nested.values() if found else ())]:
            self.delete_change_set(*below)
            if self._status(self.known[below[1]]) == "REVIEW_IN_PROGRESS":
                del self.known[below[1]]
        if found:
            del self.sets[found.id]

    def execute_change_set(
        self, change_set: str, stack: str, *, client_token: str, disable_rollback: bool | None
    ) -> None:
        self._call("execute_change_set", (change_set, client_token, disable_rollback))
        found = self._find_set(change_set, stack)
        assert found, f"no change set {change_set}"
        owner = self.known[found.stack_id]
        kind = found.request.kind
        steps = self.operations.popleft() if self.operations else default_steps(kind)
        body = found.request.body or self.read_url.get(found.request.url or "", "{}")
        owner.template = json.loads(body)
        owner.tags = dict(found.request.tags)
        owner.outputs = owner.outputs | self.new_outputs
        owner.updated = self.clock.now() if kind == "UPDATE" else None
        self.sets = {arn: each for arn, each in self.sets.items() if each.stack_id != owner.id}
        self.play(owner, steps, client_token)

    def cancel_update(self, stack: str) -> None:
        self._operate("cancel_update", stack, "UPDATE_ROLLBACK")

    def rollback(self, stack: str, *, role_arn: str | None, client_token: str) -> None:
        self._operate("rollback", stack, "ROLLBACK")

    def continue_update_rollback(
        self,
        stack: str,
        *,
        role_arn: str | None,
        client_token: str,
        skip: Sequence[str] = (),
    ) -> None:
        self._operate("continue_update_rollback", stack, "UPDATE_ROLLBACK")
        self._call("skipped", tuple(skip))

    def delete_stack(
        self,
        stack: str,
        *,
        role_arn: str | None,
        client_token: str,
        retain: Sequence[str] = (),
        force: bool = False,
    ) -> None:
        self._operate("delete_stack", stack, "DELETE")
        if retain or force:
            self._call("delete_stack_without", (tuple(retain), force))
        self._call("delete_stack_as", (role_arn, client_token))

    def _operate(self, method: str, stack: str, kind: str) -> None:
        found = self.find(stack)
        self._call(method, found.name if found else stack)
        if found:
            now = self.clock.now()
            found.events = [event for event in found.events if event.time <= now]
            self.play(found, self.operations.popleft() if self.operations else default_steps(kind))

    def set_termination_protection(self, stack: str, enabled: bool) -> None:
        self._call("set_termination_protection", enabled)
        found = self.find(stack)
        assert found
        found.protected = enabled

    def stack_policy(self, stack: str) -> dict[str, Any] | None:
        self._call("stack_policy", stack)
        found = self.find(stack)
        return found.policy if found else None

    def set_stack_policy(self, stack: str, policy: Mapping[str, Any]) -> None:
        self._call("set_stack_policy", stack)
        found = self.find(stack)
        assert found
        found.policy = dict(policy)

    def detect_drift(self, stack: str) -> str:
        self._call("detect_drift", stack)
        return stack

    def drift_detection(self, detection: str) -> DriftDetection:
        self._call("drift_detection", detection)
        found = self.find(detection)
        drifted = len(found.drifts) if found else 0
        return DriftDetection(
            "DETECTION_COMPLETE", "DRIFTED" if drifted else "IN_SYNC", None, drifted
        )

    def resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        self._call("resource_drifts", stack)
        found = self.find(stack)
        return found.drifts if found else ()


def default_steps(kind: str) -> list[Step]:
    return [Step(0, f"{kind}_IN_PROGRESS"), Step(10, f"{kind}_COMPLETE")]


def entry(logical_id: str, action: str = "Modify", **more: Any) -> dict[str, Any]:
    """Return one item of `Changes`."""
    resource = {"Action": action, "LogicalResourceId": logical_id, "ResourceType": "AWS::EC2::VPC"}
    return {"Type": "Resource", "ResourceChange": resource | more}


def nested_entry(logical_id: str, change_set: str, stack: str) -> dict[str, Any]:
    """Return the item of `Changes` that leads to a nested stack's change set."""
    return entry(logical_id, ResourceType=STACK, ChangeSetId=change_set, PhysicalResourceId=stack)

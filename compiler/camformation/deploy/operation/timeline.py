"""The time that each step of an operation took, compared with the expected time."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from camformation.deploy.cloud.protocols import Clock, Stacks
from camformation.deploy.cloud.stacks import StackEvent
from camformation.deploy.live_stack.deployed import not_deployed
from camformation.deploy.operation.begun import Begun, last_begun, protected_creation
from camformation.deploy.operation.durations import Usual
from camformation.deploy.operation.schedule import Schedule, dependencies
from camformation.deploy.operation.stack_tree import Branch, StackTree
from camformation.deploy.plan.symbols import STACK, Address, Templates
from camformation.frozen import frozen


@frozen
class Bar:
    """CloudFormation's work on a resource, in seconds from the operation's start.

    `status` is the last one: while it ends with IN_PROGRESS, the work continues, and `finish` is
    the current time.
    """

    address: Address
    type: str
    status: str
    start: float
    finish: float
    reason: str | None = None
    nested: str | None = None  # the component of a nested stack, whose bar spans its resources

    @property
    def seconds(self) -> float:
        """Its duration so far."""
        return self.finish - self.start

    @property
    def action(self) -> str:
        """CREATE, UPDATE, DELETE or IMPORT; ROLLBACK if a stack or resource is rolled back."""
        return "ROLLBACK" if "ROLLBACK" in self.status else self.status.partition("_")[0]

    @property
    def running(self) -> bool:
        """Whether it is still in progress."""
        return self.status.endswith("_IN_PROGRESS")


@frozen
class Timeline:
    """An operation: the bars in the order of their start; `critical` are those that decided its
    end."""

    stack: str
    action: str  # CREATE | UPDATE | DELETE | IMPORT: the requested operation
    status: str  # the root stack's, so far
    began: datetime
    total: float
    bars: tuple[Bar, ...]
    critical: tuple[Address, ...] = ()

    @property
    def running(self) -> bool:
        """Whether it is still running."""
        return self.status.endswith("_IN_PROGRESS")


@frozen
class Compared:
    """A resource's creation, expected and actual, in seconds."""

    address: Address
    type: str
    expected: Usual
    actual: float

    @property
    def excess(self) -> float:
        """Seconds above the usual range; negative below it, and 0 within."""
        return max(0.0, self.actual - self.expected.high) + min(
            0.0, self.actual - self.expected.low
        )


@frozen
class Comparison:
    """Expected and actual. `expected_total` is None unless the operation created everything."""

    rows: tuple[Compared, ...]
    expected_total: float | None
    actual_total: float


def last_operation(
    stacks: Stacks, clock: Clock, name: str, templates: Templates | None = None
) -> Timeline:
    """Return the timeline of the last operation on a stack, including its rollback, from its
    events.

    A first deployment's second step, which only protects, is skipped in favour of the first one.
    `name` may be the ARN of a deleted stack. `templates` have the dependencies: without them, the
    critical path is not known. Raises DeployError if there is no such stack, or it has no
    operation.
    """
    stack = stacks.describe_stack(name)
    if stack is None:
        raise not_deployed(name)
    begun = last_begun(stacks.events(stack.id))
    if begun is None:
        raise not_deployed(name)
    begun = protected_creation(stacks, stack.id, begun) or begun
    tree = _read(stacks, stack.id, begun)
    first, action = begun.first, begun.kind
    now = clock.now()
    bars = sorted(_bars(tree, first.time, now), key=lambda b: (b.start, not b.nested, b.finish))
    running = tree.root.status.endswith("_IN_PROGRESS")
    end = now if running else tree.root.ended or now
    total = (end - first.time).total_seconds()
    critical = _critical(bars, templates or {}) if action in ("CREATE", "UPDATE") else ()
    return Timeline(stack.name, action, tree.root.status, first.time, total, tuple(bars), critical)


def _read(stacks: Stacks, stack_id: str, begun: Begun) -> StackTree:
    tree = StackTree(stack_id, begun.after)
    tree.deleting = begun.kind == "DELETE"
    tree.read(stacks, everything=True)
    return tree


def compare(schedule: Schedule, timeline: Timeline) -> Comparison:
    """Compare a schedule with an operation, the greatest excess first.

    Only created resources are compared: for others, no usual durations are known.
    """
    steps = {step.address: step for step in schedule.steps}
    rows = [
        Compared(bar.address, bar.type, steps[bar.address].usual, bar.seconds)
        for bar in timeline.bars
        if bar.status == "CREATE_COMPLETE" and not bar.nested and bar.address in steps
    ]
    whole = timeline.status == "CREATE_COMPLETE"
    rows.sort(key=lambda row: (-row.excess, -row.actual))
    return Comparison(tuple(rows), schedule.total if whole else None, timeline.total)


def _bars(tree: StackTree, began: datetime, now: datetime) -> Iterator[Bar]:
    for branch in tree.branches.values():
        yield from _branch_bars(tree, branch, began, now)


def _branch_bars(tree: StackTree, branch: Branch, began: datetime, now: datetime) -> Iterator[Bar]:
    def bar(first: StackEvent, last: StackEvent, end: datetime) -> Bar:
        child = tree.branches.get(last.physical_id or "") if last.type == STACK else None
        return Bar(
            Address(branch.component, last.logical_id),
            last.type,
            last.status,
            (first.time - began).total_seconds(),
            (end - began).total_seconds(),
            last.reason,
            child.component if child else None,
        )

    open_bars: dict[str, tuple[StackEvent, StackEvent]] = {}
    until = tree.root.ended if tree.closed else None  # then comes another operation
    for event in branch.history:
        if event.of_stack or (until and event.time > until):
            continue
        name = event.logical_id
        first, last = open_bars.get(name, (event, event))
        if not event.status.endswith("_IN_PROGRESS"):
            open_bars.pop(name, None)
            yield bar(first, event, event.time)
        elif event.status.partition("_")[0] != last.status.partition("_")[0]:
            yield bar(first, last, event.time)
            open_bars[name] = (event, event)
        else:
            open_bars[name] = (first, event)
    for first, last in open_bars.values():
        yield bar(first, last, now)


def _critical(bars: list[Bar], templates: Templates) -> tuple[Address, ...]:
    """Return the chain of resources, from the last to end back through their dependencies."""
    done = {b.address: b for b in bars if b.action in ("CREATE", "UPDATE")}
    waits = {
        Address(name, logical_id): [Address(name, each) for each in needed]
        for name, template in templates.items()
        for logical_id, needed in dependencies(template).items()
    }
    inside: dict[str, list[Bar]] = {}
    parents = {b.nested: b for b in done.values() if b.nested}
    for each in done.values():
        inside.setdefault(each.address.template, []).append(each)

    path: list[Address] = []
    seen: set[Address] = set()
    current = _latest(inside.get("root", ())) if templates else None
    while current is not None and current.address not in seen:
        seen.add(current.address)
        if current.nested and (last := _latest(inside.get(current.nested, ()))):
            current = last
            continue
        path.append(current.address)
        current = _before(current, done, waits, parents)
    return tuple(reversed(path))


def _before(
    bar: Bar,
    done: dict[Address, Bar],
    waits: dict[Address, list[Address]],
    parents: dict[str, Bar],
) -> Bar | None:
    """Return a resource's last dependency; for the first one of a stack, that of the stack."""
    at: Bar | None = bar
    while at is not None:
        needed = _latest(done[each] for each in waits.get(at.address, ()) if each in done)
        if needed is not None:
            return needed
        at = parents.get(at.address.template)
    return None


def _latest(bars: Iterable[Bar]) -> Bar | None:
    return max(bars, key=lambda bar: (bar.finish, bar.start), default=None)

"""Groups of similar targets, so that a thousand of them take a few lines."""

from collections.abc import Iterable, Iterator, Sequence

from camformation.deploy.cloud.stack_sets import StackInstance
from camformation.deploy.fleet.causes import Cause, CauseGroup, cause_of, essence, grouped
from camformation.deploy.fleet.model import Action, FleetPlan, TargetPlan, ValueChange
from camformation.fleet.targets import Place
from camformation.frozen import frozen
from camformation.report.fleet.words import one_line, place_text
from camformation.report.plan.values import WIDTH, absent, sides

SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPAIR: "!",
    Action.UNCHANGED: "=",
    Action.INOPERABLE: "x",
    Action.LEFTOVER: "?",
}
THE_STACK_SETS = "(the StackSet's)"
GIVEN_UP = Cause(
    "inoperable",
    "INOPERABLE: StackSets no longer updates these stacks",
    "remove such a stack from the fleet with `camformation fleet remove --retain-stacks`, repair "
    "or delete it in its account, and deploy again",
)
CANCELLED = Cause(
    "cancelled",
    "an operation was stopped before it reached them",
    "`camformation fleet deploy` continues with them",
)
UNREACHED = Cause(
    "unreached",
    "OUTDATED: no operation has reached them since the StackSet changed",
    "`camformation fleet deploy` continues with them",
)


@frozen
class TargetGroup:
    """Targets with the same action. `details` are lines about it."""

    action: Action
    targets: tuple[TargetPlan, ...]
    details: tuple[str, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Their places."""
        return tuple(each.place for each in self.targets)


def target_groups(targets: Iterable[TargetPlan]) -> Iterator[TargetGroup]:
    """Yield targets in groups, by action and by the names of their own values."""
    found: dict[tuple[Action, bool, tuple[str, ...]], list[TargetPlan]] = {}
    for each in targets:
        names = tuple(change.name for change in own_values(each))
        found.setdefault((each.action, each.content and each.has_stack, names), []).append(each)
    order = list(Action)
    for key in sorted(found, key=lambda key: (order.index(key[0]), not key[1], len(key[2]))):
        action, updated, names = key
        some = found[key]
        details = [_difference(name, some) for name in names]
        if action is Action.REPAIR:
            details.insert(0, "updated again" if updated else "created again")
        yield TargetGroup(action, tuple(some), tuple(details))


def own_values(target: TargetPlan) -> tuple[ValueChange, ...]:
    """Return the changed overrides, or the first ones of a new target."""
    if target.overrides or target.instance or not target.target:
        return target.overrides
    values = target.target.parameters.items()
    return tuple(ValueChange(name, None, value) for name, value in sorted(values))


def value_text(change: ValueChange, nothing: str = THE_STACK_SETS) -> str:
    """Return a value before and after; `nothing` stands for a missing one."""
    before, after = (
        nothing if shown is None else one_line(text, WIDTH)
        for shown, text in zip(
            (change.before, change.after), sides(change.before, change.after), strict=True
        )
    )
    return f"{before} → {after}"


def own_text(change: ValueChange, action: Action) -> str:
    """Return a target's own value; a new target has none before."""
    if action is Action.CREATE:
        return one_line(absent(change.after), WIDTH)
    return value_text(change)


def troubles(plan: FleetPlan) -> tuple[CauseGroup, ...]:
    """Return the causes of instances' problems, the most frequent one first."""
    said: list[tuple[Place, str]] = []
    unsaid: dict[str, tuple[Cause, list[Place]]] = {}
    for each in (*plan.targets(), *plan.leftovers):
        if not each.reason or not each.instance:
            continue
        if each.instance.reason:
            said.append((each.place, each.instance.reason))
        else:
            cause = _unsaid(each.instance)
            unsaid.setdefault(cause.key, (cause, []))[1].append(each.place)
    more = (CauseGroup(cause, tuple(some), "") for cause, some in unsaid.values())
    groups = (*grouped(said), *more)
    return tuple(sorted(groups, key=lambda group: (-len(group.places), group.cause.key)))


def trouble_text(instance: StackInstance) -> str:
    """Return the state of an instance and its cause, on one line."""
    said = essence(instance.reason) or _unsaid(instance).text
    return one_line(said if said.startswith(instance.status) else f"{instance.status}: {said}")


def _unsaid(instance: StackInstance) -> Cause:
    """Return the cause where AWS gave no reason."""
    if instance.status == "INOPERABLE":
        return GIVEN_UP
    if instance.detailed_status == "CANCELLED":
        return CANCELLED
    failed = instance.detailed_status.startswith(("FAILED", "SKIPPED"))
    return cause_of(instance.detailed_status) if failed else UNREACHED


def _difference(name: str, targets: Sequence[TargetPlan]) -> str:
    changes = [(each, c) for each in targets for c in own_values(each) if c.name == name]
    first, change = changes[0]
    shown = own_text(change, first.action)
    if all((c.before, c.after) == (change.before, change.after) for _, c in changes):
        return f"{name}  {shown}"
    return f"{name}  differs, for example {shown} in {place_text(first.place)}"

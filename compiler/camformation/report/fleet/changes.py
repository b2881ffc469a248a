"""Stack changes of a fleet plan, shown once for all targets with the same ones."""

from collections.abc import Iterator, Sequence

from camformation.counting import counted
from camformation.deploy.fleet.calls import begins
from camformation.deploy.fleet.model import Action, FleetPlan, Variant
from camformation.deploy.plan.model import Plan, ResourceChange
from camformation.fleet.targets import Place
from camformation.frozen import frozen
from camformation.report.fleet.words import place_text
from camformation.report.plan.text import destruction, destructive

Shape = tuple[tuple[object, ...], ...]


@frozen
class StackChanges:
    """The changes of some stacks; `plan` shows the values of one of them.

    `heading` describes the stacks, `example` names one of them. `step` is that of a Variant: both
    may change a target's stack.
    """

    heading: str
    example: Place | None
    step: str
    targets: int
    plan: Plan

    @property
    def number(self) -> str:
        """The number of targets, and the one that is shown."""
        if not self.targets:
            return "which no stack has yet"
        if self.targets == 1 and self.example:
            return place_text(self.example)
        one = f", {place_text(self.example)} for one" if self.example else ""
        return f"{counted(self.targets, 'target')}{one}"


def stack_changes(plan: FleetPlan) -> tuple[StackChanges, ...]:
    """Return the changes of stacks, by the StackSet's own template and parameters first."""
    common = plan.common
    if plan.live is None:
        number = plan.counts[Action.CREATE]
        return (StackChanges("each new stack", None, "content", number, common),) if common else ()
    content = [each for each in plan.variants if each.step == "content"]
    found = [*_content(common, content)] if common else []
    overrides = [each for each in plan.variants if each.step == "overrides"]
    return (*found, *_overrides(overrides))


def destructions(plan: FleetPlan) -> tuple[str, ...]:
    """Return a line on each replaced or deleted resource, with its number of targets."""
    numbers: dict[str, dict[str, int]] = {}
    order: list[list[str]] = [[], []]
    kinds = [(each.step, each.targets, each.plan) for each in plan.variants]
    for step, targets, some in kinds:
        for change in destructive(some):
            line = destruction(change)
            steps = numbers.setdefault(line, {})
            if not steps:
                order[line.startswith("- ")].append(line)
            steps[step] = steps.get(step, 0) + targets
    return tuple(
        f"{line}  (in {counted(max(numbers[line].values()), 'target')})"
        for lines in order
        for line in lines
    )


def _content(common: Plan, variants: Sequence[Variant]) -> Iterator[StackChanges]:
    """Yield the most common plan with its targets, then the plans of the others."""
    groups = _alike(variants)
    alike = groups.pop(shape(common), [])
    number = sum(each.targets for each in alike)
    if common.has_changes and (alike or not variants):
        heading = "stacks that override none of these" if groups else "each stack"
        heading = heading if number else "the template"
        yield StackChanges(heading, None, "content", number, common)
    for some in groups.values():
        names = set(some[0].overridden).intersection(*(each.overridden for each in some))
        heading = f"stacks that override {', '.join(sorted(names))}" if names else "other stacks"
        yield _changes(heading, some)


def _overrides(variants: Sequence[Variant]) -> Iterator[StackChanges]:
    by_names: dict[tuple[str, ...], list[Variant]] = {}
    for each in variants:
        by_names.setdefault(each.changed, []).append(each)
    for changed, some in by_names.items():
        for alike in _alike(some).values():
            yield _changes(f"stacks with another {', '.join(changed)}", alike)


def _changes(heading: str, alike: Sequence[Variant]) -> StackChanges:
    first, number = alike[0], sum(each.targets for each in alike)
    return StackChanges(heading, first.example, first.step, number, first.plan)


def _alike(variants: Sequence[Variant]) -> dict[Shape, list[Variant]]:
    """Return variants with changes, grouped by their changes."""
    found: dict[Shape, list[Variant]] = {}
    for each in variants:
        if each.plan.has_changes:
            found.setdefault(shape(each.plan), []).append(each)
    return found


def shape(plan: Plan) -> Shape:
    """Return the changes of a plan, without the values."""
    resources = tuple(map(_resource, plan.changes()))
    return (*resources, *((output.name,) for output in plan.outputs))


def _resource(change: ResourceChange) -> tuple[object, ...]:
    leaves = tuple((p.attribute, p.path, p.requires_recreation) for p in change.properties)
    return (change.component, change.logical_id, change.action, change.replacement, leaves)


def protected_later(plan: FleetPlan) -> str:
    """Return the sentence on stacks that are created in two steps; "" if there are none."""
    number = sum(begins(plan, each) for each in plan.targets())
    stand = "it is created" if number == 1 else "they are created"
    return (
        f"{counted(number, 'new stack')} without database deletion protection at first; it is "
        f"turned on as soon as {stand}"
        if number
        else ""
    )

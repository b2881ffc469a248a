"""The fleet plan: the StackSet, its targets by wave, and the gate."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from camformation.deploy.cloud.stack_sets import StackInstance, StackSet, StackSetRequest
from camformation.deploy.fleet.live_fleet import Base
from camformation.deploy.plan.model import Block, Plan, Severity
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place, Target
from camformation.frozen import frozen


class Action(StrEnum):
    """The action on a target, or on an instance that is no target any more."""

    CREATE = "create"
    UPDATE = "update"
    REPAIR = "repair"  # it is not as the StackSet says, or has no stack: done once more
    UNCHANGED = "unchanged"
    INOPERABLE = "inoperable"  # StackSets has given it up: only a person can go on
    LEFTOVER = "leftover"  # live, but no target: nothing but a removal by name touches it


@frozen
class ValueChange:
    """A value of a setting, parameter or override; None: there is none (or the StackSet's own)."""

    name: str
    before: str | None
    after: str | None


@frozen
class TargetPlan:
    """One target and its action. A leftover has no target, a new one no instance.

    `content`: the StackSet's own template and parameters reach it with an update. `overrides` are
    the values that change for this target alone, by what they are in effect.
    """

    account: str
    region: str
    action: Action
    target: Target | None
    instance: StackInstance | None
    content: bool = False
    overrides: tuple[ValueChange, ...] = ()
    reason: str = ""  # why it has to be repaired, or how it failed last

    @property
    def place(self) -> Place:
        """The account and the region."""
        return self.account, self.region

    @property
    def has_stack(self) -> bool:
        """Whether there is a stack; an instance whose creation failed has none."""
        return self.instance is not None and self.instance.stack_id is not None


@frozen
class WavePlan:
    """A wave: its targets in the order of the fleet file, and the settings of its operations."""

    name: str
    operation: OperationSpec
    targets: tuple[TargetPlan, ...]

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many targets each action is for."""
        return Counter(each.action for each in self.targets)

    @property
    def work(self) -> tuple[TargetPlan, ...]:
        """The targets that something is done about."""
        idle = (Action.UNCHANGED, Action.INOPERABLE)
        return tuple(each for each in self.targets if each.action not in idle)


@frozen
class StackSetPlan:
    """The StackSet itself.

    `content` reaches its stacks (template, parameters, tags), `settings` do not, and
    `auto_deployment` can only be changed by an update of its own, of every instance.
    """

    action: str  # create | update | none
    template_changed: bool = False
    content: tuple[ValueChange, ...] = ()
    settings: tuple[ValueChange, ...] = ()
    auto_deployment: ValueChange | None = None

    @property
    def updates_stacks(self) -> bool:
        """Whether live stacks change with it."""
        return self.action == "update" and (self.template_changed or bool(self.content))


@frozen
class Variant:
    """What one step does to all live targets that override the same parameters.

    `step` is `content` (UpdateStackSet), in which an instance keeps its present overrides, or
    `overrides` (UpdateStackInstances), which comes after it. `example` is the place whose values
    the plan shows.
    """

    step: str
    overridden: tuple[str, ...]  # names of the parameters that these targets override
    changed: tuple[str, ...]  # names of the overrides that change in this step
    targets: int
    example: Place
    plan: Plan


@frozen
class GateEntry:
    """A block or warning of the gate, with how many targets it is about, all told."""

    block: Block
    targets: int
    example: Place | None = None

    @property
    def stops(self) -> bool:
        """Whether it stops the deployment."""
        return self.block.severity is Severity.BLOCK and not self.block.allowed


@frozen
class FleetPlan:
    """Everything that deploying a fleet would do.

    `common` is the plan of one stack that overrides nothing, for showing what the StackSet's own
    template and parameters change; the gate is judged by `variants`. `values` are the StackSet's
    parameters as they will be, defaults included.
    """

    name: str
    region: str  # of the StackSet
    request: StackSetRequest
    template: Mapping[str, Any]
    values: Mapping[str, str]
    stack_set: StackSetPlan
    waves: tuple[WavePlan, ...]
    leftovers: tuple[TargetPlan, ...]
    live: StackSet | None
    base: Base
    common: Plan | None = None
    variants: tuple[Variant, ...] = ()
    gate: tuple[GateEntry, ...] = ()
    units: Mapping[str, frozenset[str]] = field(default_factory=dict)  # accounts, where known

    def targets(self) -> Iterator[TargetPlan]:
        """Yield every target, wave by wave."""
        for wave in self.waves:
            yield from wave.targets

    def instances(self) -> Iterator[StackInstance]:
        """Yield every instance there is, leftovers included."""
        for each in (*self.targets(), *self.leftovers):
            if each.instance:
                yield each.instance

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many instances each action is for, leftovers included."""
        return Counter(each.action for each in (*self.targets(), *self.leftovers))

    @property
    def has_changes(self) -> bool:
        """Whether deploying would do anything."""
        return self.stack_set.action != "none" or any(wave.work for wave in self.waves)

    @property
    def blocks(self) -> tuple[GateEntry, ...]:
        """What stops the deployment: blocks that were not allowed."""
        return tuple(entry for entry in self.gate if entry.stops)

    @property
    def exit_code(self) -> int:
        """0 no changes, 2 changes, 3 blocked."""
        return 3 if self.blocks else 2 if self.has_changes else 0

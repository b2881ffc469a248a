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
    """The action on a target, or on an instance that is no longer a target."""

    CREATE = "create"
    UPDATE = "update"
    REPAIR = "repair"  # it differs from the StackSet, or has no stack: repeated
    UNCHANGED = "unchanged"
    INOPERABLE = "inoperable"  # StackSets has given it up: only manual steps help
    LEFTOVER = "leftover"  # live, but not a target: only a removal by name touches it


@frozen
class ValueChange:
    """A value of a setting, parameter or override; None if there is none (or the StackSet's
    own)."""

    name: str
    before: str | None
    after: str | None


@frozen
class TargetPlan:
    """One target and its action. A leftover has no target, a new one no instance.

    `content`: the StackSet's own template and parameters reach it with an update. `overrides` are
    the changed values of only this target, by their effect.
    """

    account: str
    region: str
    action: Action
    target: Target | None
    instance: StackInstance | None
    content: bool = False
    overrides: tuple[ValueChange, ...] = ()
    reason: str = ""  # why it has to be repaired, or its last failure

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
        """The number of targets for each action."""
        return Counter(each.action for each in self.targets)

    @property
    def work(self) -> tuple[TargetPlan, ...]:
        """The targets with an action."""
        idle = (Action.UNCHANGED, Action.INOPERABLE)
        return tuple(each for each in self.targets if each.action not in idle)


@frozen
class StackSetPlan:
    """The StackSet itself.

    `content` reaches its stacks (template, parameters, tags), `settings` do not, and
    `auto_deployment` can only be changed by a separate update of every instance.
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
    """The effect of one step on all live targets that override the same parameters.

    `step` is `content` (UpdateStackSet), in which an instance keeps its current overrides, or
    `overrides` (UpdateStackInstances), which follows it. `example` is the place whose values the
    plan shows.
    """

    step: str
    overridden: tuple[str, ...]  # names of the parameters that these targets override
    changed: tuple[str, ...]  # names of the overrides that change in this step
    targets: int
    example: Place
    plan: Plan


@frozen
class GateEntry:
    """A block or warning of the gate, with the total number of its targets."""

    block: Block
    targets: int
    example: Place | None = None

    @property
    def stops(self) -> bool:
        """Whether it stops the deployment."""
        return self.block.severity is Severity.BLOCK and not self.block.allowed


@frozen
class FleetPlan:
    """All changes of a fleet's deployment.

    `common` is the plan of one stack without overrides, to show the changes by the StackSet's own
    template and parameters; the gate uses `variants`. `values` are the StackSet's future
    parameters, including defaults.
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
    units: Mapping[str, frozenset[str]] = field(default_factory=dict)  # accounts, if known

    def targets(self) -> Iterator[TargetPlan]:
        """Yield every target, wave by wave."""
        for wave in self.waves:
            yield from wave.targets

    def instances(self) -> Iterator[StackInstance]:
        """Yield every existing instance, including leftovers."""
        for each in (*self.targets(), *self.leftovers):
            if each.instance:
                yield each.instance

    @property
    def counts(self) -> Mapping[Action, int]:
        """The number of instances for each action, including leftovers."""
        return Counter(each.action for each in (*self.targets(), *self.leftovers))

    @property
    def has_changes(self) -> bool:
        """Whether deploying would change anything."""
        return self.stack_set.action != "none" or any(wave.work for wave in self.waves)

    @property
    def blocks(self) -> tuple[GateEntry, ...]:
        """The blocks that stop the deployment: those not allowed."""
        return tuple(entry for entry in self.gate if entry.stops)

    @property
    def exit_code(self) -> int:
        """0 no changes, 2 changes, 3 blocked."""
        return 3 if self.blocks else 2 if self.has_changes else 0

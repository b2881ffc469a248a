"""The plan: the changes of a deployment to each resource, and the blocks.

Values are for people: symbols are written as in `Fn::Sub`, and secret values are removed before a
plan exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from camformation.cost.estimate import CostChange
from camformation.deploy.plan.symbols import Address
from camformation.diagnostics import Location, Path


class Action(StrEnum):
    """The action on a resource."""

    ADD = "add"
    IMPORT = "import"
    CHANGE = "change"
    REPLACE = "replace"
    DELETE = "delete"


class Replacement(StrEnum):
    """Whether a change creates a new resource: Replacement of DescribeChangeSet."""

    TRUE = "True"
    CONDITIONAL = "Conditional"
    FALSE = "False"


class Origin(StrEnum):
    """The source of a change: our comparison, CloudFormation's change set, or both."""

    TEMPLATES = "templates"
    CHANGE_SET = "change set"
    BOTH = "both"


class Severity(StrEnum):
    """A block stops the deployment until it is allowed; a warning does not."""

    BLOCK = "block"
    WARNING = "warning"


@dataclass(frozen=True)
class PropertyChange:
    """One leaf that changes. `path` is for people; `before` is None for an addition, `after` for a
    removal.

    `cause` is the logical ID of the resource whose new value this property uses.
    """

    attribute: str  # Properties, Metadata, DeletionPolicy …
    path: str  # ContainerDefinitions[core].Environment[CAMUNDA_CLUSTER_SIZE]
    before: Any
    after: Any
    requires_recreation: str = "Never"  # Never | Conditionally | Always
    location: Location | None = None
    cause: str | None = None
    certain: bool = True
    sensitive: bool = False


@dataclass(frozen=True)
class ResourceChange:
    """The change of one resource. `chain` leads to it from the one that the spec changed."""

    component: str
    logical_id: str
    type: str
    action: Action
    replacement: Replacement = Replacement.FALSE
    properties: tuple[PropertyChange, ...] = ()
    chain: tuple[str, ...] = ()
    physical_id: str | None = None
    old_resource: str | None = None  # Delete | Retain | Snapshot, if replaced or deleted
    location: Location | None = None
    origin: Origin = Origin.TEMPLATES

    @property
    def address(self) -> Address:
        """The resource's component and logical ID."""
        return Address(self.component, self.logical_id)

    def change_of(self, name: str) -> PropertyChange | None:
        """Return the first change of a property, or of a part of it."""
        return next((each for each in self.properties if each.path.startswith(name)), None)

    def line_of(self, name: str) -> Location | None:
        """Return the first known location of a property's changes."""
        found = (each.location for each in self.properties if each.path.startswith(name))
        return next(filter(None, found), None)


@dataclass(frozen=True)
class Phantom:
    """A resource that CloudFormation reports although it does not change, and the properties
    named."""

    component: str
    logical_id: str
    type: str
    replacement: Replacement
    properties: tuple[str, ...]
    recorded: bool = False  # the running system has the new values already


@dataclass(frozen=True)
class ComponentPlan:
    """The changes of one nested stack, or of the whole flat one, which is named `root`."""

    name: str
    changes: tuple[ResourceChange, ...] = ()
    phantoms: tuple[Phantom, ...] = ()

    @property
    def folded(self) -> str:
        """The reason why its phantoms are folded."""
        if self.phantoms and all(each.recorded for each in self.phantoms):
            return "the running system already has these values, and they are only recorded"
        return "CloudFormation does not know yet whether they change"


@dataclass(frozen=True)
class OutputChange:
    """A changed output of the deployment."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Block:
    """A reason not to deploy, or a warning. `allow` is the value that allows it; None if it cannot
    be allowed."""

    code: str
    severity: Severity
    message: str
    hint: str
    component: str | None = None
    logical_id: str | None = None
    location: Location | None = None
    allow: str | None = None
    allowed: bool = False
    setting: bool = False  # a setting of the stack itself, which deploying changes
    field: Path = ()  # the field whose line is shown, if no changed resource has one


@dataclass(frozen=True)
class Summary:
    """The numbers of added, changed, replaced, deleted and folded resources."""

    add: int
    change: int
    replace: int
    delete: int
    maybe_replace: int  # of the changed ones: CloudFormation decides while it deploys
    phantom: int

    def __str__(self) -> str:
        maybe = f" ({self.maybe_replace} may be replaced)" if self.maybe_replace else ""
        return (
            f"Plan: {self.add} to add, {self.change} to change{maybe}, "
            f"{self.replace} to replace, {self.delete} to delete"
        )


@dataclass(frozen=True)
class Target:
    """The subject of the plan: the deployment and, if known, its stack, account and region."""

    deployment: str
    layout: str
    stack: str | None = None
    account: str | None = None
    region: str | None = None
    base: str = "nothing"  # nothing (a first deployment) | deployed | the base of an offline plan


@dataclass(frozen=True)
class Plan:
    """All changes of a deployment, and every reason against it."""

    target: Target
    components: tuple[ComponentPlan, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    gate: tuple[Block, ...] = ()
    cost: CostChange | None = None  # None without prices for the region

    def changes(self) -> Iterator[ResourceChange]:
        """Yield every change, by component."""
        for component in self.components:
            yield from component.changes

    @property
    def summary(self) -> Summary:
        """The counts."""
        changes = list(self.changes())

        def count(*actions: Action) -> int:
            return sum(change.action in actions for change in changes)

        return Summary(
            add=count(Action.ADD, Action.IMPORT),
            change=count(Action.CHANGE),
            replace=count(Action.REPLACE),
            delete=count(Action.DELETE),
            maybe_replace=sum(c.replacement is Replacement.CONDITIONAL for c in changes),
            phantom=sum(len(component.phantoms) for component in self.components),
        )

    @property
    def has_changes(self) -> bool:
        """Whether deploying would change anything, including outputs and the stack's own
        settings."""
        return bool(self.outputs or self.settings) or next(self.changes(), None) is not None

    @property
    def settings(self) -> int:
        """The number of the stack's own settings that would change."""
        return sum(block.setting for block in self.gate)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks that stop the deployment: those not allowed."""
        return tuple(b for b in self.gate if b.severity is Severity.BLOCK and not b.allowed)

    @property
    def exit_code(self) -> int:
        """0 no changes, 2 changes, 3 blocked."""
        return 3 if self.blocks else 2 if self.has_changes else 0

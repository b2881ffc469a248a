"""Origins of changes: the line of the spec behind a changed value, or behind a resource."""

from collections.abc import Callable, Mapping
from typing import Protocol

from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.symbols import Address, Templates
from camformation.deploy.plan.template_diff import AttributeDifference
from camformation.deploy.plan.values import ABSENT
from camformation.diagnostics import Locate, Location, Path


class Origins(Protocol):
    """Returns lines of the spec; None if no single line is the cause."""

    def of_value(self, address: Address, leaf: AttributeDifference) -> Location | None:
        """Return the line behind a value that differs."""

    def of_resource(self, address: Address) -> Location | None:
        """Return the line behind a resource that is added or removed."""

    def of_field(self, field: Path) -> Location | None:
        """Return the line that decides a field."""

    def of_section(self, address: Address) -> Location | None:
        """Return the line of a resource's section, or the spec's first, if that is not written."""


Parameters = tuple[Mapping[str, str], Mapping[str, str]]
"""The root stack's parameter values before and after."""

OriginsOf = Callable[[Templates, Parameters], Origins | None]
"""Returns the origins of the changes from deployed templates, with parameters before and after."""


def unknown(deployed: Templates, parameters: Parameters) -> None:
    """Return no origins: the `OriginsOf` of a template without its spec."""


class Written:
    """Origins only of values that the spec itself has, not of computed ones."""

    def __init__(self, locate: Locate, *, first: bool) -> None:
        self._locate = locate
        self._first = first

    def of_value(self, address: Address, leaf: AttributeDifference) -> Location | None:
        """Return the line of a value that passes through to the template."""
        return self._locate(address.template, address.logical_id, place(leaf))

    def of_resource(self, address: Address) -> Location | None:
        """Return the line of a resource's section in a first deployment; later, it does not show
        what changed."""
        if not self._first:
            return None
        return self._locate(address.template, address.logical_id, ())

    def of_field(self, field: Path) -> Location | None:
        """Return nothing: templates have no fields."""
        return None

    def of_section(self, address: Address) -> Location | None:
        """Return nothing: the value's origin is unknown."""
        return None


def lines_of(plan: Plan, locate: Locate) -> Locate:
    """Return the lines behind a plan's changes: a `Locate` for followers of its deployment.

    In a first deployment they are those of sections.
    """
    if plan.target.base == "nothing":
        return locate
    lines = {change.address: change.location for change in plan.changes()}
    return lambda template, logical_id, path: lines.get(Address(template, logical_id))


def place(leaf: AttributeDifference) -> Path:
    """Return a leaf's path in the new resource; none if it was removed."""
    if leaf.after is ABSENT:
        return ()
    return (leaf.attribute, *(s if isinstance(s, str) else s.index for s in leaf.path))

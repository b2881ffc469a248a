"""Compilation units: what a component contributes, before any layout is chosen.

A component is compiled once, into a unit: its resources and the values it exports. A value
imported from another unit stays symbolic, like a relocation in an object file, until
`camformation.layout` links the units into templates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeVar

from troposphere import AWSHelperFn, AWSObject, BaseAWSObject, Join, Sub, Tags

import camformation.lean_troposphere  # noqa: F401 - before anything is built
from camformation.diagnostics import Path
from camformation.frozen import changeable, frozen
from camformation.specs import Open

R = TypeVar("R", bound=AWSObject)
IMPORT = "Camformation::Import"


class Export(AWSHelperFn):
    """A scalar value of one unit, usable wherever troposphere takes a value, in any unit."""

    def __init__(self, unit: str, name: str, value: Any) -> None:
        self.unit = unit
        self.name = name
        self.value = value
        self.data = {IMPORT: f"{unit}.{name}"}

    def __hash__(self) -> int:
        return hash((self.unit, self.name))  # troposphere's own writes it as JSON first


Value = str | Export
"""A literal of the spec, or a value that another unit creates."""


def text(template: str, **values: Any) -> Any:
    """Return text that contains values of the spec, in the form of `Fn::Sub`: composed now, or at
    deployment if one of them is left open."""
    if any(isinstance(value, Open) for value in values.values()):
        spoken = {n: v if isinstance(v, str) else str(v) for n, v in values.items()}
        return Sub(template, spoken)
    for name, value in values.items():
        template = template.replace(f"${{{name}}}", str(value))
    return template


def joined(separator: str, values: Sequence[str]) -> Any:
    """Return values of the spec joined into one text: now, or at deployment if one is left open."""
    if any(isinstance(value, Open) for value in values):
        return Join(separator, list(values))
    return separator.join(values)


@frozen
class Parameter:
    """A parameter of the root template: the spec's value at a path, left open until deployment."""

    name: str
    path: Path
    definition: Mapping[str, Any]  # as it stands in `Parameters`

    @property
    def default(self) -> str:
        """The spec's value as passed to CloudFormation."""
        return str(self.definition["Default"])


def opened(node: Any) -> Any:
    """Return the content of a troposphere or awacs object after checking it, or any other node as
    it is.

    Opens one level: the objects' own `to_dict` copies everything below, again at every level.
    """
    if isinstance(node, BaseAWSObject):
        node._validate_props()
        node.validate()
        if node.properties:
            return node.resource
        return {key: value for key, value in node.resource.items() if key != "Properties"}
    if isinstance(node, Tags):
        return node.tags
    if isinstance(node, AWSHelperFn):
        return node.data
    return node.JSONrepr() if hasattr(node, "JSONrepr") else node


@frozen
class Ready:
    """Resources of one unit that resources of another unit must wait for."""

    unit: str
    resources: tuple[str, ...]


@changeable
class Unit:
    """The resources and exports of one component; `section` is its part of the spec."""

    name: str
    deployment: str
    section: Path
    resources: dict[str, AWSObject] = field(default_factory=dict)
    sections: dict[str, Path] = field(default_factory=dict)
    after: dict[str, list[Ready]] = field(default_factory=dict)
    exports: dict[str, Export] = field(default_factory=dict)
    mappings: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def add(self, resource: R, *, after: Iterable[Ready] = (), section: Path = ()) -> R:
        """Add a resource and return it, after resources of other units."""
        title = _title(resource)
        if title in self.resources:
            raise ValueError(f"{self.name} has two resources {title}")
        self.resources[title] = resource
        self.sections[title] = section or self.section
        if waits := [ready for ready in after if ready.resources]:
            self.after[title] = waits
        return resource

    def part(self, *section: str) -> "Unit":
        """Return the same unit, with another section of the spec for its next resources."""
        return replace(self, section=section)

    def export(self, name: str, value: Any) -> Export:
        """Make a scalar value available to other units and to the deployment's outputs."""
        export = self.exports[name] = Export(self.name, name, value)
        return export

    def ready(self, *resources: AWSObject) -> Ready:
        """Return a marker that resources of other units can be added `after`."""
        return Ready(self.name, tuple(map(_title, resources)))


def _title(resource: AWSObject) -> str:
    if resource.title is None:
        raise ValueError(f"a {type(resource).__name__} needs a logical ID")
    return resource.title


@changeable
class Assembly:
    """All units of a deployment, in dependency order, and its outputs."""

    name: str
    units: list[Unit] = field(default_factory=list)
    outputs: dict[str, tuple[Value, str]] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    rules: Mapping[str, Any] = field(default_factory=dict)  # CloudFormation's, about parameters

    def unit(self, name: str, *section: str) -> Unit:
        """Open the next unit; `section` is the path of the spec section it compiles."""
        unit = Unit(name, self.name, section)
        self.units.append(unit)
        return unit

    def output(self, name: str, value: Value | None, description: str) -> None:
        """Report a value as an output of the root stack, unless there is none."""
        if value is not None:
            self.outputs[name] = (value, description)

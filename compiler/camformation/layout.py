"""Linking of an assembly into templates: one flat template, or a nested stack per component.

The layouts differ only in how a template refers to an export: by its value in its own template, by
a parameter in a sibling stack, by an output in the root. The linker visits every value on its way
into a template, so it also builds the source map.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from camformation.frozen import frozen
from camformation.linker import Linker, SourceMap, View
from camformation.units import Assembly, Export, Parameter, Ready, Unit

Template = dict[str, Any]
Templates = dict[str, Template]

ROOT = "root"
METADATA = "Camformation"


class Layout(StrEnum):
    """Mapping of components to stacks."""

    NESTED = "nested"
    FLAT = "flat"


@frozen
class Linked:
    """The templates by name, of which `root` is deployed, and the source of each value."""

    templates: Templates
    source_map: SourceMap
    used: frozenset[str] = frozenset()  # the parameters that something takes
    read: Mapping[str, Any] = field(default_factory=dict)  # flat: the values of what is read


Reads = Mapping[str, Collection[str]]
"""The exports of other units that patches of a unit read, by the names of `export_names`."""


def link(assembly: Assembly, layout: Layout, reads: Reads = MappingProxyType({})) -> Linked:
    """Return the assembly's templates in the given layout."""
    return _nested(assembly, reads) if layout is Layout.NESTED else _flat(assembly, reads)


def export_names(assembly: Assembly) -> dict[str, Export]:
    """Return the parameter name that nested stacks use for each export of another unit."""
    return {
        f"{logical_id(unit.name)}{export.name}": export
        for unit in assembly.units
        if unit.resources
        for export in unit.exports.values()
    }


@cache  # asked for with every reference to another component
def logical_id(component: str) -> str:
    """Return the logical ID of a component's nested stack: its name in CamelCase."""
    return "".join(word.capitalize() for word in component.split("_"))


def component_of(title: str) -> str:
    """Return the component of a nested stack's logical ID: `database_seed` of `DatabaseSeed`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in title).lstrip("_")


def names_in_templates(assembly: Assembly) -> frozenset[str]:
    """Return every logical ID and parameter name that either layout may generate."""
    units = assembly.units
    return frozenset(
        {logical_id(unit.name) for unit in units}
        | {title for unit in units for title in unit.resources}
        | {f"{logical_id(unit.name)}{export}" for unit in units for export in unit.exports}
    )


@cache  # for all specs of one compilation, which keep the names until all are sound
def template_file(name: str) -> str:
    """Return the file name of a template, as in a nested stack's `TemplateURL`."""
    return f"{name}.template.json"


def _flat(assembly: Assembly, reads: Reads) -> Linked:
    linker = Linker(assembly)
    root = _root(assembly, Layout.FLAT)

    def at_home(value: Export | Parameter) -> Any:
        return value.value if isinstance(value, Export) else {"Ref": value.name}

    for unit in assembly.units:
        resources = linker.resources(unit, ROOT, at_home)
        if clash := root["Resources"].keys() & resources.keys():
            raise ValueError(f"logical ids used by two components: {sorted(clash)}")
        for name, ready in unit.after.items():
            _depend(resources[name], [each for r in ready for each in r.resources])
        root["Resources"] |= resources
        _map(root, unit)
    for name, (value, description) in assembly.outputs.items():
        root["Outputs"][name] = {
            "Description": description,
            "Value": linker.value(value, at_home),
        }
    named = export_names(assembly) if reads else {}
    read = {name: linker.value(named[name], at_home) for names in reads.values() for name in names}
    return Linked({ROOT: root}, linker.source_map, frozenset(linker.used), read)


def _nested(assembly: Assembly, reads: Reads) -> Linked:
    linker = Linker(assembly)
    root = _root(assembly, Layout.NESTED)
    units = [unit for unit in assembly.units if unit.resources]
    children = {
        unit.name: _template(
            f"Camunda 8 on Amazon ECS: {assembly.name}, {unit.name.replace('_', ' ')}",
            assembly,
            Component=unit.name,
        )
        for unit in units
    }
    views: dict[str, View] = {}
    named = export_names(assembly) if reads else {}

    def at_root(export: Export | Parameter) -> Any:
        if isinstance(export, Parameter):
            return {"Ref": export.name}
        outputs = children[export.unit]["Outputs"]
        if export.name not in outputs:
            value = linker.value(export.value, views[export.unit])
            outputs[export.name] = {"Value": value}
        return {"Fn::GetAtt": [logical_id(export.unit), f"Outputs.{export.name}"]}

    def stack(unit: Unit) -> dict[str, Any]:
        child = children[unit.name]
        arguments: dict[str, Any] = {}

        def as_parameter(value: Export | Parameter) -> Any:
            if isinstance(value, Parameter):
                name, kind = value.name, value.definition["Type"]
            elif value.unit == unit.name:
                return value.value
            else:
                name, kind = f"{logical_id(value.unit)}{value.name}", "String"
            if name not in arguments:
                child["Parameters"][name] = {"Type": kind}
                arguments[name] = at_root(value)
            return {"Ref": name}

        views[unit.name] = as_parameter
        child["Resources"] = linker.resources(unit, unit.name, as_parameter)
        _map(child, unit)
        for name in reads.get(unit.name, ()):
            as_parameter(named[name])
        for title, waits in unit.after.items():
            at_home = [each for r in waits if r.unit == unit.name for each in r.resources]
            _depend(child["Resources"][title], at_home)
        properties = {"TemplateURL": template_file(unit.name)}
        resource: dict[str, Any] = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": properties | ({"Parameters": arguments} if arguments else {}),
        }
        _depend(resource, sorted({logical_id(r.unit) for r in _foreign(unit)}))
        linker.source_map.setdefault(ROOT, {})[f"/Resources/{logical_id(unit.name)}"] = unit.section
        return resource

    root["Resources"] = {logical_id(unit.name): stack(unit) for unit in units}
    for name, (value, description) in assembly.outputs.items():
        root["Outputs"][name] = {
            "Description": description,
            "Value": linker.value(value, at_root),
        }
    views.clear()  # views know of each other: a cycle, which would keep all templates
    templates = {ROOT: root, **children}
    for template in templates.values():
        for optional in ("Parameters", "Outputs"):
            if not template[optional]:
                del template[optional]
    return Linked(templates, linker.source_map, frozenset(linker.used))


def _map(template: Template, unit: Unit) -> None:
    """Add the mappings that the unit's resources use; two units may share one."""
    if unit.mappings:
        template.setdefault("Mappings", {}).update(unit.mappings)


def _foreign(unit: Unit) -> Iterator[Ready]:
    for waits in unit.after.values():
        yield from (ready for ready in waits if ready.unit != unit.name)


def _root(assembly: Assembly, layout: Layout) -> Template:
    root = _template(f"Camunda 8 on Amazon ECS: {assembly.name}", assembly, Layout=layout)
    root["Parameters"] = {each.name: dict(each.definition) for each in assembly.parameters}
    return root | ({"Rules": dict(assembly.rules)} if assembly.rules else {})


def _template(description: str, assembly: Assembly, **metadata: str) -> Template:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Metadata": {METADATA: {"Deployment": assembly.name, **metadata}},
        "Parameters": {},
        "Resources": {},
        "Outputs": {},
    }


def _depend(resource: dict[str, Any], names: list[str]) -> None:
    """Add dependencies to a resource's `DependsOn`, except those that its references imply."""
    own = resource.pop("DependsOn", [])
    wanted = dict.fromkeys([*([own] if isinstance(own, str) else own), *names])
    if wanted:
        said = set(_references(resource))
        if left := [name for name in wanted if name not in said]:
            resource["DependsOn"] = left if len(left) > 1 else left[0]


def _references(node: Any) -> Iterator[str]:
    """Yield the logical IDs that `Ref` and `Fn::GetAtt` in a value name."""
    if isinstance(node, dict):
        if len(node) == 1:
            if isinstance(ref := node.get("Ref"), str):
                yield ref
            elif isinstance(att := node.get("Fn::GetAtt"), list):
                yield att[0]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)

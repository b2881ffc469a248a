"""Link an assembly into templates: all in one, or one nested stack per component.

The two layouts differ in a single question: what does an export look like from here?
At home it is its own value; from a sibling stack, a parameter; from the root, an output.
The linker visits every value on its way into a template, so it is also what draws the source map.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.specs import Number, Open, Real, Text
from camformation.units import IMPORT, Assembly, Export, Parameter, Ready, Unit, Value, opened

Template = dict[str, Any]
Templates = dict[str, Template]
SourceMap = dict[str, dict[str, Path]]
"""Template name -> JSON pointer (RFC 6901) into the template -> path of the spec."""

View = Callable[[Export | Parameter], Any]
ROOT = "root"
METADATA = "Camformation"


class Layout(StrEnum):
    """How components map to stacks."""

    NESTED = "nested"
    FLAT = "flat"


@frozen
class Linked:
    """The templates by name, `root` being the one to deploy, and where each value comes from."""

    templates: Templates
    source_map: SourceMap
    used: frozenset[str] = frozenset()  # the parameters that something takes


def link(assembly: Assembly, layout: Layout) -> Linked:
    """Return the assembly's templates in the given layout."""
    return _nested(assembly) if layout is Layout.NESTED else _flat(assembly)


def logical_id(component: str) -> str:
    """Return the logical ID of a component's nested stack: its name in CamelCase."""
    return "".join(word.capitalize() for word in component.split("_"))


def names_in_templates(assembly: Assembly) -> frozenset[str]:
    """Return every logical ID and parameter name that either layout may give by itself."""
    units = assembly.units
    return frozenset(
        {logical_id(unit.name) for unit in units}
        | {title for unit in units for title in unit.resources}
        | {f"{logical_id(unit.name)}{export}" for unit in units for export in unit.exports}
    )


def template_file(name: str) -> str:
    """Return the file name of a template: what a nested stack's `TemplateURL` holds."""
    return f"{name}.template.json"


def json_pointer(steps: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _flat(assembly: Assembly) -> Linked:
    linker = _Linker(assembly)
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
    for name, (value, description) in assembly.outputs.items():
        root["Outputs"][name] = {
            "Description": description,
            "Value": linker.value(value, at_home),
        }
    return Linked({ROOT: root}, linker.source_map, frozenset(linker.used))


def _nested(assembly: Assembly) -> Linked:
    linker = _Linker(assembly)
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
    """Add to a resource's `DependsOn` what no reference in it says already."""
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


_PLAIN: dict[type, Callable[[Any], Any]] = {Text: str, Number: int, Real: float}


class _Linker:
    """Replaces imports by what a view makes of them, and notes which values are the spec's own."""

    def __init__(self, assembly: Assembly) -> None:
        self.source_map: SourceMap = {}
        self.used: set[str] = set()
        self._exports = {
            f"{unit.name}.{export.name}": export
            for unit in assembly.units
            for export in unit.exports.values()
        }
        self._parameters = {each.name: each for each in assembly.parameters}

    def resources(self, unit: Unit, template: str, view: View) -> dict[str, Any]:
        """Return the unit's resources as they stand in the template of that name."""
        origins = self.source_map.setdefault(template, {})
        linked = {}
        for name, resource in unit.resources.items():
            origins[f"/Resources/{name}"] = unit.sections[name]
            linked[name] = self._visit(resource, view, ["Resources", name], origins)
        return linked

    def value(self, value: Value | Any, view: View) -> Any:
        """Return a value as the view has it."""
        return self._visit(value, view, [], {})

    def _visit(self, node: Any, view: View, trail: list[Any], origins: dict[str, Path]) -> Any:
        kind = type(node)
        if kind is dict:
            if IMPORT in node:
                return self._visit(view(self._exports[node[IMPORT]]), view, trail, origins)
            visited = {}
            for key, value in node.items():
                if type(value) is str:  # most are: no call for them
                    visited[key] = value
                    continue
                trail.append(key)
                visited[key] = self._visit(value, view, trail, origins)
                trail.pop()
            return visited
        if kind is list or kind is tuple:
            items = []
            for index, value in enumerate(node):
                trail.append(index)
                items.append(self._visit(value, view, trail, origins))
                trail.pop()
            return items
        if kind is str or kind is int or kind is bool:
            return node
        if kind in _PLAIN:
            origins[json_pointer(trail)] = node.path
            return _PLAIN[kind](node)
        if isinstance(node, Open):
            origins[json_pointer(trail)] = node.path
            self.used.add(node.parameter)
            return view(self._parameters[node.parameter])
        inner = opened(node)
        return node if inner is node else self._visit(inner, view, trail, origins)

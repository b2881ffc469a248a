"""Resources of a set of templates, with parameters replaced by their values."""

from collections.abc import Mapping
from typing import Any

from camformation.audit.values import named
from camformation.frozen import frozen
from camformation.layout import ROOT
from camformation.shapes import mapping, properties

STACK = "AWS::CloudFormation::Stack"
SUFFIX = ".template.json"


@frozen
class Resource:
    """A resource: its component, its name there, its type, and its properties."""

    component: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]


def resources(
    templates: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, str]
) -> tuple[Resource, ...]:
    """Return all resources but nested stacks. `parameters` are values of the root's."""
    known = {ROOT: {**_defaults(templates[ROOT]), **parameters}}
    for stack in templates[ROOT].get("Resources", {}).values():
        if stack.get("Type") == STACK:
            own = properties(stack)
            child = str(own.get("TemplateURL", "")).rpartition("/")[2]
            given = mapping(_resolved(own.get("Parameters", {}), known[ROOT]))
            known[child.removesuffix(SUFFIX)] = {k: v for k, v in given.items() if _constant(v)}
    return tuple(
        Resource(component, name, each["Type"], mapping(_resolved(properties(each), values)))
        for component, template in templates.items()
        for values in ({**_defaults(template), **known.get(component, {})},)
        for name, each in template.get("Resources", {}).items()
        if each.get("Type") != STACK
    )


def _defaults(template: Mapping[str, Any]) -> dict[str, Any]:
    declared = template.get("Parameters", {})
    return {name: each["Default"] for name, each in declared.items() if "Default" in each}


def _constant(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _resolved(value: Any, known: Mapping[str, Any]) -> Any:
    match value:
        case {"Ref": str(name)} if len(value) == 1 and name in known:
            return known[name]
        case dict():
            return {key: _resolved(each, known) for key, each in value.items()}
        case list():
            return [_resolved(each, known) for each in value]
    return value


def target(resource: Resource, key: str, of: tuple[Resource, ...]) -> Resource | None:
    """Return the resource that a property refers to, in the same component."""
    name = named(resource.properties.get(key)).split(".")[0]
    return next((r for r in of if r.component == resource.component and r.logical_id == name), None)

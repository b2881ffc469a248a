"""References in templates: dangling references, values not passed on, and circles.

CloudFormation refuses such templates before it creates anything (CloudFormation User Guide,
Intrinsic function reference, DependsOn attribute, Outputs). The linker never produces them, but
patches can.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from camformation.frozen import frozen
from camformation.layout import Template, Templates, template_file

PSEUDO = frozenset(
    f"AWS::{name}"
    for name in (
        *("AccountId", "NotificationARNs", "NoValue", "Partition"),
        *("Region", "StackId", "StackName", "URLSuffix"),
    )
)
"""Pseudo parameters (CloudFormation User Guide, Pseudo parameters reference)."""

STACK = "AWS::CloudFormation::Stack"
_PLACEHOLDER = re.compile(r"\$\{([^!{}][^{}]*)\}")


@frozen
class Reference:
    """A name in a template, and how it is used: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `DependsOn`, …"""

    function: str
    name: str
    attribute: str = ""  # of `Fn::GetAtt`, and of `Fn::Sub` where it has one


@frozen
class Broken:
    """A reference that cannot be resolved: its resource, its template, and the missing target."""

    template: str
    owner: str  # the logical ID, or the name of the output or condition
    missing: str
    kind: str  # name | output | passed | needed | condition | mapping | circle
    function: str = ""


def references(node: Any, *, conditions: bool = False) -> Iterator[Reference]:
    """Yield a value's references; `{"Condition": …}` is one only inside conditions."""
    if isinstance(node, list):
        for each in node:
            if isinstance(each, dict | list):  # others have none: no call for them
                yield from references(each, conditions=conditions)
    if not isinstance(node, dict):
        return
    if len(node) == 1:
        ((function, value),) = node.items()
        yield from _named(function, value, conditions)
        if function == "Fn::Sub" and isinstance(value, list):
            node = {function: value[1:]}
    for value in node.values():
        if isinstance(value, dict | list):
            yield from references(value, conditions=conditions)


def _named(function: str, value: Any, conditions: bool) -> Iterator[Reference]:
    match function, value:
        case "Ref", str():
            yield Reference(function, value)
        case "Fn::GetAtt", [str() as name, *rest]:
            yield Reference(function, name, ".".join(each for each in rest if type(each) is str))
        case "Fn::GetAtt", str():
            name, _, attribute = value.partition(".")
            yield Reference(function, name, attribute)
        case "Fn::Sub", str():
            yield from _placeholders(value, {})
        case "Fn::Sub", [str() as text, dict() as own, *_]:
            yield from _placeholders(text, own)
        case (("Fn::If" | "Fn::FindInMap"), [str() as name, *_]):
            yield Reference(function, name)
        case "Condition", str() if conditions:
            yield Reference(function, value)


def _placeholders(text: str, own: Mapping[str, Any]) -> Iterator[Reference]:
    for written in _PLACEHOLDER.findall(text):
        word = written.strip()
        if word not in own:
            name, _, attribute = word.partition(".")
            yield Reference("Fn::Sub", name, attribute)


def depends_on(resource: Mapping[str, Any]) -> list[str]:
    """Return the names in a resource's `DependsOn`."""
    found = resource.get("DependsOn", [])
    several = found if isinstance(found, list) else [found]
    return [each for each in several if type(each) is str]


def broken_references(templates: Templates, names: Container[str]) -> Iterator[Broken]:
    """Yield every dangling reference and every circle in the templates."""
    by_file = {template_file(name): name for name in templates}
    for name, template in templates.items():
        if name in names and "Transform" not in template:  # a macro may make the names
            yield from _nowhere(name, template, templates, by_file)
            yield from _circles(name, template)


def _nowhere(
    name: str, template: Template, templates: Templates, by_file: Mapping[str, str]
) -> Iterator[Broken]:
    resources = section(template, "Resources")
    parameters = section(template, "Parameters").keys() | PSEUDO
    known = {
        "Fn::If": section(template, "Conditions").keys(),
        "Condition": section(template, "Conditions").keys(),
        "Fn::FindInMap": section(template, "Mappings").keys(),
        "Fn::GetAtt": resources.keys(),
        "DependsOn": resources.keys(),
    }
    everything = parameters | resources.keys()
    for owner, reference in all_references(template):
        taken = known.get(reference.function, everything)
        if reference.function == "Fn::Sub" and reference.attribute:
            taken = resources.keys()
        if reference.name not in taken:
            yield Broken(name, owner, reference.name, _kind(reference), reference.function)
        elif child := _child(resources.get(reference.name), by_file):
            output = reference.attribute.removeprefix("Outputs.")
            outputs = section(templates[child], "Outputs")
            if output != reference.attribute and output not in outputs:
                missing = f"{child}.{output}"
                yield Broken(name, owner, missing, "output", reference.function)
    for owner, resource in resources.items():
        if child := _child(resource, by_file):
            passed = section(resource.get("Properties", {}), "Parameters")
            wanted = section(templates[child], "Parameters")
            for each in passed:
                if each not in wanted:
                    yield Broken(name, owner, f"{child}.{each}", "passed")
            for each in wanted:
                if each not in passed and "Default" not in section(wanted, each):
                    yield Broken(name, owner, f"{child}.{each}", "needed")


def _kind(reference: Reference) -> str:
    return {"Fn::If": "condition", "Condition": "condition", "Fn::FindInMap": "mapping"}.get(
        reference.function, "name"
    )


def _child(resource: Any, by_file: Mapping[str, str]) -> str | None:
    """Return the name of a nested stack's template, or None if it is not one of these."""
    if not isinstance(resource, dict) or resource.get("Type") != STACK:
        return None
    file = resource.get("Properties", {}).get("TemplateURL")
    return by_file.get(file) if isinstance(file, str) else None


def all_references(template: Template) -> Iterator[tuple[str, Reference]]:
    """Yield every reference of a template, with its resource."""
    for title, resource in section(template, "Resources").items():
        yield from ((title, each) for each in references(resource))
        yield from ((title, Reference("DependsOn", each)) for each in depends_on(resource))
        if isinstance(condition := resource.get("Condition"), str):
            yield title, Reference("Condition", condition)
    for title, output in section(template, "Outputs").items():
        yield from ((title, each) for each in references(output))
        if isinstance(output, dict) and isinstance(condition := output.get("Condition"), str):
            yield title, Reference("Condition", condition)
    for title, rule in section(template, "Rules").items():
        yield from ((title, each) for each in references(rule))
    for title, condition in section(template, "Conditions").items():
        yield from ((title, each) for each in references(condition, conditions=True))


def section(template: Template, name: str) -> dict[str, Any]:
    """Return a section of a template, empty if missing."""
    found = template.get(name)
    return found if isinstance(found, dict) else {}


def _circles(name: str, template: Template) -> Iterator[Broken]:
    """Yield circular dependencies of resources, each once."""
    resources = section(template, "Resources")
    waits = {
        title: set(_waits(resource)) & resources.keys() for title, resource in resources.items()
    }
    while True:
        waits = _left(waits)
        if not waits:
            return
        trail = [min(waits)]
        while (following := min(waits[trail[-1]])) not in trail:
            trail.append(following)
        circle = trail[trail.index(following) :]
        start = circle.index(min(circle))
        circle = [*circle[start:], *circle[:start]]
        yield Broken(name, circle[0], " → ".join([*circle, circle[0]]), "circle")
        for each in circle:
            del waits[each]
        waits = {title: on - set(circle) for title, on in waits.items()}


def _left(waits: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the nodes that remain after repeatedly removing those without dependencies."""
    left = {title: set(on) for title, on in waits.items()}
    followers: dict[str, list[str]] = {}
    for title, on in left.items():
        for each in on:
            followers.setdefault(each, []).append(title)
    done = [title for title, on in left.items() if not on]
    for title in done:
        del left[title]
    while done:
        title = done.pop()
        for each in followers.get(title, ()):
            if each in left:
                left[each].discard(title)
                if not left[each]:
                    del left[each]
                    done.append(each)
    return left


def _waits(resource: Mapping[str, Any]) -> Iterable[str]:
    yield from depends_on(resource)
    yield from (each.name for key, part in resource.items() if key != "Metadata"
                for each in references({key: part}) if each.function != "Fn::If")  # fmt: skip

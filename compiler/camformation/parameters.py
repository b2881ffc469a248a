"""Fields of a spec that are left open until deployment: parameters of the root template.

A field can be left open if it only passes through to the templates: the schema says so (`x-open`),
and tests hold it to that. Its value in the spec is the default, and rules check that value.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.closeness import closest
from camformation.diagnostics import Finding, Path
from camformation.fargate_sizes import FARGATE
from camformation.schema import Schema, fits, part_at, resolved
from camformation.units import Parameter

SIZE = ("cpu", "memory_mib")
SIZED = ("orchestration", "connectors")
MAX_DESCRIPTION = 4000  # characters (CloudFormation User Guide, Parameters)
INSTEAD = (
    "to give deployments different values, write a spec for each with `extends` and the "
    "differing values"
)


def open_parameters(
    data: Mapping[str, Any], parameters: Mapping[str, str]
) -> tuple[tuple[Parameter, ...], list[Finding]]:
    """Return the parameters of a complete, valid spec, in the order of their names; and what is
    wrong with them."""
    found: list[Parameter] = []
    problems: list[Finding] = []
    taken: dict[Path, str] = {}
    for name, field in parameters.items():
        where: Path = ("parameters", str(name))
        path, value, problem = _follow(data, str(field))
        part = None if problem else _part_of(path, value)
        if problem:
            problems.append(Finding(where, "CAM220", *problem))
        elif part is None or "x-open" not in part:
            problems.append(Finding(where, "CAM221", *_closed(path, value)))
        elif value is None or value == "":
            message = f"{field} has no value to use as the parameter's default"
            hint = f"give {field} a value: resources depend on whether it is set"
            problems.append(Finding(where, "CAM222", message, hint))
        elif path in taken:
            message = f"{field} is already left open, as {taken[path]}"
            problems.append(Finding(where, "CAM223", message, "remove one of them"))
        else:
            taken[path] = str(name)
            found.append(Parameter(str(name), path, _definition(part, path, value, data)))
    found.sort(key=lambda parameter: parameter.name)
    return tuple(_sized(found, data)), problems


def unused(parameters: tuple[Parameter, ...], used: frozenset[str]) -> Iterator[Finding]:
    """Yield the parameters that no template uses."""
    for each in parameters:
        if each.name not in used:
            field = ".".join(map(str, each.path))
            message = f"no resource of this deployment uses {field}"
            hint = "remove the parameter: the feature that uses it is off"
            yield Finding(("parameters", each.name), "CAM224", message, hint)


def taken_names(parameters: tuple[Parameter, ...], names: frozenset[str]) -> Iterator[Finding]:
    """Yield the parameters whose name a template already uses."""
    for each in parameters:
        if each.name in names:
            message = f"{each.name} is already a name in the templates"
            hint = f"choose another name, for example {each.name}Value"
            yield Finding(("parameters", each.name), "CAM225", message, hint, at_key=True)


def size_rules(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Return the CloudFormation rules that CPU and memory must match if both are left open.

    Source: CloudFormation User Guide, Rules; Amazon ECS Developer Guide, Task CPU and memory.
    """
    names = {each.path: each.name for each in parameters}
    rules: dict[str, Any] = {}
    for section in SIZED:
        cpu, memory = (names.get((section, step)) for step in SIZE)
        if cpu and memory:
            fitting = [
                {
                    "Fn::And": [
                        {"Fn::Equals": [{"Ref": cpu}, str(units)]},
                        {"Fn::Contains": [list(map(str, sizes)), {"Ref": memory}]},
                    ]
                }
                for units, sizes in FARGATE.items()
            ]
            said = f"Fargate has no such memory ({memory}) with these CPU units ({cpu})"
            assertion = {"Assert": {"Fn::Or": fitting}, "AssertDescription": said}
            rules[f"{section.capitalize()}Size"] = {"Assertions": [assertion]}
    return rules


def _follow(data: Any, field: str) -> tuple[Path, Any, tuple[str, str | None] | None]:
    """Return the path and value of a dotted field, or the problem with it and a hint."""
    path: Path = ()
    for step in field.split("."):
        within = ".".join(map(str, path)) or "a spec"
        if isinstance(data, list):
            if not step.isdigit() or int(step) >= len(data):
                last = f"its last entry is {len(data) - 1}" if data else "it is empty"
                return path, None, (f"{within} has no entry {step}", last)
            path, data = (*path, int(step)), data[int(step)]
        elif isinstance(data, Mapping) and step in data:
            path, data = (*path, step), data[step]
        elif data is None and part_at((*path, step)):
            return (
                path,
                None,
                (f"{within} is not set", f"give {field} a value: it is the parameter's default"),
            )
        else:
            keys = list(data) if isinstance(data, Mapping) else []
            close = closest(step, keys)
            hint = f"did you mean {'.'.join(map(str, (*path, close)))}?" if close else None
            return path, None, (f"{within} has no key {step!r}", hint)
    return path, data, None


def _part_of(path: Path, value: Any) -> Schema | None:
    """Return the schema of a value: the alternative that it fits."""
    part = part_at(path)
    if part is None or not path:
        return part
    for option in map(resolved, part.get("anyOf", ())):
        if "items" not in option and "x-open" in part and fits(value, option):
            return {**part, **option}
    *above, last = path
    if isinstance(last, int):
        options = [resolved(each) for each in (part_at(tuple(above)) or {}).get("anyOf", ())]
        for option in options:
            if "items" in option and fits(value, option["items"]):
                return resolved(option["items"])
    return part


def _closed(path: Path, value: Any) -> tuple[str, str]:
    field = ".".join(map(str, path))
    if isinstance(value, list) and "x-open" in resolved((part_at(path) or {}).get("items", {})):
        message = (
            f"{field} cannot be left open: the length of the list decides which resources exist"
        )
        first = f"{field}.0" if value else f"{field}.0, once the list has an entry"
        return message, f"leave its entries open: {first}"
    if isinstance(value, dict | list):
        return f"{field} is a section: leave its fields open instead", INSTEAD
    return (
        f"{field} cannot be left open: it decides which resources exist, or how they are connected",
        INSTEAD,
    )


def _definition(part: Schema, path: Path, value: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's parameter: its type, constraints and default."""
    number = isinstance(value, int | float)
    kind = part["x-open"].get("type") or ("Number" if number else "String")
    definition: dict[str, Any] = {"Type": kind, "Default": value}
    words = " ".join(filter(None, [f"{part.get('title', '')}.", part.get("description")]))
    definition["Description"] = f"{words} ({'.'.join(map(str, path))})"[-MAX_DESCRIPTION:]
    if "enum" in part:
        definition["AllowedValues"] = list(part["enum"])
    elif number:
        _limits(definition, part, MinValue="minimum", MaxValue="maximum")
    elif kind == "String":
        _limits(definition, part, MinLength="minLength", MaxLength="maxLength")
        if pattern := _pattern(part, value):
            definition["AllowedPattern"] = pattern
            said = part.get("title", "value")
            if kept := _kept(part, value):
                said += f" with {kept[0]!r}, which cannot differ"
            definition["ConstraintDescription"] = said
    return definition


def _limits(definition: dict[str, Any], part: Schema, **keywords: str) -> None:
    definition |= {name: part[word] for name, word in keywords.items() if word in part}


def _kept(part: Schema, value: str) -> re.Match[str] | None:
    """Return the part of a value that must stay the same, because it decides something.

    A network's size decides that of its subnets, an image's registry whether a login is needed.
    """
    keeps = part["x-open"].get("keeps")
    return re.search(keeps, value) if keeps else None


def _pattern(part: Schema, value: str) -> str | None:
    """Return the schema's pattern, with a look-ahead for the fixed part."""
    pattern = part.get("pattern")
    if kept := _kept(part, value):
        before = "" if kept.start() == 0 else ".*"
        after = "$" if kept.end() == len(value) else ""
        ahead = f"(?={before}{re.escape(kept[0])}{after})"
        return f"^{ahead}{(pattern or '^.*$').removeprefix('^')}"
    return str(pattern) if pattern else None


def _sized(found: list[Parameter], data: Mapping[str, Any]) -> Iterator[Parameter]:
    """Yield the parameters; CPU and memory allow the sizes that fit the other, if it is fixed."""
    paths = {each.path for each in found}
    for each in found:
        section, field = each.path[0], each.path[-1]
        if section not in SIZED or field not in SIZE or len(each.path) != 2:
            yield each
            continue
        cpu = [u for u in FARGATE if (section, "cpu") in paths or u == data[section]["cpu"]]
        memory = sorted({size for units in cpu for size in FARGATE[units]})
        if (section, "memory_mib") not in paths:
            cpu = [u for u in FARGATE if data[section]["memory_mib"] in FARGATE[u]]
        definition = dict(each.definition) | {"AllowedValues": cpu if field == "cpu" else memory}
        definition.pop("MinValue", None)
        definition.pop("MaxValue", None)
        yield Parameter(each.name, each.path, definition)

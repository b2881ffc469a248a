"""The controls of an audit: data, read from schemas/controls.yaml when an audit is requested."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from camformation.assets import asset
from camformation.audit.checks import CHECKS
from camformation.audit.permissions import Failure
from camformation.audit.values import Template, at
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.shapes import listed, resources
from camformation.source import parse


class Weight(StrEnum):
    """Severity of a control, from worst to least."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


ORDER = list(Weight)


@frozen
class Control:
    """A requirement of a security review. `must`: the condition for the property's values."""

    id: str
    title: str
    severity: Weight
    type: str
    references: Mapping[str, str]
    write: str
    check: str | None
    property: str | None
    must: Mapping[str, Any]
    when: Mapping[str, Any]


def controls() -> tuple[Control, ...]:
    """Return every control."""
    data: dict[str, dict[str, Any]] = parse(
        asset("schemas", "controls.yaml").read_bytes(), "controls.yaml"
    ).data
    return tuple(_control(name, each) for name, each in data.items())


def _control(name: str, data: Mapping[str, Any]) -> Control:
    patch = f"a patch of {data['type']}: the spec has no field for it"
    if "property" in data:
        patch = f"a patch that sets {data['property']} of {data['type']}"
    return Control(
        name,
        data["title"],
        Weight(data["severity"]),
        data["type"],
        data["references"],
        data.get("write", patch),
        data.get("check"),
        data.get("property"),
        data.get("must", {}),
        data.get("when", {}),
    )


def field_of(control: Control) -> Path:
    """Return the field of the spec that `write` sets; `()` where it names no single one."""
    found = re.match(r"(\w+): (?:\{(\w+):)?(?: \{(\w+):)?", control.write)
    return tuple(filter(None, found.groups())) if found else ()


def applies(control: Control, template: Template) -> bool:
    """Return whether the template has a resource that the control is about."""
    return any(_subjects(control, template))


def _subjects(control: Control, template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, properties in resources(template, control.type):
        if all(properties.get(key) == value for key, value in control.when.items()):
            yield name, properties


def failures(control: Control, template: Template) -> Iterator[Failure]:
    """Yield the failures of a control."""
    if control.check:
        yield from CHECKS[control.check](template, control.type)
    elif control.property:
        for name, properties in _subjects(control, template):
            for path, value in at(template, properties, control.property):
                if not fulfils(value, control.must):
                    yield name, ("Properties", *path), _said(control.property, path, value)


def _said(wanted: str, path: Path, value: Any) -> str:
    field = wanted if wanted.endswith("]") else ".".join(map(str, path))
    if value is None:
        return f"{wanted} is not set"
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return f"{field} is {', '.join(value)}"
    return f"{field} is {value}" if isinstance(value, str | int) else f"{field} does not satisfy it"


def fulfils(value: Any, must: Mapping[str, Any]) -> bool:
    """Return whether a value fulfils the condition. Values that only AWS knows count as unknown."""
    [(kind, wanted)] = must.items()
    match kind:
        case "set":
            return (value is not None) is bool(wanted)
        case "equals":
            return _same(value, wanted)
        case "not":
            return not _same(value, wanted)
        case "one_of":
            return any(_same(value, each) for each in wanted)
        case "none_of":
            return not any(_same(value, each) for each in wanted)
        case "not_matching":
            return value is not None and not re.match(str(wanted), str(value))
        case "at_least":
            number = str(value)
            return number.isdecimal() and int(number) >= int(wanted)
        case "items":
            return len(listed(value)) >= int(wanted)
        case "includes":
            return any(each == wanted for each in listed(value))
        case "contains":
            return isinstance(value, str) and str(wanted) in value
    raise ValueError(kind)


def _same(value: Any, wanted: Any) -> bool:
    if value is None or wanted is None:
        return value is wanted
    return str(value).lower() == str(wanted).lower()

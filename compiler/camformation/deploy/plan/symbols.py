"""Symbols: the meaning of references in templates, the same in either layout.

A parameter of a nested stack is the argument its parent passes; an argument `Fn::GetAtt: [Network,
Outputs.VpcId]` is the expression behind that output in the network's template, and so on until only
resources, pseudo parameters and literals are left. So the same deployment, nested or flat, has the
same values, and two template sets can be compared without knowing CloudFormation's values.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from camformation.digest import sha256
from camformation.shapes import is_function

Templates = Mapping[str, Mapping[str, Any]]

STACK = "AWS::CloudFormation::Stack"
PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


@dataclass(frozen=True)
class Address:
    """A resource: its template and its logical ID."""

    template: str
    logical_id: str

    def __str__(self) -> str:
        return f"{self.template}/{self.logical_id}"


@dataclass(frozen=True)
class Symbol:
    """A resource's `Ref` (no attribute) or `Fn::GetAtt`; a pseudo parameter has no template."""

    resource: Address
    attribute: str | None = None

    def __str__(self) -> str:
        attribute = f".{self.attribute}" if self.attribute else ""
        return f"${{{self.resource.logical_id}{attribute}}}"


@dataclass(frozen=True)
class Text:
    """A string of literal and symbolic parts, from `Fn::Sub` and `Fn::Join`."""

    parts: tuple[Any, ...]

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else shown(part) for part in self.parts)


def shown(value: Any) -> str:
    """Return a value in readable form: symbols as in `Fn::Sub`, scalars as CloudFormation passes
    them."""
    if type(value) is str:  # most are
        return value
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float() | Symbol() | Text():
            return str(value)
        case {**single} if is_function(single):
            (name, argument) = next(iter(single.items()))
            return f"{name} {shown(argument)}"
        case dict():
            return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(shown, value)) + "]"
        case _:
            return str(value)


def symbols(value: Any) -> Iterator[Symbol]:
    """Yield every symbol in a value, in order."""
    match value:
        case Symbol():
            yield value
        case Text():
            for part in value.parts:
                yield from symbols(part)
        case dict():
            for item in value.values():
                yield from symbols(item)
        case list():
            for item in value:
                yield from symbols(item)


def nested_template(
    templates: Templates, logical_id: str, resource: Mapping[str, Any]
) -> str | None:
    """Return the name of a nested stack's template: by its compiled URL, else its logical ID."""
    url = resource.get("Properties", {}).get("TemplateURL")
    if isinstance(url, str):
        name = PurePosixPath(url).name.removesuffix(".template.json")
        if name in templates:
            return name
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", logical_id).lower()
    return name if name in templates else None


class Resolver:
    """Values of one set of templates. `parameters` are the root stack's, if it has any."""

    def __init__(self, templates: Templates, parameters: Mapping[str, str] | None = None) -> None:
        self.templates = templates
        self.parameters = parameters or {}
        self.resources: dict[Address, dict[str, Any]] | None = None  # resolved on demand
        self.parents: dict[str, Address] = {}
        self.nested: dict[Address, str] = {}
        self.chooses = False  # whether a value was read that a condition chooses, or that is none
        self._outputs: dict[tuple[str, str], Any] = {}
        for name, template in templates.items():
            for logical_id, resource in template.get("Resources", {}).items():
                if resource.get("Type") != STACK:
                    continue
                child = nested_template(templates, logical_id, resource)
                if child is not None and child != name:
                    self.parents[child] = Address(name, logical_id)
                    self.nested[Address(name, logical_id)] = child

    def value(self, template: str, node: Any) -> Any:
        """Return the value of a node of a template."""
        if is_function(node):
            return self._called(template, node)
        if isinstance(node, dict):
            return {
                key: item if type(item) is str else self.value(template, item)
                for key, item in node.items()
            }
        if isinstance(node, list):
            return [item if type(item) is str else self.value(template, item) for item in node]
        return node

    def _called(self, template: str, node: dict[str, Any]) -> Any:
        """Return the value of a call of an intrinsic function, or the call itself if it stays
        open."""
        match node:
            case {"Ref": str(name)}:
                return self._reference(template, name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(template, name, attribute)
            case {"Fn::GetAtt": str(dotted)} if "." in dotted:
                return self._attribute(template, *dotted.split(".", 1))
            case {"Fn::Sub": str(text)}:
                return self._substitute(template, text, {})
            case {"Fn::Sub": [str(text), dict(variables)]}:
                return self._substitute(template, text, variables)
            case {"Fn::Join": [str(separator), items]}:
                values = self.value(template, items)
                if not isinstance(values, list):
                    return {"Fn::Join": [separator, values]}
                return _text([part for value in values for part in (separator, value)][1:])
            case {"Fn::Select": [index, items]} if str(index).isdigit():
                values = self.value(template, items)
                if isinstance(values, list) and int(index) < len(values):
                    return values[int(index)]
                return {"Fn::Select": [index, values]}
            case {"Fn::Split": [str(separator), item]} if separator:
                text = self.value(template, item)
                if isinstance(text, str):
                    return text.split(separator)
                return {"Fn::Split": [separator, text]}
            case {"Fn::GetAZs": ""}:  # the same as of the stack's own region
                return {"Fn::GetAZs": self._reference(template, "AWS::Region")}
            case {"Fn::Cidr": [block, count, bits]}:
                return _blocks(*(self.value(template, each) for each in (block, count, bits)))
            case {"Fn::FindInMap": [str(name), top, second]}:
                return self._looked_up(template, name, top, second)
            case _:
                self.chooses |= "Fn::If" in node
                return {key: self.value(template, item) for key, item in node.items()}

    def _looked_up(self, template: str, name: str, top: Any, second: Any) -> Any:
        """Return a mapping's value for keys; for unknown keys, its name and digest."""
        mapping = self.templates.get(template, {}).get("Mappings", {}).get(name, {})
        keys = self.value(template, top), self.value(template, second)
        if isinstance(keys[0], str) and isinstance(keys[1], str):
            return mapping.get(keys[0], {}).get(keys[1], {"Fn::FindInMap": [name, *keys]})
        content = sha256(json.dumps(mapping, sort_keys=True).encode())[:12]
        return {"Fn::FindInMap": [f"{name} {content}", *keys]}

    def parameter(self, template: str, name: str) -> Any:
        """Return a parameter's value: its argument, its default, or itself."""
        declared = self.templates.get(template, {}).get("Parameters", {}).get(name, {})
        parent = self.parents.get(template)
        if parent is None:
            itself = Symbol(Address(template, name))
            return self.parameters.get(name, declared.get("Default", itself))
        stack = self.templates[parent.template]["Resources"][parent.logical_id]
        arguments = stack.get("Properties", {}).get("Parameters", {})
        if isinstance(arguments, dict) and name in arguments:
            return self.value(parent.template, arguments[name])
        return declared.get("Default", Symbol(Address(template, name)))

    def _reference(self, template: str, name: str) -> Any:
        if name.startswith("AWS::"):
            self.chooses |= name == "AWS::NoValue"
            return Symbol(Address("", name))
        if name in self.templates.get(template, {}).get("Parameters", {}):
            return self.parameter(template, name)
        return Symbol(Address(template, name))

    def _attribute(self, template: str, name: str, attribute: str) -> Any:
        child = self.nested.get(Address(template, name))
        unresolved = Symbol(Address(template, name), attribute)
        if child is None or not attribute.startswith("Outputs."):
            return unresolved
        output = attribute.removeprefix("Outputs.")
        outputs = self.templates[child].get("Outputs", {})
        if output not in outputs:
            return unresolved
        key = (child, output)
        if key not in self._outputs:
            self._outputs[key] = unresolved  # the result for a cycle, which CloudFormation refuses
            self._outputs[key] = self.value(child, outputs[output].get("Value"))
        return self._outputs[key]

    def _substitute(self, template: str, text: str, variables: Mapping[str, Any]) -> Any:
        parts: list[Any] = []
        end = 0
        for match in PLACEHOLDER.finditer(text):
            parts.append(text[end : match.start()])
            end = match.end()
            literal, name = match[1], match[2].strip()
            if literal:
                parts.append(f"${{{name}}}")
            elif name in variables:
                parts.append(self.value(template, variables[name]))
            elif "." in name:
                parts.append(self._attribute(template, *name.split(".", 1)))
            else:
                parts.append(self._reference(template, name))
        return _text([*parts, text[end:]])


def _blocks(block: Any, count: Any, bits: Any) -> Any:
    """Return the result of `Fn::Cidr` for a known block: its first blocks of 2 to the power of
    `bits` addresses (CloudFormation User Guide, Fn::Cidr)."""
    try:
        network = ip_network(block)
        return [
            str(each)
            for each in islice(
                network.subnets(new_prefix=network.max_prefixlen - int(bits)), int(count)
            )
        ]
    except (ValueError, TypeError):  # a symbol, or a value that CloudFormation refuses
        return {"Fn::Cidr": [block, count, bits]}


def _text(parts: list[Any]) -> Any:
    """Join parts: literals merge, and a single part is itself."""
    merged: list[Any] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            literal = shown(piece) if isinstance(piece, str | int | float) else piece
            if isinstance(literal, str) and merged and isinstance(merged[-1], str):
                merged[-1] += literal
            elif literal != "":
                merged.append(literal)
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 else Text(tuple(merged))

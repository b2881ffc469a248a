"""Values of a flat template: followed by path, and named for people."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.diagnostics import Path
from camformation.shapes import NO_VALUE, entries, items, listed, mapping, resources

Template = Mapping[str, Any]


def known(template: Template, value: Any) -> Any:
    """Return a value, or the default of the parameter that it refers to."""
    match value:
        case {"Ref": str(name)} if len(value) == 1:
            default = mapping(mapping(template.get("Parameters")).get(name)).get("Default", value)
            return None if default == NO_VALUE else default
    return value


def at(template: Template, value: Any, path: str) -> Iterator[tuple[Path, Any]]:
    """Yield every value at a path such as `Attributes[access_logs].Value`; None where it is absent.

    `*` is each item of a list; `[key]` is the item with this `Key` or `Name`, and then its `Value`.
    """
    if not path:
        yield (), known(template, value)
        return
    step, _, rest = path.partition(".") if "[" not in path.split(".")[0] else _bracket(path)
    if step == "*" and value in (None, NO_VALUE):
        yield (), None
        return
    if step == "*":
        for index, item in items(value):
            for below, found in at(template, item, rest):
                yield (index, *below), found
        return
    key = step.partition("[")
    inside = mapping(value).get(key[0])
    if not key[1]:
        for below, found in at(template, inside, rest):
            yield (key[0], *below), found
        return
    for index, item in entries(inside):
        if key[2][:-1] in (item.get("Key"), item.get("Name")):
            yield (key[0], index, "Value"), known(template, item.get("Value"))
            return
    yield (key[0],), None


def _bracket(path: str) -> tuple[str, str, str]:
    end = path.index("]") + 1
    return path[:end], ".", path[end + 1 :]


def named(value: Any) -> str:
    """Return the logical ID behind a value, or its text; values that only AWS knows are shown by
    name."""
    if not isinstance(value, dict) or len(value) != 1:
        return str(value)
    match value:
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": str(dotted)}:
            return _attribute(*dotted.partition(".")[::2])
        case {"Fn::GetAtt": [name, *attributes]}:
            return _attribute(str(name), ".".join(map(str, attributes)))
        case {"Fn::FindInMap": [top, key, *_]}:
            return f"{top} of {named(key)}"
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text)]}:
            return _filled(text, {})
        case {"Fn::Sub": [str(text), names, *_]}:
            return _filled(text, mapping(names))
        case {"Fn::Join": [separator, joined]}:
            parts = list(dict.fromkeys(named(part) for part in listed(joined)))
            return parts[0] if len(parts) == 1 else str(separator).join(parts)
        case {"Fn::Select": [_, of]} | {"Fn::Split": [_, of]}:
            return named(of)
    return str(value)


def _attribute(name: str, attribute: str) -> str:
    return name if attribute in ("", "Arn", "GroupId") else f"{name}.{attribute}"


def _filled(text: str, names: Mapping[str, Any]) -> str:
    for key, inner in names.items():
        text = text.replace(f"${{{key}}}", named(inner))
    return re.sub(r"\$\{((?!AWS::)[^}]+?)(\.Arn)?\}", r"\1", text)


def statements(document: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the statements of a policy document, with their positions."""
    return entries(mapping(document).get("Statement"))


def allows(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement may allow something: it does unless it says `Deny`."""
    return statement.get("Effect") != "Deny"


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield the operator, key and value of each condition of a statement."""
    for operator, tests in mapping(statement.get("Condition")).items():
        for key, value in mapping(tests).items():
            yield operator, key, value


def identity_policies(template: Template) -> Iterator[tuple[str, str, Mapping[str, Any], Path]]:
    """Yield each statement of IAM policies: its resource, its holder, and its location."""
    for name, role in resources(template, "AWS::IAM::Role"):
        for index, policy in entries(role.get("Policies")):
            for number, each in statements(policy.get("PolicyDocument")):
                document = ("Properties", "Policies", index, "PolicyDocument")
                yield name, name, each, (*document, "Statement", number)
    types = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
    for name, policy in resources(template, *types):
        roles = [*listed(policy.get("Roles")), *listed(policy.get("RoleName"))]
        for number, each in statements(policy.get("PolicyDocument")):
            for holder in roles or [name]:
                path = ("Properties", "PolicyDocument", "Statement", number)
                yield name, named(holder), each, path

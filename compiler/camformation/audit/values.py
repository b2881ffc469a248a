"""Values of a flat template: followed by path, and named for people."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.diagnostics import Path

Template = Mapping[str, Any]


def resources(template: Template, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the logical ID and the properties of each resource of these types."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield logical_id, resource.get("Properties", {})


def listed(value: Any) -> list[Any]:
    """Return a list: IAM and CloudFormation accept a single value as a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def known(template: Template, value: Any) -> Any:
    """Return a value, or the default of the parameter that it refers to."""
    if isinstance(value, dict) and set(value) == {"Ref"}:
        return template.get("Parameters", {}).get(value["Ref"], {}).get("Default", value)
    return value


def at(template: Template, value: Any, path: str) -> Iterator[tuple[Path, Any]]:
    """Yield every value at a path such as `Attributes[access_logs].Value`; None where it is absent.

    `*` is each item of a list; `[key]` is the item with this `Key` or `Name`, and then its `Value`.
    """
    if not path:
        yield (), known(template, value)
        return
    step, _, rest = path.partition(".") if "[" not in path.split(".")[0] else _bracket(path)
    if step == "*" and value is None:
        yield (), None
        return
    if step == "*":
        for index, item in enumerate(listed(value)):
            for below, found in at(template, item, rest):
                yield (index, *below), found
        return
    key = step.partition("[")
    inside = value.get(key[0]) if isinstance(value, dict) else None
    if not key[1]:
        for below, found in at(template, inside, rest):
            yield (key[0], *below), found
        return
    for index, item in enumerate(listed(inside)):
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
    if not isinstance(value, dict):
        return str(value)
    function, argument = next(iter(value.items()))
    if function == "Ref":
        return str(argument)
    if function == "Fn::GetAtt":
        name, attribute = argument[0], ".".join(map(str, argument[1:]))
        return name if attribute == "Arn" or attribute == "GroupId" else f"{name}.{attribute}"
    if function == "Fn::FindInMap":
        return f"{argument[0]} of {named(argument[1])}"
    if function == "Fn::Sub":
        text, names = argument if isinstance(argument, list) else (argument, {})
        for key, inner in names.items():
            text = text.replace(f"${{{key}}}", named(inner))
        return re.sub(r"\$\{((?!AWS::)[^}]+?)(\.Arn)?\}", r"\1", text)
    if function == "Fn::Join":
        parts = list(dict.fromkeys(named(part) for part in listed(argument[1])))
        return parts[0] if len(parts) == 1 else str(argument[0]).join(parts)
    if function in ("Fn::Select", "Fn::Split"):
        return named(argument[1])
    return str(value)


def statements(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the statements of a policy document."""
    yield from listed((document or {}).get("Statement"))


def identity_policies(template: Template) -> Iterator[tuple[str, str, Mapping[str, Any], Path]]:
    """Yield each statement of IAM policies: its resource, its holder, and its location."""
    for name, properties in resources(template, "AWS::IAM::Role"):
        for index, policy in enumerate(listed(properties.get("Policies"))):
            for number, each in enumerate(statements(policy["PolicyDocument"])):
                document = ("Properties", "Policies", index, "PolicyDocument")
                yield name, name, each, (*document, "Statement", number)
    types = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
    for name, properties in resources(template, *types):
        roles = [*listed(properties.get("Roles")), *listed(properties.get("RoleName"))]
        for number, each in enumerate(statements(properties.get("PolicyDocument"))):
            for role in roles or [name]:
                path = ("Properties", "PolicyDocument", "Statement", number)
                yield name, named(role), each, path

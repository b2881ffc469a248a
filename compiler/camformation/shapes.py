"""Shapes of values in templates, into which patches may write anything.

What has another shape than CloudFormation takes there, or is `AWS::NoValue`, counts as absent.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping; an empty one in place of anything else."""
    return value if isinstance(value, dict) and value != NO_VALUE else {}


def items(value: Any) -> list[tuple[int, Any]]:
    """Return the items of a list with their positions, of both branches where a condition chooses;
    a single value is a list of one, as IAM and CloudFormation take it."""
    found: list[tuple[int, Any]] = []
    for position, each in enumerate(value if isinstance(value, list | tuple) else [value]):
        match each:
            case {"Fn::If": [_, then, otherwise]} if len(each) == 1:
                found += ((position, one) for one in (*listed(then), *listed(otherwise)))
            case None | {"Ref": "AWS::NoValue"}:
                pass
            case _:
                found.append((position, each))
    return found


def listed(value: Any) -> list[Any]:
    """Return the items of a list."""
    return [each for _, each in items(value)]


def entries(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the mappings of a list with their positions."""
    return [(number, each) for number, each in items(value) if isinstance(each, dict)]


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """Return the mappings of a list."""
    return [each for _, each in entries(value)]


def texts(value: Any) -> list[str]:
    """Return the texts of a list."""
    return [each for each in listed(value) if isinstance(each, str)]


def is_function(node: Any) -> bool:
    """Return whether a node is an unresolved call of an intrinsic function."""
    if not isinstance(node, dict) or len(node) != 1:
        return False
    name = str(next(iter(node)))
    return name == "Ref" or name.startswith("Fn::")


def number(value: Any, otherwise: float = 0.0) -> float:
    """Return a number, which may be text; `otherwise` if only AWS knows it."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return found if isfinite(found) else otherwise


def whole(value: Any) -> int | None:
    """Return a whole number, which CloudFormation takes as text, too."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 12 else None


def on(value: Any) -> bool:
    """Return whether a switch is on."""
    return str(value).lower() == "true"


def off(value: Any) -> bool:
    """Return whether a switch is off."""
    return str(value).lower() == "false"


def properties(resource: Any) -> Mapping[str, Any]:
    """Return the properties of a resource."""
    return mapping(mapping(resource).get("Properties"))


def resources(template: Mapping[str, Any], *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the logical ID and the properties of each resource of these types."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield logical_id, properties(resource)


def replaced_in(value: Any, old: Any, new: Any) -> Any:
    """Return a value or list with something else in place of `old`, in each branch of `Fn::If`."""
    match value:
        case {"Fn::If": [name, *ways]} if len(value) == 1:
            return {"Fn::If": [name, *(replaced_in(each, old, new) for each in ways)]}
        case list():
            return [replaced_in(each, old, new) for each in value]
    return new if type(value) is type(old) and value == old else value

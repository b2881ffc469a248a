"""A template as its conditions, which only patches bring, may turn out.

An audit looks at every branch: what fails in one of them fails.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from camformation.shapes import NO_VALUE

Template = Mapping[str, Any]
EVERY_WAY = 4
"""Conditions that are tried in all combinations; of more, each alone is the other way."""


def branches(template: Template) -> list[Template]:
    """Return the template with each condition true or false, all true first; the template itself
    where nothing depends on one."""
    marks = set(_marks(template["Resources"]))
    names = sorted(marks - {""})
    if not marks:
        return [template]
    return [_branch(template, held) for held in _chosen(names)]


def _chosen(names: list[str]) -> Iterator[frozenset[str]]:
    if len(names) <= EVERY_WAY:
        for held in product((True, False), repeat=len(names)):
            yield frozenset(name for name, holds in zip(names, held, strict=True) if holds)
        return
    every = frozenset(names)
    yield from (every, frozenset())
    for name in names:
        yield from (every - {name}, frozenset({name}))


def _marks(resources: Mapping[str, Any]) -> Iterator[str]:
    """Yield the conditions that resources and values depend on, and "" for what is left out."""
    for resource in resources.values():
        if isinstance(resource.get("Condition"), str):
            yield resource["Condition"]
        yield from _inside(resource)


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        match value:
            case {"Fn::If": [str(name), _, _]}:
                yield name
            case {"Ref": "AWS::NoValue"}:
                yield ""
        for each in value.values():
            if isinstance(each, dict | list):
                yield from _inside(each)
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, dict | list):
                yield from _inside(each)


def _branch(template: Template, held: frozenset[str]) -> Template:
    resources = {
        name: _taken(resource, held)
        for name, resource in template["Resources"].items()
        if not isinstance(resource.get("Condition"), str) or resource["Condition"] in held
    }
    return {**template, "Resources": resources}


def _taken(value: Any, held: frozenset[str]) -> Any:
    """Return a value in a branch; in lists, what is left out keeps its place."""
    match value:
        case {"Fn::If": [str(name), then, otherwise]} if len(value) == 1:
            return _taken(then if name in held else otherwise, held)
        case dict():
            inside = {key: _taken(each, held) for key, each in value.items()}
            return {key: each for key, each in inside.items() if each != NO_VALUE}
        case list():
            return [_taken(each, held) for each in value]
    return value

"""Conditions of a template, which only patches add: whether they hold, if known, and what they
choose.

Source: CloudFormation Template Reference, Condition functions, Pseudo parameters (AWS::NoValue).
"""

import json
from hashlib import sha256
from typing import Any

from camformation.deploy.plan.symbols import Address, Resolver, Symbol, shown

NOTHING = Symbol(Address("", "AWS::NoValue"))
DEEPEST = 20
"""Limit for conditions that refer to each other in a circle, which CloudFormation refuses."""


def exists(resolver: Resolver, address: Address) -> bool:
    """Return whether a resource, and the stacks around it, are not excluded by a condition; an
    unknown condition may hold."""
    place: Address | None = address
    while place is not None:
        resource = resolver.templates[place.template]["Resources"][place.logical_id]
        if "Condition" in resource and not holds(resolver, place.template, resource):
            return False
        place = resolver.parents.get(place.template)
    return True


def holds(resolver: Resolver, template: str, condition: Any, depth: int = DEEPEST) -> bool:
    """Return whether a condition holds or is unknown."""
    return _verdict(resolver, template, condition, depth) is not False


def chosen(resolver: Resolver, template: str, value: Any) -> Any:
    """Return a resolved value with the branches that known conditions choose, and without what has
    no value. A condition that is not known keeps its name, with a digest of what it says."""
    match value:
        case {"Fn::If": [str(name), then, otherwise]} if len(value) == 1:
            branches = [chosen(resolver, template, each) for each in (then, otherwise)]
            condition = resolver.templates[template].get("Conditions", {}).get(name)
            verdict = _verdict(resolver, template, condition, DEEPEST)
            if verdict is not None:
                return branches[0 if verdict else 1]
            content = sha256(json.dumps(condition, sort_keys=True).encode()).hexdigest()[:12]
            return {"Fn::If": [f"{name} {content}", *branches]}
        case dict():
            found = {key: chosen(resolver, template, each) for key, each in value.items()}
            return {key: each for key, each in found.items() if each != NOTHING}
        case list():
            every = [chosen(resolver, template, each) for each in value]
            return [each for each in every if each != NOTHING]
    return value


def _verdict(resolver: Resolver, template: str, node: Any, depth: int) -> bool | None:
    """Return whether a condition holds; None if that is not known before deployment."""
    if depth == 0:
        return None

    def inner(each: Any) -> bool | None:
        return _verdict(resolver, template, each, depth - 1)

    match node:
        case {"Condition": str(name)}:
            return inner(resolver.templates[template].get("Conditions", {}).get(name))
        case {"Fn::Equals": [one, other]}:
            values = [resolver.value(template, each) for each in (one, other)]
            if values[0] == values[1]:
                return True
            known = all(isinstance(each, str | int | float) for each in values)
            return shown(values[0]) == shown(values[1]) if known else None
        case {"Fn::Not": [each]}:
            found = inner(each)
            return None if found is None else not found
        case {"Fn::And": list(all_of)}:
            found_all = [inner(each) for each in all_of]
            return False if False in found_all else None if None in found_all else True
        case {"Fn::Or": list(any_of)}:
            found_any = [inner(each) for each in any_of]
            return True if True in found_any else None if None in found_any else False
        case _:
            return None

"""Conditions of a template, which only patches add: whether they hold, if known.

Source: CloudFormation Template Reference, Condition functions.
"""

from typing import Any

from camformation.deploy.plan.symbols import Address, Resolver, shown

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

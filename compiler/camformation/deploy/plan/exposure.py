"""The exposure before and after a change: network access and permissions."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from camformation.audit.matrix import Access, Flow, Matrix, matrix
from camformation.deploy.plan.symbols import STACK, Resolver, Symbol, Templates, Text
from camformation.frozen import frozen

T = TypeVar("T", Flow, Access)


@frozen
class ExposureChange:
    """Flows and permissions that a change adds, removes and keeps. Before a first deployment there
    are none."""

    added_flows: tuple[Flow, ...]
    removed_flows: tuple[Flow, ...]
    kept_flows: tuple[Flow, ...]
    added_access: tuple[Access, ...]
    removed_access: tuple[Access, ...]
    kept_access: tuple[Access, ...]

    @property
    def differs(self) -> bool:
        """Whether anything is added or removed."""
        changed = (self.added_flows, self.removed_flows, self.added_access, self.removed_access)
        return any(changed)


def exposure_change(
    before: Templates | None,
    after: Templates,
    parameters: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> ExposureChange:
    """Return the exposure that a change adds and removes; each side may have either layout."""
    old = matrix(flat_template(before, parameters[0])) if before else Matrix((), (), ())
    new = matrix(flat_template(after, parameters[1]))
    return ExposureChange(
        *_compared(old.flows, new.flows, _flow_key),
        *_compared(old.access, new.access, _access_key),
    )


def flat_template(templates: Templates, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the resources of all templates in one, with references instead of parameters."""
    resolver = Resolver(templates, parameters)
    return {
        "Resources": {
            logical_id: {
                "Type": resource["Type"],
                "Properties": _plain(resolver.value(name, resource.get("Properties", {}))),
            }
            for name, template in templates.items()
            for logical_id, resource in template.get("Resources", {}).items()
            if resource.get("Type") != STACK
        }
    }


def _plain(value: Any) -> Any:
    """Return a value with symbols turned back into functions."""
    match value:
        case Symbol() if value.attribute:
            return {"Fn::GetAtt": [value.resource.logical_id, value.attribute]}
        case Symbol():
            return {"Ref": value.resource.logical_id}
        case Text():
            return {"Fn::Sub": str(value)}
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def _compared(
    old: Iterable[T], new: Iterable[T], key: Callable[[T], object]
) -> tuple[tuple[T, ...], tuple[T, ...], tuple[T, ...]]:
    """Return the items of only the new one, of only the old one, and of both."""
    before, after = {key(each): each for each in old}, {key(each): each for each in new}
    return (
        tuple(each for name, each in after.items() if name not in before),
        tuple(each for name, each in before.items() if name not in after),
        tuple(each for name, each in after.items() if name in before),
    )


def _flow_key(flow: Flow) -> object:
    return flow.way, flow.source, flow.target, flow.protocol, flow.first, flow.last


def _access_key(access: Access) -> object:
    sets = (access.actions, access.resources, access.conditions)  # their order has no meaning
    return access.principal, access.effect, *map(frozenset, sets)

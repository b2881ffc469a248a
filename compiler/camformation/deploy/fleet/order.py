"""Values whose order has no meaning: each live stack keeps its order."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from camformation.deploy.cloud.stack_sets import StackSetRequest
from camformation.deploy.fleet.live_fleet import Live
from camformation.deploy.fleet.settings import effective
from camformation.deploy.plan.given import kept_in_order
from camformation.fleet.targets import Target
from camformation.frozen import replaced

Sets = Collection[Collection[str]]
"""Names of parameters, those of one list together."""


def request_as_live(
    request: StackSetRequest, template: Mapping[str, Any], live: Live, sets: Sets
) -> StackSetRequest:
    """Return the request with the StackSet's own values in their live order."""
    if live.stack_set is None or not sets:
        return request
    before = effective(live.stack_set.template, live.stack_set.parameters)
    after = effective(template, request.parameters)
    kept = _kept(after, before, sets)
    return replaced(request, parameters={**request.parameters, **_changed(after, kept)})


def targets_as_live(
    targets: Iterable[Target], own: Mapping[str, str], live: Live, sets: Sets
) -> Iterator[Target]:
    """Yield the targets, each with its values in the order of its stack; `own` are the
    StackSet's."""
    if live.stack_set is None or not sets:
        yield from targets
        return
    base = effective(live.stack_set.template, live.stack_set.parameters)
    for target in targets:
        if target.place not in live.instances:
            yield target
            continue
        after = {**own, **target.parameters}
        kept = _kept(after, {**base, **live.overrides.get(target.place, {})}, sets)
        yield replaced(target, parameters={**target.parameters, **_changed(after, kept)})


def _kept(values: Mapping[str, str], deployed: Mapping[str, str], sets: Sets) -> Mapping[str, str]:
    for names in sets:
        if all(name in values for name in names):
            values = kept_in_order(names, values, deployed)
    return values


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in after.items() if before.get(name) != value}

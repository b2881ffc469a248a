"""Places in templates, only by names: the same place in different comparisons."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from camformation.deploy.plan.symbols import Address, Resolver, shown
from camformation.deploy.plan.template_diff import AttributeDifference, Kind, ResourceDiff, diff
from camformation.deploy.plan.values import ABSENT, item_name, parsed
from camformation.layout import ROOT

Place = tuple[str, str, tuple[str, ...]]
"""A resource's logical ID, the same in every layout; an attribute of it, and the path inside by
names. No attribute is the resource as a whole."""

Differences = Mapping[Place, str]
"""The differences with their earlier values, or the kind of difference for a whole resource."""


def moved(old: Resolver, new: Resolver) -> dict[Place, str]:
    """Return the differences of two flat templates with few different resources."""
    before, after = (each.templates[ROOT] for each in (old, new))
    if before.get("Parameters") == after.get("Parameters"):
        was, now = before["Resources"], after["Resources"]
        differ = {n for n in was.keys() | now.keys() if was.get(n) != now.get(n)}
        old, new = (
            Resolver({ROOT: {**t, "Resources": {n: r for n, r in every.items() if n in differ}}})
            for t, every in ((before, was), (after, now))
        )
    return by_place(diff(old, new))


def by_place(differing: Iterable[ResourceDiff]) -> dict[Place, str]:
    """Return the differences between two sets of templates, by place."""
    found: dict[Place, str] = {}
    for each in differing:
        if each.kind is not Kind.MODIFIED:
            found[each.address.logical_id, "", ()] = str(each.kind)
        for leaf in each.differences:
            there = place_of(each.address, leaf)
            before = leaf.before
            if len(there[2]) < len(leaf.path):
                before = _inside(each.before, (there[1], *there[2]))
            found[there] = "" if before is ABSENT else f"={shown(before)}"
    return found


def place_of(address: Address, leaf: AttributeDifference) -> Place:
    """Return the place of a leaf: for a list whose items have no names, it is the list."""
    steps: list[str] = []
    for step in leaf.path:
        if not isinstance(step, str) and step.label == str(step.index):
            break
        steps.append(step if isinstance(step, str) else step.label)
    return address.logical_id, leaf.attribute, tuple(steps)


def _inside(value: Any, names: tuple[str, ...]) -> Any:
    """Return the value at a path of names."""
    for name in names:
        value = parsed(value) if isinstance(value, str) else value
        if isinstance(value, list):
            named = (each for each in value if item_name(each) == name)
            value = next(named, ABSENT)
        else:
            value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def befores(resource: ResourceDiff, leaf: AttributeDifference) -> Iterator[str | int | float]:
    """Yield the possible earlier values; for a list, each removed item."""
    there = place_of(resource.address, leaf)
    for each in [leaf] if len(there[2]) == len(leaf.path) else resource.differences:
        if isinstance(each.before, str | int | float) and (
            each is leaf or place_of(resource.address, each) == there
        ):
            yield each.before


def covers_change(part: str, before: str, after: str) -> bool:
    """Whether a part of a text contains all of its change: the rest between the common beginning
    and end of both texts."""
    start = _common(before, after)
    end = len(after) - _common(before[start:][::-1], after[start:][::-1])
    at = after.find(part, max(0, end - len(part)))
    return bool(part) and start < end and 0 <= at <= start


def _common(one: str, other: str) -> int:
    """Return the length of the common beginning of two texts."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))

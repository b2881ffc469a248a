"""Differences between two property values, down to the leaves and item by item in lists.

Items with a name (`Name`, `Key`, `Sid` …) are paired by it, so that one new environment variable is
one difference, not sixty; other lists are aligned like lines of text. JSON inside strings is
compared as JSON.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from camformation.deploy.plan.provider_schemas import Pointer
from camformation.deploy.plan.symbols import Symbol, Text, shown
from camformation.shapes import is_function

NAMES = ("Name", "Key", "Sid", "Id", "PolicyName", "ContainerName", "SourceVolume")
"""Properties that name an item of a list, in order of preference."""


class Absent:
    """No value: before an addition and after a removal."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True)
class Item:
    """A step into a list: the item's name, or else its position, and its position."""

    label: str
    index: int


Step = str | Item
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Difference:
    """A leaf that differs."""

    path: Steps
    before: Any
    after: Any


def pointer(path: Steps) -> Pointer:
    """Return the path by property names alone, as provider schemas write it."""
    return tuple(step for step in path if isinstance(step, str))


def differences(before: Any, after: Any, path: Steps = ()) -> Iterator[Difference]:
    """Yield the leaves in which two resolved values differ, in the order of the new value."""
    if isinstance(before, str) and isinstance(after, str):
        if before == after:
            return
        before, after = parsed(before), parsed(after)
    old, new = _branches(before), _branches(after)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(old, new, path)
    elif isinstance(old, dict | list) and new is ABSENT:
        yield from differences(old, type(old)(), path)
    elif isinstance(new, dict | list) and old is ABSENT:
        yield from differences(type(new)(), new, path)
    elif not _same(before, after):
        yield Difference(path, before, after)


def identical(before: Any, after: Any) -> bool:
    """Return whether two values are exactly the same; unlike with `==`, 1 is not true."""
    if type(before) is not type(after):
        return False
    if type(before) is dict:
        return before.keys() == after.keys() and all(
            identical(value, after[key]) for key, value in before.items()
        )
    if type(before) is list:
        return len(before) == len(after) and all(map(identical, before, after))
    return bool(before == after)


def same(before: Any, after: Any) -> bool:
    """Return whether CloudFormation would see the same value: 5432 and "5432" are one."""
    return next(differences(before, after), None) is None


def _branches(value: Any) -> Any:
    """A dict or list to descend into; leaves, empty collections and open functions as they are."""
    return None if value is None or is_function(value) else value


def _same(before: Any, after: Any) -> bool:
    scalars = str | int | float | bool
    if isinstance(before, scalars) and isinstance(after, scalars):
        return shown(before) == shown(after)
    if is_function(before) and is_function(after):
        (old, argument), (new, other) = next(iter(before.items())), next(iter(after.items()))
        return old == new and same(argument, other)
    if isinstance(before, Text) and isinstance(after, Text):
        return len(before.parts) == len(after.parts) and all(
            _same(a, b) for a, b in zip(before.parts, after.parts, strict=True)
        )
    return bool(before == after)


def _items(old: list[Any], new: list[Any], path: Steps) -> Iterator[Difference]:
    name = next((name for name in NAMES if _named(old, name) and _named(new, name)), None)
    if name is None:
        yield from _aligned(old, new, path)
        return
    before = {shown(item[name]): (index, item) for index, item in enumerate(old)}
    after = {shown(item[name]): (index, item) for index, item in enumerate(new)}
    for label, (index, item) in after.items():
        _, earlier = before.get(label, (0, ABSENT))
        yield from _named_item(earlier, item, (*path, Item(label, index)), name)
    for label, (index, item) in before.items():
        if label not in after:
            yield from _named_item(item, ABSENT, (*path, Item(label, index)), name)
    if len(before) == len(after) and list(before) != list(after) and before.keys() == after.keys():
        yield Difference(path, f"order {', '.join(before)}", f"order {', '.join(after)}")


def _named_item(before: Any, after: Any, path: Steps, name: str) -> Iterator[Difference]:
    """Compare a name-value pair by its value, anything else leaf by leaf."""
    if all(item is ABSENT or item.keys() == {name, "Value"} for item in (before, after)):
        old = ABSENT if before is ABSENT else before["Value"]
        new = ABSENT if after is ABSENT else after["Value"]
        yield from differences(old, new, path)
    else:
        yield from differences(before, after, path)


def _named(items: list[Any], name: str) -> bool:
    if not all(isinstance(item, dict) for item in items):
        return False
    labels = [item.get(name) for item in items]
    return all(isinstance(label, str | int | Symbol | Text) for label in labels) and len(
        set(map(shown, labels))
    ) == len(labels)


def _aligned(old: list[Any], new: list[Any], path: Steps) -> Iterator[Difference]:
    keys = [shown(item) for item in old], [shown(item) for item in new]
    if keys[0] == keys[1]:
        return
    for tag, low, high, start, end in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = 0
        while paired < min(high - low, end - start) and item_name(old[low + paired]) == item_name(
            new[start + paired]
        ):
            step = _step(new[start + paired], start + paired)
            yield from differences(old[low + paired], new[start + paired], (*path, step))
            paired += 1
        for index in range(low + paired, high):
            yield from differences(old[index], ABSENT, (*path, _step(old[index], index)))
        for index in range(start + paired, end):
            yield from differences(ABSENT, new[index], (*path, _step(new[index], index)))


def _step(item: Any, index: int) -> Item:
    return Item(item_name(item) or str(index), index)


def item_name(item: Any) -> str | None:
    """Return the name of a list's item, or None."""
    if not isinstance(item, dict):
        return None
    return next((item[name] for name in NAMES if isinstance(item.get(name), str)), None)


def number(value: Any) -> float | None:
    """Return a number of a template, which may be a text there."""
    try:
        return float(str(value))
    except ValueError:
        return None


def parsed(text: str) -> Any:
    """Return the JSON object or list in a string, or the string."""
    if text[:1] not in "{[" or not text:
        return text
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return parsed if isinstance(parsed, dict | list) else text

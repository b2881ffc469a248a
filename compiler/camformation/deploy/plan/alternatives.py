"""Alternative values for the fields of a spec."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.plan.places import Place
from camformation.diagnostics import Path, SpecError
from camformation.frozen import frozen
from camformation.layout import ROOT, Layout
from camformation.pipeline import Compiled, altered_template
from camformation.resolve import validated
from camformation.schema import Schema, copied, fits, is_valid, part_at, resolved
from camformation.source import Source

NO_TEMPLATE = {"account", "extends", "ignore", "parameters", "stack", "tags"}
"""Fields that no template depends on."""

LEFT_OUT = object()
"""The value of a field that is not in the spec."""

UNSOUND = (SpecError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Exceptions of builders and troposphere for a spec that fits the schema but was not checked by
rules: for a missing section, or an invalid address."""


def written_fields(sources: Sequence[Source]) -> Iterator[Path]:
    """Yield the path of every written value, and of every part that could be left out."""
    seen = {path for source in sources for path in (*source.keys, *source.values) if path}
    data = [source.data for source in sources]
    for path in sorted(seen, key=lambda path: (len(path), str(path))):
        if path[0] in NO_TEMPLATE:
            continue
        value = next((value for each in data for there, value in [_at(each, path)] if there), None)
        part = resolved(part_at(path) or {})
        optional = "null" in part.get("type", ()) or "anyOf" in part or isinstance(path[-1], int)
        optional |= part.get("default") == [] and isinstance(value, list) and len(value) > 1
        if optional or not isinstance(value, dict | list):
            yield path


@frozen
class Change:
    """Another value of a field."""

    field: Path
    value: Any


@frozen
class Alternative:
    """A field with another value: the places that it moves, and its share in the change."""

    field: Path
    moves: frozenset[Place]
    explains: frozenset[Place]

    @property
    def whole(self) -> bool:
        """Whether it restores all places that it moves."""
        return self.moves == self.explains


class Alternatives:
    """Compiles a spec repeatedly, each time with altered values."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._data = validated(list(compiled.resolved.sources))

    @property
    def present(self) -> dict[str, Any]:
        """The spec's own flat template."""
        if self._compiled.layout is Layout.FLAT:
            return self._compiled.templates[ROOT]
        return altered_template(self._data, self._compiled.anywhere)

    def of(self, path: Path, known: Sequence[Any]) -> list[Change]:
        """Return other values that the schema allows at a path: `known` ones, otherwise no value
        and all likely ones."""
        present, value = _at(self._data, path)
        if not present:  # left out, or part of a list that another source replaces
            listed = any(isinstance(step, int) for step in path)
            return [] if listed else _instead(path, value_at(self._compiled.resolved.data, path))
        part, around = part_at(path) or {}, part_at(path[:-1]) or {}
        found = [
            Change(path, other)
            for other in known or _likely(path, value)
            if other != value and fits(other, part)
        ]
        if path[-1] not in around.get("required", ()):
            found.insert(len(found) if known else 0, Change(path, LEFT_OUT))
        if isinstance(path[-1], int):  # the minimum number, without duplicates
            items = value_at(self._data, path[:-1])
            found = [each for each in found if fits(_altered_items(items, each), around)]
        return found

    def template(self, changes: Sequence[Change]) -> dict[str, Any] | None:
        """Return the template with some changes; None if it cannot be compiled."""
        data = self._with(changes)
        if not is_valid(data):
            return None
        try:
            return altered_template(data, self._compiled.anywhere)
        except UNSOUND:
            return None

    def _with(self, changes: Sequence[Change]) -> dict[str, Any]:
        data: dict[str, Any] = copied(self._data)
        left_out = [change for change in changes if change.value is LEFT_OUT]
        for change in changes:
            if change.value is not LEFT_OUT:
                *around, last = change.field
                inner: Any = data
                for step in around:
                    inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
                inner[last] = change.value
        for change in sorted(left_out, key=lambda each: each.field, reverse=True):
            del value_at(data, change.field[:-1])[change.field[-1]]  # a list's last items first
        return data


def _instead(path: Path, absent: Any) -> list[Change]:
    """Return the possible earlier values of a missing field: a switch or an optional part."""
    part = part_at(path) or {}
    if isinstance(absent, bool):
        return [Change(path, not absent)]
    sample = _sample(part)
    return [Change(path, sample)] if absent is None and fits(sample, part) else []


def _sample(part: Schema) -> Any:
    """Return a minimal value that fits a part of the schema."""
    part = resolved(part)
    inner = part.get("properties", {})
    if inner:
        return {name: _sample(inner[name]) for name in part.get("required", ())}
    for key in ("examples", "enum"):
        if part.get(key):
            return next(each for each in part[key] if each is not None)
    if "items" in part:
        return [_sample(part["items"])] * part.get("minItems", 0)
    return part.get("minimum", part.get("default", ""))


def _altered_items(items: Sequence[Any], change: Change) -> list[Any]:
    at = int(change.field[-1])
    return [*items[:at], *([] if change.value is LEFT_OUT else [change.value]), *items[at + 1 :]]


def is_choice(path: Path) -> bool:
    """Return whether a field has few values, each with another effect."""
    part = resolved(part_at(path) or {})
    return "enum" in part or part.get("type") == "boolean"


def _likely(path: Path, value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list) or value is None:
        return
    part = resolved(part_at(path) or {})
    if isinstance(value, bool):
        yield not value
    elif "enum" in part:
        yield from (each for each in part["enum"] if each != value)
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, value * 2)
    elif isinstance(value, str):
        if path[-1] == 0 or not isinstance(path[-1], int):  # one for a list: all are tried at once
            yield from (each for each in part.get("examples", ()) if each != value)
        yield value.translate(str.maketrans("0123456789", "1234567890"))
        yield f"{value}x"


def known_value(text: Any, value: Any) -> Any:
    """Return a template's value in the form of the spec's current value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(text)
    try:
        return int(text) if isinstance(value, int) else float(text)
    except ValueError:
        return None


def _at(data: Any, path: Path) -> tuple[bool, Any]:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False, None
    return True, data


def value_at(data: Mapping[str, Any], path: Path) -> Any:
    """Return the value at a path of a spec's data, or None."""
    return _at(data, path)[1]


def is_within(outer: Path, inner: Path) -> bool:
    """Whether a path equals or contains the other."""
    return inner[: len(outer)] == outer

"""Spec text as plain data that remembers where each value was written.

The only module that knows about lines; every later stage speaks of paths.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from camformation.diagnostics import (
    Diagnostic,
    Location,
    Path,
    SpecError,
    quoted,
    shortened,
)
from camformation.frozen import frozen
from camformation.lean_yaml import yaml
from camformation.spec_text import (
    MAX_DEPTH,
    NUMBER,
    STANDARD,
    Loader,
    syntax_error,
    text_of,
    too_deep,
)

MAX_VALUES = 50_000  # after expanding aliases
MAX_PROBLEMS = 200  # what somebody reads at once
SHORT_FORM = (
    r"!(Ref|Condition|Base64|Cidr|FindInMap|GetAtt|GetAZs|If|ImportValue|Join|Select|Split|Sub)"
)

_TEXT, _MERGE = f"{STANDARD}str", f"{STANDARD}merge"


@frozen
class Source:
    """A parsed spec: `values` and `keys` hold locations, `raw` numbers as written."""

    file: str
    text: str
    data: Any
    values: Mapping[Path, Location]
    keys: Mapping[Path, Location]
    raw: Mapping[Path, str] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()

    def location(self, path: Path, *, at_key: bool = False) -> Location:
        """Return the location of the value at a path, of its key, or of its nearest ancestor."""
        if not at_key and path in self.values:
            return self.values[path]
        while path not in self.keys and path:
            path = path[:-1]
        return self.keys.get(path, Location(self.file))


def parse(content: bytes, file: str) -> Source:
    """Parse a spec file; raise `SpecError` if the rest cannot be processed."""
    text = text_of(content, file)
    loader = Loader(text)
    builder = _Builder(file)
    try:
        node = loader.get_single_node()
        if node is None:
            raise SpecError(
                [Diagnostic(Location(file), "CAM006", "the file is empty", "start with `name:`")]
            )
        data = builder.build(node, builder.at(node), (), 0)
    except yaml.YAMLError as error:
        raise SpecError([syntax_error(error, file, text)]) from error
    except RecursionError as error:
        raise SpecError([too_deep(Location(file))]) from error
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        message = "the file is not a mapping of keys to values"
        problem = Diagnostic(builder.at(node), "CAM006", message, _start(data))
        raise SpecError([problem, *builder.problems])
    return Source(
        file, text, data, builder.values, builder.keys, builder.raw, tuple(builder.problems)
    )


def _start(data: Any) -> str:
    """Return the start of a spec, for a user who writes `name = "camunda"`."""
    assigned = re.match(r"\s*[\w.]+\s*=", data) if isinstance(data, str) else None
    return "write a colon where there is =: `name: camunda`" if assigned else "start with `name:`"


class _Builder:
    """Turns nodes into data, and records the location of each value and key."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path, Location] = {}
        self.keys: dict[Path, Location] = {(): Location(file)}
        self.raw: dict[Path, str] = {}
        self.problems: list[Diagnostic] = []
        self.count = 0
        self.open: set[int] = set()  # the collections that are being built, by identity

    def at(self, node: Any) -> Location:
        start, end = node.start_mark, node.end_mark
        last = end.column + 1 if end.line == start.line else 0
        return Location(self.file, start.line + 1, start.column + 1, last)

    def build(self, node: Any, where: Location, path: Path, depth: int) -> Any:
        self._admit(node, where, depth)
        if isinstance(node, yaml.ScalarNode):
            self.values[path] = where
            return node.value if node.tag == _TEXT else self._scalar(node, path, where)
        if node.flow_style:
            self.values[path] = where
        self.open.add(id(node))
        kind = self._mapping if isinstance(node, yaml.MappingNode) else self._sequence
        data = kind(node, where, path, depth)
        self.open.discard(id(node))
        return data

    def _sequence(self, node: Any, where: Location, path: Path, depth: int) -> Any:
        self._tag(node, where, "seq")
        items = [(item, self.at(item), (*path, i)) for i, item in enumerate(node.value)]
        self.keys.update((within, at) for _, at, within in items)
        return [self.build(*item, depth + 1) for item in items]

    def _admit(self, node: Any, where: Location, depth: int) -> None:
        """Reject aliases that make the data too large or endless."""
        self.count += 1
        if self.count > MAX_VALUES:
            message = f"the file expands to more than {MAX_VALUES:,} values"
            hint = "every alias (`*name`) repeats all values of its anchor"
            raise SpecError([Diagnostic(where, "CAM004", message, hint)])
        if id(node) in self.open:
            message = "the value contains itself, through an alias"
            raise SpecError([Diagnostic(where, "CAM004", message)])
        if depth > MAX_DEPTH:
            raise SpecError([too_deep(where)])

    def _mapping(self, node: Any, where: Location, path: Path, depth: int) -> Any:
        self._tag(node, where, "map")
        data: dict[str, Any] = {}
        entries: dict[str, tuple[Location, Any]] = {}
        for key, at_key, value in self._entries(node, depth):
            entries.setdefault(key, (at_key, value))
        for key, (at_key, value) in entries.items():
            self.keys[*path, key] = at_key
            data[key] = self.build(value, self.at(value), (*path, key), depth + 1)
        return data

    def _entries(self, node: Any, depth: int) -> Iterator[tuple[str, Location, Any]]:
        """Yield a mapping's entries, its own before those of its merge keys."""
        merged: list[Any] = []
        written: dict[str, Location] = {}
        for key_node, value_node in node.value:
            if len(self.problems) >= MAX_PROBLEMS:
                raise SpecError(self.problems)
            where = self.at(key_node)
            if key_node.tag == _MERGE:
                many = isinstance(value_node, yaml.SequenceNode)
                merged += value_node.value if many else [value_node]
            elif key_node.tag != _TEXT:
                text = getattr(key_node, "value", "")
                hint = f'write "{shortened(text)}"' if isinstance(text, str) and text else None
                if isinstance(key_node, yaml.MappingNode):  # {{ .Values.name }}
                    hint = "a spec is not a template: write the value, or give it with --set"
                self.problems.append(Diagnostic(where, "CAM007", "a key must be text", hint))
            elif (key := key_node.value) in written:
                first = f"first used on line {written[key].line}"
                self.problems.append(
                    Diagnostic(where, "CAM002", f"duplicate key {quoted(key)}", first)
                )
            else:
                written[key] = where
                yield key, where, value_node
        for mapping in merged:
            where = self.at(mapping)
            self._admit(mapping, where, depth)
            if isinstance(mapping, yaml.MappingNode):
                self.open.add(id(mapping))
                yield from self._entries(mapping, depth + 1)
                self.open.discard(id(mapping))
            else:
                message = "a merge key (`<<`) takes a mapping or a list of mappings"
                self.problems.append(Diagnostic(where, "CAM001", message))

    def _scalar(self, node: Any, path: Path, where: Location) -> Any:
        kind = node.tag.removeprefix(STANDARD)
        text: str = node.value
        match kind:
            case "str" | "merge":
                return text
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" | "float":
                if not re.match(NUMBER, text) or (
                    kind == "int" and not text.lstrip("-+").isdigit()
                ):
                    message = f"{quoted(text)} is not a number"
                    self.problems.append(Diagnostic(where, "CAM008", message))
                    return None
                self.raw[path] = text
                number = float(text) if kind == "float" else int(text)
                return int(number) if number == int(number) else number  # 3.0 is a whole number
        self._tag(node, where, "str")
        return text

    def _tag(self, node: Any, where: Location, expected: str) -> None:
        if node.tag != STANDARD + expected:
            tag = shortened(node.tag.replace(STANDARD, "!!"))
            message = f"the tag {tag} has no meaning here"
            hint = "write the value without a tag: a spec is plain data"
            if function := re.fullmatch(SHORT_FORM, node.tag):
                name = function[1]
                name = name if name in ("Ref", "Condition") else f"Fn::{name}"
                long_form = f"{{{name}: …}}"
                hint = f"write a plain value; only `patches` take functions, as {long_form}"
            self.problems.append(Diagnostic(where, "CAM008", message, hint))

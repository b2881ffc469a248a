"""Spec text as plain data that remembers where each value was written.

The only module that knows about lines; every later stage speaks of paths. Scalars follow the YAML
1.2 core schema (yaml.org/spec/1.2.2, 10.3), so `no` is text and a date is text: what an editor's
language server shows is what is compiled.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

import yaml

from camformation.diagnostics import Diagnostic, Finding, Location, Path, SpecError
from camformation.frozen import frozen

MAX_BYTES = 1 << 20  # a spec is some kilobytes
MAX_VALUES = 50_000  # after expanding aliases
MAX_DEPTH = 40

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STANDARD = "tag:yaml.org,2002:"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's loader, with the scalars of YAML 1.2 in place of those of 1.1."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,18}", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]{1,18}(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?", None),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        _STANDARD + _tag, re.compile(f"^(?:{_pattern})$"), _first or list("-+.0123456789")
    )


@frozen
class Source:
    """A parsed spec: `values` and `keys` say where things stand, `raw` how numbers were written."""

    file: str
    text: str
    data: Any
    values: Mapping[Path, Location]
    keys: Mapping[Path, Location]
    raw: Mapping[Path, str] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()

    def locate(self, finding: Finding) -> Diagnostic:
        """Point at what the finding is about, or at its nearest ancestor that was written."""
        path = finding.path
        if not finding.at_key and path in self.values:
            where = self.values[path]
        else:
            while path not in self.keys and path:
                path = path[:-1]
            where = self.keys.get(path, Location(self.file))
        return Diagnostic(where, finding.code, finding.message, finding.hint, finding.severity)


def parse(content: bytes, file: str) -> Source:
    """Parse a spec file; raise `SpecError` where there is nothing to go on with."""
    text = _text(content, file)
    _check_depth(text, file)
    loader = _Loader(text)
    builder = _Builder(loader, file)
    try:
        node = loader.get_single_node()
        if node is None:
            raise SpecError(
                [Diagnostic(Location(file), "CAM006", "the spec is empty", "begin with `name:`")]
            )
        data = builder.build(node, (), 0)
    except yaml.MarkedYAMLError as error:
        raise SpecError([_syntax_error(error, file, text)]) from error
    except yaml.reader.ReaderError as error:  # checked before; the reader may know better
        raise SpecError([Diagnostic(Location(file), "CAM005", error.reason)]) from error
    except RecursionError as error:
        raise SpecError([_too_deep(Location(file))]) from error
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        problem = Diagnostic(
            builder.at(node),
            "CAM006",
            "a spec is a mapping of keys to values",
            "begin with `name:`",
        )
        raise SpecError([problem, *builder.problems])
    return Source(
        file, text, data, builder.values, builder.keys, builder.raw, tuple(builder.problems)
    )


def _text(content: bytes, file: str) -> str:
    if len(content) > MAX_BYTES:
        message = f"the file has {len(content):,} bytes; a spec has at most {MAX_BYTES:,}"
        raise SpecError([Diagnostic(Location(file), "CAM004", message)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise SpecError(
            [Diagnostic(_end(before, file), "CAM005", message, "save the file as UTF-8")]
        ) from error
    if found := _UNPRINTABLE.search(text):
        message = f"character U+{ord(found[0]):04X} is not allowed in YAML"
        raise SpecError(
            [Diagnostic(_end(text[: found.start()], file), "CAM005", message, "remove it")]
        )
    return text


def _check_depth(text: str, file: str) -> None:
    """Refuse what would nest too deep for the composer, which recurses without a bound in C."""
    if max(text.count(opening) for opening in ("[", "{", "- ", "? ")) < 500:
        return
    depth = 0
    loader = _Loader(text)
    try:
        while (event := loader.get_event()) is not None:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                mark = event.start_mark
                raise SpecError([_too_deep(Location(file, mark.line + 1, mark.column + 1))])
    except yaml.YAMLError:
        return  # the composer meets the same error, and reports it
    finally:
        loader.dispose()


def _too_deep(where: Location) -> Diagnostic:
    return Diagnostic(where, "CAM004", f"values are nested more than {MAX_DEPTH} deep")


def _end(before: str, file: str) -> Location:
    """Return the position just after `before`."""
    lines = before.split("\n")
    return Location(file, len(lines), len(lines[-1]) + 1)


def _syntax_error(error: yaml.MarkedYAMLError, file: str, text: str) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    where = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
    message = error.problem or str(error)
    if error.context and error.context_mark and error.context_mark.line + 1 != where.line:
        message = f"{message} ({error.context} in line {error.context_mark.line + 1})"
    lines = text.splitlines()
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    hint = None
    if "\t" in line[: where.column]:
        hint = "indent with spaces: YAML does not allow tabs"
    elif "expected a single document" in message:
        hint = "one file holds one deployment: remove the second `---`"
    elif "mapping values are not allowed" in message:
        hint = "check the indentation, and put text that holds `: ` in quotes"
    return Diagnostic(where, "CAM001", f"not valid YAML: {message}", hint)


class _Builder:
    """Turns nodes into data, noting where each value and each key stands."""

    def __init__(self, loader: Any, file: str) -> None:
        self.loader = loader
        self.file = file
        self.values: dict[Path, Location] = {}
        self.keys: dict[Path, Location] = {(): Location(file)}
        self.raw: dict[Path, str] = {}
        self.problems: list[Diagnostic] = []
        self.count = 0

    def at(self, node: Any) -> Location:
        start, end = node.start_mark, node.end_mark
        last = end.column + 1 if end.line == start.line else 0
        return Location(self.file, start.line + 1, start.column + 1, last)

    def build(self, node: Any, path: Path, depth: int) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            message = f"the spec expands to more than {MAX_VALUES:,} values"
            hint = "aliases (`*name`) repeat what they stand for each time"
            raise SpecError([Diagnostic(self.at(node), "CAM004", message, hint)])
        if depth > MAX_DEPTH:
            raise SpecError([_too_deep(self.at(node))])
        where = self.at(node)
        if isinstance(node, yaml.MappingNode):
            self._tag(node, where, "map")
            data: dict[str, Any] = {}
            self._mapping(node, path, depth, data, {})
            if node.flow_style:
                self.values[path] = where
            return data
        if isinstance(node, yaml.SequenceNode):
            self._tag(node, where, "seq")
            if node.flow_style:
                self.values[path] = where
            for index, item in enumerate(node.value):
                self.keys[*path, index] = self.at(item)
            return [self.build(item, (*path, i), depth + 1) for i, item in enumerate(node.value)]
        self.values[path] = where
        return self._scalar(node, path, where)

    def _mapping(
        self, node: Any, path: Path, depth: int, data: dict[str, Any], written: dict[str, Location]
    ) -> None:
        merged: list[Any] = []
        for key_node, value_node in node.value:
            where = self.at(key_node)
            if key_node.tag == f"{_STANDARD}merge":
                many = isinstance(value_node, yaml.SequenceNode)
                merged += value_node.value if many else [value_node]
                continue
            if key_node.tag != f"{_STANDARD}str":
                text = getattr(key_node, "value", "")
                hint = f'write "{text}"' if isinstance(text, str) and text else None
                self.problems.append(Diagnostic(where, "CAM007", "a key must be text", hint))
                continue
            key = key_node.value
            if key in written:
                first = f"first written in line {written[key].line}"
                self.problems.append(Diagnostic(where, "CAM002", f"duplicate key {key!r}", first))
                continue
            written[key] = where
            self.keys[*path, key] = where
            data[key] = self.build(value_node, (*path, key), depth + 1)
        for mapping in merged:
            if not isinstance(mapping, yaml.MappingNode):
                message = "a merge key (`<<`) takes a mapping or a list of mappings"
                self.problems.append(Diagnostic(self.at(mapping), "CAM001", message))
                continue
            self._merge(mapping, path, depth, data)

    def _merge(self, node: Any, path: Path, depth: int, data: dict[str, Any]) -> None:
        """Add what a merge key brings, except where the mapping itself, or an earlier one, says more."""
        if depth > MAX_DEPTH:
            raise SpecError([_too_deep(self.at(node))])
        fresh: dict[str, Any] = {}
        known = {key: self.keys[*path, key] for key in data}
        kept = {p: w for p, w in self.values.items() if p[: len(path)] == path and p != path}
        self._mapping(node, path, depth + 1, fresh, {})
        for key, value in fresh.items():
            data.setdefault(key, value)
        for key, where in known.items():
            self.keys[*path, key] = where
        self.values.update(kept)

    def _scalar(self, node: Any, path: Path, where: Location) -> Any:
        kind = node.tag.removeprefix(_STANDARD)
        text: str = node.value
        match kind:
            case "str" | "merge":
                return text
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" | "float":
                try:
                    number = int(text) if kind == "int" else float(text)
                except ValueError:
                    message = f"{text!r} is not a number"
                    self.problems.append(Diagnostic(where, "CAM008", message))
                    return None
                self.raw[path] = text
                return number
        self._tag(node, where, "str")
        return text

    def _tag(self, node: Any, where: Location, expected: str) -> None:
        if node.tag != _STANDARD + expected:
            tag = node.tag.replace(_STANDARD, "!!")
            message = f"the tag {tag} has no meaning in a spec"
            hint = "a spec is plain data: CloudFormation functions are what it compiles to"
            self.problems.append(Diagnostic(where, "CAM008", message, hint))

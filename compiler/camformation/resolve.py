"""Resolution of a spec: `extends`, `--set`, the profile, the version and defaults.

Mappings of the layers are merged; a list or scalar replaces the one below. Each value keeps its
origin: a position in a file, or the name of the layer that supplied it.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from posixpath import dirname, join, normpath
from typing import Any

from camformation.assets import asset
from camformation.diagnostics import (
    Diagnostic,
    Finding,
    Location,
    Path,
    SpecError,
    shortened,
)
from camformation.frozen import frozen, replaced
from camformation.schema import SPEC, completed, is_valid, resolved, schema
from camformation.source import Source, parse
from camformation.spec_text import MAX_DEPTH

MAX_FINDINGS = 200  # what somebody reads at once

LAYERS = ("profile", "version")
"""Fields that choose a layer, whose name begins with theirs."""

Read = Callable[[str], bytes]
"""Returns the content of a spec file; raises `OSError` where it cannot."""

Origin = Location | str
"""Where a value comes from: a position, or e.g. `profile production` or `default`."""


@frozen
class Resolved:
    """A complete spec: every value, and where each came from."""

    data: dict[str, Any]
    sources: tuple[Source, ...]  # what the user wrote: the first is the most particular
    layers: Mapping[Path, str]  # values that the user did not write -> the layer they are from

    @property
    def file(self) -> str:
        """The spec file that was asked for."""
        return next(source.file for source in self.sources if not is_setting(source))

    def location(self, path: Path, *, at_key: bool = False) -> Location:
        """Return the location of the value at a path, or of its nearest ancestor."""
        return location(self.sources, path, at_key=at_key)

    def locate(self, finding: Finding) -> Diagnostic:
        """Return the finding with its location in the file that caused it."""
        return finding.at(self.location(finding.path, at_key=finding.at_key))

    def written(self, path: Path) -> Location | None:
        """Return where the value at a path, or its ancestor, was written; None for a default."""
        found = _nearest(self.sources, path)
        return found[0].location(found[1]) if found else None

    def decided(self, path: Path) -> Location | None:
        """Return the line that decides the value at a path: its own, or that of the profile or
        version which supplies it; None for a default."""
        for source in self.sources:
            if path in source.keys or path in source.values:
                return source.location(path)
        for length in range(len(path), 0, -1):
            if layer := self.layers.get(path[:length]):
                chooser = layer.split()[0]
                return self.decided((chooser,)) if chooser in LAYERS else None
        return None

    def origin(self, path: Path) -> Origin:
        """Return the origin of the value at a path."""
        for length in range(len(path), 0, -1):
            if layer := self.layers.get(path[:length]):
                return layer
        return self.location(path)


def is_setting(source: Source) -> bool:
    """Return whether the source is a `--set`, not a file."""
    return source.file.startswith("--set ")


def location(sources: Iterable[Source], path: Path, *, at_key: bool = False) -> Location:
    """Return the location of a path, or its longest written part, in the first source with it."""
    written = list(sources)
    found = _nearest(written, path)
    source = found[0] if found else next(each for each in written if not is_setting(each))
    return source.location(path, at_key=at_key)


def _nearest(sources: Iterable[Source], path: Path) -> tuple[Source, Path] | None:
    """Return the longest written part of a path, and the first source that has it."""
    written = tuple(sources)
    while path:
        for source in written:
            if path in source.keys or path in source.values:
                return source, path
        path = path[:-1]
    return None


def read_sources(file: str, read: Read, settings: Iterable[str] = ()) -> list[Source]:
    """Return the settings, the file and what it extends; raise `SpecError` with all problems."""
    chain: list[Source] = []
    where: Location | None = None
    seen: dict[str, str] = {}
    name = file
    while True:
        key = normpath(name)
        if key in seen:
            loop = " extends ".join([*list(seen.values())[list(seen).index(key) :], name])
            assert where is not None
            raise SpecError(
                [
                    Diagnostic(
                        where,
                        "CAM009",
                        f"specs extend each other in a circle: {shortened(loop, 1000)}",
                    )
                ]
            )
        seen[key] = name
        data = content(name, read, where)
        source = parse_named(data, name, where) if where else parse(data, name)
        chain.append(source)
        base = source.data.get("extends")
        if base is None:
            break
        where = source.location(("extends",))
        if not isinstance(base, str):
            message = "`extends` is the path of one other spec, as text"
            raise SpecError([Diagnostic(where, "CAM009", message)])
        name = normpath(join(dirname(name), base))
    return [*_settings(settings), *chain]


def named_at(where: Location, read: Read) -> Read:
    """Return a reader of a spec that is named in a file, at a place, as `parse_named` has it."""

    def guarded(name: str) -> bytes:
        data = read(name)
        parse_named(data, name, where)
        return data

    return guarded


def parse_named(data: bytes, file: str, where: Location) -> Source:
    """Parse a file that is named not on the command line but in a file, at a place.

    Who wrote that may not be who may read everything here. So no line of a file is shown that
    cannot be a spec, such as /etc/shadow: one that cannot be parsed, or has no key of a spec.
    """
    try:
        source = parse(data, file)
    except SpecError as error:
        raise SpecError(replaced(each, excerpt=False) for each in error.diagnostics) from error
    if source.data and not source.data.keys() & schema()["properties"].keys():
        message = f"{shortened(file)} is not a spec: it has none of a spec's keys"
        raise SpecError([Diagnostic(where, "CAM016", message)])
    return source


def content(name: str, read: Read, where: Location | None = None, *, spec: bool = True) -> bytes:
    """Return a file's content; `where` is the location that names it, if any."""
    try:
        return read(name)
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        reason = str(getattr(error, "strerror", None) or error).lower()
        message = f"cannot read {shortened(name)}: {reason}"
        location, code = (where, "CAM009") if where else (Location(name), "CAM003")
        missing = spec and not where and isinstance(error, FileNotFoundError)
        hint = "write one with `camformation init`" if missing else None
        raise SpecError([Diagnostic(location, code, message, hint)]) from error


def _settings(settings: Iterable[str]) -> list[Source]:
    """Return `path=value` settings as sources, last one first, since it takes precedence."""
    found: list[Source] = []
    problems: list[Diagnostic] = []
    for setting in settings:
        try:
            found.insert(0, _setting(setting))
        except SpecError as error:
            problems += error.diagnostics
    if problems:
        raise SpecError(problems)
    return found


def _setting(setting: str) -> Source:
    path, equals, value = setting.partition("=")
    file = f"--set {setting}"
    steps = tuple(path.strip().split("."))
    if not equals or not all(steps):
        hint = "for example --set orchestration.brokers=5"
        message = "a setting is a path, `=` and a value"
        raise SpecError([Diagnostic(Location(file), "CAM013", message, hint)])
    if len(steps) > MAX_DEPTH:
        message = f"the path has more than {MAX_DEPTH} steps"
        raise SpecError([Diagnostic(Location(file), "CAM013", message)])
    if steps == ("extends",):
        raise SpecError(
            [Diagnostic(Location(file), "CAM013", "`extends` can be set only in a spec")]
        )
    where = Location(file, 1, len(f"--set {path}=") + 1)
    try:
        parsed = parse(f"value: {value}".encode("utf-8", "surrogateescape"), file)
    except SpecError as error:
        found = [Diagnostic(where, "CAM013", d.message, d.hint) for d in error.diagnostics]
        raise SpecError(found) from error
    if len(parsed.data) > 1:
        raise SpecError(
            [Diagnostic(where, "CAM013", "a setting is a single value, not keys with values")]
        )
    inner: set[Path] = {(*steps, *path[1:]) for path in parsed.values if path[0] == "value"}
    outer: set[Path] = {steps[:length] for length in range(1, len(steps) + 1)}
    raw = {(*steps, *path[1:]): text for path, text in parsed.raw.items()}
    data = parsed.data["value"]
    for step in reversed(steps):
        data = {step: data}
    problems = tuple(Diagnostic(where, d.code, d.message, d.hint) for d in parsed.problems)
    keys = dict.fromkeys(outer, Location(file, 1, len("--set ") + 1))
    return Source(file, file, data, dict.fromkeys(inner, where), keys, raw, problems)


def merge(over: Any, under: Any) -> Any:
    """Return `under` merged with `over`: mappings merge, other values of `over` replace."""
    if not (isinstance(over, dict) and isinstance(under, dict)):
        return copy.deepcopy(over)
    merged = dict(under)
    for key, value in over.items():
        merged[key] = merge(value, merged[key]) if key in merged else copy.deepcopy(value)
    return merged


def validated(sources: list[Source], language: str = SPEC) -> dict[str, Any]:
    """Return the validated content of all sources; raise `SpecError` with every finding."""
    data: Any = {}
    for source in reversed(sources):
        data = merge(source.data, data)
    if language == SPEC:
        data.pop("extends", None)
    problems = [problem for source in sources for problem in source.problems]
    raw = {path: text for source in reversed(sources) for path, text in source.raw.items()}
    if not is_valid(data, language):
        from camformation.schema_errors import explain, other_language

        for source in sources:
            if not is_setting(source) and (
                finding := other_language(source.data, source.file, language)
            ):
                raise SpecError(
                    [finding.at(location([source], finding.path, at_key=finding.at_key))]
                )
        findings = list(islice(explain(data, raw, language), MAX_FINDINGS))
        known = {problem.location for problem in problems}
        located = [each.at(location(sources, each.path, at_key=each.at_key)) for each in findings]
        problems += [each for each in located if each.location not in known]
    if problems:
        raise SpecError(problems)
    return data  # type: ignore[no-any-return]


def resolve(sources: list[Source]) -> Resolved:
    """Validate the written values and add defaults; raise `SpecError` with every finding."""
    return complete(validated(sources), sources)


def complete(data: dict[str, Any], sources: Iterable[Source]) -> Resolved:
    """Add defaults, the profile and the version to valid data that the sources wrote."""
    layers: dict[Path, str] = {}
    top = schema()["properties"]
    profile = data.get("profile", resolved(top["profile"])["default"])
    version = data.get("version", resolved(top["version"])["default"])
    for folder, name, label in (
        ("profiles", profile, f"profile {profile}"),
        ("versions", version, f"version {version}"),
    ):
        layer = fragment(folder, name)
        layers |= dict.fromkeys(_new(layer, data, ()), label)
        data = merge(data, layer)
    whole = completed(data, layers)
    whole.pop("extends", None)
    return Resolved(whole, tuple(sources), layers)


@cache
def fragment(folder: str, name: str) -> dict[str, Any]:
    """Return a profile or a version: the part of a spec that it supplies."""
    path = asset("schemas", f"{folder}/{name}.yaml")
    return parse(path.read_bytes(), f"{folder}/{name}.yaml").data or {}


def _new(over: Any, under: Any, path: Path) -> Iterator[Path]:
    """Yield the paths for which a lower layer supplies a value that no higher layer has."""
    for key, value in over.items():
        if not isinstance(under, dict) or key not in under:
            yield (*path, key)
        elif isinstance(value, dict) and isinstance(under[key], dict):
            yield from _new(value, under[key], (*path, key))

"""Resolution of a spec from its written values, the profile, the version and defaults.

Mappings of the layers are merged; a list or scalar replaces the one below. Each value keeps its
origin: a position in a file, or the name of the layer that supplied it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from camformation.assets import asset
from camformation.diagnostics import (
    Diagnostic,
    Finding,
    Location,
    Path,
    SpecError,
)
from camformation.frozen import frozen
from camformation.schema import SPEC, completed, copied, is_valid, part_at, resolved, schema
from camformation.source import Source, parse
from camformation.sources import is_setting

MAX_FINDINGS = 200  # what somebody reads at once

LAYERS = ("profile", "version")
"""Fields that choose a layer; its name starts with the field's name."""

Origin = Location | str
"""The origin of a value: a position, or e.g. `profile production` or `default`."""


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
        """Return the location of the value at a path, or of its ancestor; None for a default."""
        found = _nearest(self.sources, path)
        return found[0].location(found[1]) if found else None

    def chooses(self, path: Path) -> bool:
        """Return whether the spec itself or a setting has the value: not a spec that it extends,
        the default or the profile."""
        own = next(index for index, each in enumerate(self.sources) if not is_setting(each))
        if not any(path in each.keys for each in self.sources[: own + 1]):
            return False
        given = (
            (part_at(path) or {}).get("default"),
            _at(fragment("profiles", self.profile), path),
        )
        return _at(self.data, path) not in given

    @property
    def profile(self) -> str:
        """The profile of the spec."""
        return str(self.data["profile"])

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
        for source in self.sources:  # what was written is of no layer
            if where := source.values.get(path):
                return where
            if path in source.keys:
                break
        for length in range(len(path), 0, -1):
            if layer := self.layers.get(path[:length]):
                return layer
        return self.location(path)


def _at(data: Any, path: Path) -> Any:
    """Return the value at a path of mappings, or None."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def location(sources: Iterable[Source], path: Path, *, at_key: bool = False) -> Location:
    """Return the location of a path, or of its longest written part, in the first source that has
    it."""
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


def merge(over: Any, under: Any) -> Any:
    """Return `under` merged with `over`: mappings merge, other values of `over` replace."""
    if not (isinstance(over, dict) and isinstance(under, dict)):
        return copied(over)
    merged = dict(under)
    for key, value in over.items():
        merged[key] = merge(value, merged[key]) if key in merged else copied(value)
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
        from camformation.misplaced import other_language
        from camformation.schema_errors import explain

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

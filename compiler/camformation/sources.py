"""Sources of a spec: its file, the files that it extends, and `--set`."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from posixpath import dirname, join, normpath

from camformation.diagnostics import Diagnostic, Location, Path, SpecError, shortened
from camformation.frozen import replaced
from camformation.schema import part_at, schema
from camformation.source import Source, parse
from camformation.spec_text import MAX_DEPTH

Read = Callable[[str], bytes]
"""Returns the content of a spec file; raises `OSError` where it cannot."""


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
            hint = "name one base; it may extend the next" if isinstance(base, list) else None
            raise SpecError([Diagnostic(where, "CAM009", message, hint)])
        if "://" in base or base.startswith("~"):
            message = f"`extends` is the path of a file, and {shortened(base)} is not one"
            home = "write the whole path: only a shell knows ~"
            hint = "download it, and name the file" if "://" in base else home
            raise SpecError([Diagnostic(where, "CAM009", message, hint)])
        name = normpath(join(dirname(name), base))
    return [*_settings(settings), *chain]


def named_at(where: Location, read: Read) -> Read:
    """Return a reader of a spec that is named at a position of a file, as in `parse_named`."""

    def guarded(name: str) -> bytes:
        data = read(name)
        parse_named(data, name, where)
        return data

    return guarded


def parse_named(data: bytes, file: str, where: Location) -> Source:
    """Parse a file that is named not on the command line but at a position of another file.

    Its author may not be allowed to read everything that this process can. Therefore no line is
    shown of a file that cannot be a spec, such as /etc/shadow: one that cannot be parsed, or has no
    key of a spec.
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
        hint = _hint(name, read, error) if spec and not where else None
        if where and isinstance(error, FileNotFoundError):
            hint = f"the path is relative to {shortened(where.file)}" if name[:1] != "/" else None
        raise SpecError([Diagnostic(location, code, message, hint)]) from error


def _hint(name: str, read: Read, error: Exception) -> str | None:
    """Return a suggestion in place of a spec that cannot be read."""
    if not name.strip():
        return "the path is empty: is a variable not set?"
    if name == "-":
        return "to read standard input, name /dev/stdin"
    if isinstance(error, IsADirectoryError):
        near = [join(name, "camunda.yaml")]
    elif isinstance(error, FileNotFoundError):
        stem = name.removesuffix(".yaml").removesuffix(".yml")
        near = [f"{stem}.yaml", f"{stem}.yml"]
    else:
        return None
    for other in near:
        with suppress(OSError, ValueError):
            if other != name and read(other):
                return f"did you mean {shortened(other)}?"
    if len(near) == 1:
        return "name the spec in it"
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        return "name the file of a spec, not a stack; `camformation init` writes one"
    return "write one with `camformation init`"


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
    listed = path.strip().partition("[")[0]
    if "[" in path and "items" in (part_at(tuple(listed.split("."))) or {}):
        hint = f"set the whole list: --set {listed}=[…]"
        message = "a setting replaces a whole list, not one of its entries"
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
    if isinstance(data, bool | int | float) and _is_text(steps):
        data = value.partition(" #")[0].strip()  # quotes would have to be quoted for the shell
    for step in reversed(steps):
        data = {step: data}
    problems = tuple(Diagnostic(where, d.code, d.message, d.hint) for d in parsed.problems)
    keys = dict.fromkeys(outer, Location(file, 1, len("--set ") + 1))
    return Source(file, file, data, dict.fromkeys(inner, where), keys, raw, problems)


def _is_text(path: Path) -> bool:
    """Return whether the schema takes text there, and neither numbers nor truth values."""
    kinds = (part_at(path) or {}).get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    return "string" in kinds and not kinds & {"number", "integer", "boolean"}


def is_setting(source: Source) -> bool:
    """Return whether the source is a `--set`, not a file."""
    return source.file.startswith("--set ")

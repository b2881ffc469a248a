"""Lines of a spec to be shown, without the values of what is named like a secret."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import yaml

from camformation.deploy.operation.redaction import HIDDEN, redacted
from camformation.deploy.plan.secrecy import is_secret
from camformation.diagnostics import Location, is_named
from camformation.report.html.markup import Html, join, tag, text

Lines = Callable[[str], Sequence[str]]
"""Returns the lines of a file that was read."""

AROUND = 2
"""Lines shown before and after the one that is meant."""


def source(location: Location | None, lines: Lines) -> Html | None:
    """Return the line at a location with those around it; where it is alone if it was not read.

    `lines` returns masked ones.
    """
    if location is None:
        return None
    where = tag("div", place(location), class_="where")
    shown = lines(location.file)
    if not 0 < location.line <= len(shown) or not is_named(location.file):
        return tag("div", where, class_="source")
    first = max(0, location.line - 1 - AROUND)
    parts = []
    for number, line in enumerate(shown[first : location.line + AROUND], first + 1):
        written = f"{number:>4} | {line}"
        parts.append(tag("mark", written) if number == location.line else text(written))
        parts.append(Html("\n"))
    return tag("div", where, tag("pre", join(*parts)), class_="source")


def place(location: Location) -> str:
    """Return a location as text; a setting of the command line without a secret value."""
    return str(location) if is_named(location.file) else masked([location.file])[0]


def masking(lines: Lines) -> Lines:
    """Return the function that reads lines as `masked`, each file once."""
    return cache(lambda file: tuple(masked(lines(file))))


def masked(lines: Sequence[str]) -> list[str]:
    """Return the lines of a spec without secret values, those of blocks included."""
    if len(lines) == 1 and lines[0].startswith("--set "):
        path, sign, _ = lines[0].partition("=")
        secret = is_secret((path.rpartition(".")[2],))
        return [f"{path}={HIDDEN}" if sign and secret else redacted(lines[0])]
    found = list(lines)
    try:
        tree = yaml.compose("\n".join(lines), Loader=yaml.SafeLoader)
        for node in sorted(_secrets(tree, set()), key=_start, reverse=True):
            _hide(found, node)
    except (yaml.YAMLError, RecursionError):  # not what was compiled: better no text than a secret
        return []
    return [redacted(line) for line in found]


def _start(node: yaml.ScalarNode) -> tuple[int, int]:
    return node.start_mark.line, node.start_mark.column


def _secrets(node: yaml.Node | None, seen: set[int]) -> Iterator[yaml.ScalarNode]:
    """Yield the scalars that a name calls secret: `PASSWORD: …`, `{name: PASSWORD, value: …}`."""
    if node is None or id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _secrets(item, seen)
    elif isinstance(node, yaml.MappingNode):
        names = {str(key.value): value for key, value in node.value}
        named = names.get("name", names.get("Name"))
        for key, value in node.value:
            name = str(key.value)
            if name in ("value", "Value") and isinstance(named, yaml.ScalarNode):
                name = str(named.value)
            if not isinstance(value, yaml.ScalarNode):
                yield from _secrets(value, seen)
            elif is_secret((name,)) and not str(value.value).startswith("arn:"):
                yield value


def _hide(lines: list[str], node: yaml.ScalarNode) -> None:
    start, end = node.start_mark, node.end_mark
    if start.line == end.line:
        line = lines[start.line]
        lines[start.line] = f"{line[: start.column]}{HIDDEN}{line[end.column :]}"
        return
    lines[start.line] = lines[start.line][: start.column] + HIDDEN
    for number in range(start.line + 1, min(end.line + (end.column > 0), len(lines))):
        lines[number] = HIDDEN

"""Shell completions of arguments and option values, from files, never from AWS."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Items: TypeAlias = "list[CompletionItem]"
Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], Items]

SERVICES = ("orchestration", "connectors")
"""The services of a deployment."""

MAX_FILES = 100
"""Limit on the specs of a folder that are searched for names."""

MAX_SPEC = 64 * 1024
NAME = r"""(?m)^name:[ \t]*["']?([A-Za-z][A-Za-z0-9-]*)"""
STACK = (
    r"""(?m)^stack:[^\n]*(?:\n(?:[ \t][^\n]*)?)*?(?:\n[ \t]+|[{,][ \t]*)name:[ \t]*["']?([\w-]+)"""
)


def files(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """Return the marker for files, which the shell completes itself."""
    return [_item(begun, type="file")]


def subjects(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """Return the deployments that specs of this folder describe, the specs, and other files."""
    found = specs()
    names = sorted({name for spec in found for name in _names(spec)})
    # bash offers its own files only where nothing else fits, and forgets what came before them
    shown = [str(spec) for spec in found] if _in_bash() else []
    plain = [_item(each) for each in (*names, *shown) if each.startswith(begun)]
    own = files(context, parameter, begun)
    return own + plain if _in_bash() else plain + own  # zsh skips what follows an empty word


def fields(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """Return the keys of one level of a spec, ready for more; or the values of a field."""
    from camformation.schema import resolved, schema

    path, equals, value = begun.partition("=")
    steps = path.split(".") if equals else path.split(".")[:-1]
    part = schema()
    for step in steps:
        found = _keys(part).get(step)
        if found is None:
            return []
        part = resolved(found)
    if equals:
        return [_item(f"{path}={each}") for each in _values(part) if each.startswith(value)]
    prefix = "".join(f"{step}." for step in steps)
    return [
        _item(f"{prefix}{key}{'.' if _keys(resolved(each)) else '='}")
        for key, each in _keys(part).items()
        if f"{prefix}{key}".startswith(begun)
    ]


def one_of(words: Callable[[], Iterable[str]]) -> Completer:
    """Return the completer of an argument that is one of these words."""

    def found(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
        return [_item(each) for each in words() if each.startswith(begun)]

    return found


def _secrets() -> Iterable[str]:
    from camformation.deploy.live_stack.own_secrets import KINDS

    return dict.fromkeys((*KINDS.values(), "database-admin", "registry"))


def _regions() -> Iterable[str]:
    from camformation.regions import REGIONS

    return sorted(REGIONS)


services = one_of(lambda: SERVICES)
secrets = one_of(_secrets)
regions = one_of(_regions)


def _in_bash() -> bool:
    return os.environ.get("_CAMFORMATION_COMPLETE", "").startswith("bash")


def _keys(part: dict[str, object]) -> dict[str, dict[str, object]]:
    found = part.get("properties")
    return found if isinstance(found, dict) else {}


def _values(part: dict[str, object]) -> list[str]:
    if part.get("type") == "boolean":
        return ["true", "false"]
    allowed = part.get("enum")
    return [str(each) for each in allowed] if isinstance(allowed, list) else []


def specs() -> list[Path]:
    """Return the YAML files of this folder, which may be specs."""
    found: list[Path] = []
    with suppress(OSError), os.scandir() as entries:
        found = [Path(each.name) for each in entries if each.name.endswith((".yaml", ".yml"))]
    return sorted(found)[:MAX_FILES]


def _names(spec: Path) -> Iterator[str]:
    """Yield the name of the stack that a spec describes; the spec need not be sound."""
    text = ""
    with suppress(OSError):
        if spec.is_file():
            with spec.open("rb") as file:
                text = file.read(MAX_SPEC).decode("utf-8", "replace")
    if found := re.search(STACK, text) or re.search(NAME, text):
        yield found[1]


def _item(value: str, **more: Any) -> "CompletionItem":
    from click.shell_completion import CompletionItem

    return CompletionItem(value, **more)

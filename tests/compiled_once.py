"""Compilations of commands that the tests run in their own process: the same spec is compiled once,
and so is each alternative of it that plans try.

What a command is given are templates of its own, so that none of them sees what another one did to
them. Tests that call the compiler themselves, or start the command, have it compile.
"""

import pickle
import sys
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Any

from camformation import pipeline
from camformation.deploy.plan import alternatives
from camformation.frozen import replaced
from camformation.layout import Layout
from camformation.pipeline import Compiled
from camformation.sources import Read

KEPT = 16
ALTERNATIVES_KEPT = 600
_compile = pipeline.compile_spec
_alter = pipeline.altered_template
_known: OrderedDict[tuple[object, ...], tuple[Mapping[str, bytes | Exception], Compiled, bytes]] = (
    OrderedDict()
)


def share() -> None:
    """Let the commands share what they compile."""
    pipeline.compile_spec = compiled
    setattr(alternatives, "altered_template", altered)  # noqa: B010
    for name, module in sys.modules.items():
        if name.startswith("camformation.cli.") and _has_it(module):
            setattr(module, "compile_spec", compiled)  # noqa: B010


def _has_it(module: ModuleType) -> bool:
    return getattr(module, "compile_spec", None) is _compile


def compiled(
    file: str,
    read: Read,
    layout: Layout = Layout.NESTED,
    settings: Iterable[str] = (),
    *,
    strict: bool = False,
    anywhere: bool = False,
) -> Compiled:
    """Compile a spec, or return what came of the same one; it reads every file once."""
    files = _Once(read)
    key = (file, files.tried(file), layout, tuple(settings), strict, anywhere)
    found = _known.get(key)
    if found is None or any(files.tried(name) != content for name, content in found[0].items()):
        result = _compile(file, files, layout, settings, strict=strict, anywhere=anywhere)
        found = _known[key] = files.contents, result, pickle.dumps(result.templates)
        if len(_known) > KEPT:
            _known.popitem(last=False)
    _known.move_to_end(key)
    _, result, templates = found
    return replaced(result, templates=pickle.loads(templates))


def altered(data: dict[str, Any], anywhere: bool) -> Any:
    """Return the template of a spec's data, or of the same data from before."""
    return pickle.loads(_altered(pickle.dumps(data), anywhere))


@lru_cache(ALTERNATIVES_KEPT)
def _altered(data: bytes, anywhere: bool) -> bytes:
    return pickle.dumps(_alter(pickle.loads(data), anywhere))


class _Once:
    """Reads every file once: it may be a pipe."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.contents: dict[str, bytes | Exception] = {}

    def tried(self, name: str) -> bytes | Exception:
        """Return the content of a file, or why there is none."""
        if name not in self.contents:
            try:
                self.contents[name] = self._read(name)
            except Exception as error:
                self.contents[name] = error
        return self.contents[name]

    def __call__(self, name: str) -> bytes:
        found = self.tried(name)
        if isinstance(found, Exception):
            raise found
        return found

"""Mutants of a module, made by mutmut's operators, and their way into the loaded module."""

import difflib
import importlib
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from libcst import SimpleString
from mutmut.mutation.file_mutation import create_mutations


@dataclass(frozen=True)
class Mutant:
    """One change of one top-level statement of a module."""

    path: Path
    module: str
    line: int
    first: int
    statement: str
    diff: str

    def install(self) -> None:
        """Put the mutant in the place of the statement, for every module that imported it."""
        module = importlib.import_module(self.module)
        found: dict[str, Any] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(self.statement, str(self.path), "exec")
        exec(code, vars(module), found)
        for name, value in found.items():
            _replace(module, name, value)


def mutants(path: Path, root: Path) -> Iterator[Mutant]:
    """Yield the mutants of a module, in the order of its lines."""
    source = path.read_text("utf-8")
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    tree, mutations, _, _ = create_mutations(str(path), source)
    texts = [tree.code_for_node(statement) for statement in tree.body]
    first = source.count("\n") - sum(text.count("\n") for text in texts)
    starts = list(accumulate((text.count("\n") for text in texts), initial=first))
    place = {id(node): at for at, statement in enumerate(tree.body) for node in _nodes(statement)}
    seen: set[int] = set()
    for mutation in mutations:
        original = mutation.original_node
        if isinstance(original, SimpleString):  # of a string, one mutant: case adds nothing
            if id(original) in seen:
                continue
            seen.add(id(original))
        at = place[id(original)]
        mutated = tree.body[at].deep_replace(original, mutation.mutated_node)
        text = tree.code_for_node(mutated)
        line, diff = _difference(texts[at].splitlines(), text.splitlines())
        if diff:
            yield Mutant(path, name, starts[at] + line, starts[at] + 1, text, diff)


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _difference(old: list[str], new: list[str]) -> tuple[int, str]:
    """Return the first line that changes, and all that do as `-` and `+` lines."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    lines = [
        *(f"- {text.strip()}" for _, start, end, _, _ in changes for text in old[start:end]),
        *(f"+ {text.strip()}" for _, _, _, start, end in changes for text in new[start:end]),
    ]
    return (changes[0][1] + 1 if changes else 0), "\n".join(lines)


def _replace(module: ModuleType, name: str, value: Any) -> None:
    old = vars(module)[name]
    if isinstance(value, FunctionType):
        _become(old, value)
    elif isinstance(value, type):
        for attribute, member in vars(value).items():
            _become(vars(old).get(attribute), member)
    else:
        for other in [each for key, each in sys.modules.items() if key.startswith("camformation")]:
            for alias, held in list(vars(other).items()):
                if held is old:
                    setattr(other, alias, value)


def _become(old: Any, new: Any) -> None:
    """Let a function or method, which others may have imported, do what the new one does."""
    if isinstance(new, (staticmethod, classmethod)):
        old, new = old.__func__, new.__func__
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        old.__code__ = new.__code__
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__

"""Phrases that users have to read twice appear in no text that the program prints."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "compiler" / "camformation"

# What to write instead: the plain verb, the subject first, the actor by its role.
PHRASES = (
    r"\bmend\b",  # fix
    r"\banew\b",  # again
    r"\bwhoever\b",  # the caller, the owner of the policy
    r"\bfor nothing\b",  # without effect
    r"\bbeside CloudFormation\b",  # outside CloudFormation
    r"\bbelongs? into\b",  # belongs in
    r"\bnobody to ask\b",
    r"\byours to say\b",
    r"\bon you (?:not )?to\b",
    r"\b(?:not ours|ours to)\b",
    r"\b(?:is|has) no longer is\b|\bno longer is\b",
    r"\bas good as\b",
    r"\bas much as that\b",
    r"\bthat (?:do|does) not serve\b",
    r"\bsomebody else's\b",
    r"\bwithout us\b",
    r"\bby other hands\b",
    r"\b(?:still|already) is\b",
    r"\bgoes? on with\b",
    r"\bIn doubt it\b",
    r"^[Ww]hat (?:is|was|has|does)\b",
    r"\b(?:make|made) it again\b",  # create it again
    r"\ball the same\b",  # anyway
    r"\bcut off anywhere\b",  # after an interruption
    r"\bputs it right\b",  # restores it
)
BANNED = re.compile("|".join(PHRASES))

CLAUSE = re.compile(r"(?:What|How|Which|Who|Whom|Where|Why)\b")
"""The start of a docstring that is a clause: a noun phrase or a sentence is clear at once."""
INLINED = {"components/ops_script.py", "components/seed_lambda.py"}
"""Modules that are part of templates, which never change for their words."""


def texts(tree: ast.Module, *, docstrings: bool) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string; `{}` stands for a value, `docstrings` count or not."""
    aside = {id(e.value) for e in ast.walk(tree) if isinstance(e, ast.Expr) and not docstrings}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            aside |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) in aside:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values]
            yield node.lineno, "".join(parts)


def test_messages_use_plain_words() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        shown = name.startswith("cli/commands/")  # `--help` prints the docstrings of commands
        for line, text in texts(ast.parse(path.read_text("utf-8")), docstrings=shown):
            for match in BANNED.finditer(text):
                found.append(f"{name}:{line}: {match[0]!r} in {text[:80]!r}")
    assert not found, "\n".join(found)


def test_riddles_are_found() -> None:
    source = 'def f(x):\n    """Mends; mend."""\n    return f"{x}: mend that" "; begin anew"\n'
    found = dict(texts(ast.parse(source), docstrings=False))
    assert found == {3: "{}: mend that; begin anew"}
    assert BANNED.findall(found[3]) == ["mend", "anew"]


def test_docstrings_are_noun_phrases_or_sentences() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if name not in INLINED and isinstance(node, ast.Expr):
                text = node.value.value if isinstance(node.value, ast.Constant) else None
                if isinstance(text, str) and CLAUSE.match(text):
                    found.append(f"{name}:{node.lineno}: {text[:80]!r}")
    assert not found, "\n".join(["say what it is, as a noun phrase or a sentence:", *found])

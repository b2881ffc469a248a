"""The page about the rules, made of their docstrings: `python -m camformation.rules.document`."""

import sys
from collections.abc import Iterator
from inspect import cleandoc

from camformation.rules.everything import RULES
from camformation.rules.registry import Rule

INTRODUCTION = """\
# Rules

What a spec has to be beyond valid: camformation checks every rule before it compiles. An *error*
stops the build, because a deployment would fail or lose data; a *warning* does not, unless
`--strict` is given. A rule that says "production" looks at specs with `profile: production`.

`camformation explain CAM101` prints a section of this page. A rule that does not apply is switched
off [in the spec](spec.md#rules-that-do-not-apply), with the reason. What the other codes mean is
told in [Diagnostics](diagnostics.md).
"""


def page() -> str:
    """Return the page as Markdown: a table of all rules, and a section for each."""
    return "\n".join([INTRODUCTION, *_table(), *_sections()])


def _rules() -> list[Rule]:
    return [rule for _, rule in sorted(RULES.items())]


def _table() -> Iterator[str]:
    yield "| Code | Rule | Severity |"
    yield "|---|---|---|"
    for rule in _rules():
        yield f"| [{rule.code}](#{rule.code.lower()}) | {rule.title} | {rule.severity} |"
    yield ""


def _sections() -> Iterator[str]:
    for rule in _rules():
        yield f'## <a id="{rule.code.lower()}"></a>{rule.code}: {rule.title}'
        yield ""
        yield f"*{rule.severity.capitalize()}.*"
        yield ""
        yield cleandoc(rule.text)
        yield ""


if __name__ == "__main__":
    sys.stdout.write(page().rstrip() + "\n")

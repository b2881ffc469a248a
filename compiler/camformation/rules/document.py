"""The page `docs/rules.md`, generated from the rules' docstrings.

`pytest --update-golden` writes it, with a spec of `tests/errors` as an example for each rule.
"""

import re
from collections.abc import Iterator, Mapping
from inspect import cleandoc

from camformation.frozen import frozen
from camformation.rules.everything import RULES
from camformation.rules.ledger import LEDGER
from camformation.rules.registry import Rule

INTRODUCTION = """\
# Rules

camformation checks a valid spec against these rules before it compiles. An *error*
stops the build, because a deployment would fail or lose data; a *warning* does not, unless
`--strict` is given. A rule that says "production" looks at specs with `profile: production`.

`camformation explain CAM101` prints one section of this page. A rule that does not apply can be
turned off [in the spec](spec.md#rules-that-do-not-apply), with the reason. The other codes are
explained in [Diagnostics](diagnostics.md).
"""


@frozen
class Example:
    """A spec that breaks a rule, and its diagnostics."""

    spec: str
    said: str


def page(examples: Mapping[str, Example]) -> str:
    """Return the page as Markdown: a table of all rules, and a section for each."""
    rules = [rule for _, rule in sorted(RULES.items())]
    lines = [INTRODUCTION, "| Code | Rule | Severity |", "|---|---|---|"]
    for rule in rules:
        lines.append(f"| [{rule.code}](#{rule.code.lower()}) | {rule.title} | {rule.severity} |")
    for rule in rules:
        lines += _section(rule, examples[rule.code])
    lines += _ledger()
    return "\n".join(lines) + "\n"


def _section(rule: Rule, example: Example) -> Iterator[str]:
    yield ""
    yield f'## <a id="{rule.code.lower()}"></a>{rule.code}: {rule.title}'
    yield f"\n*{rule.severity.capitalize()}.*\n"
    yield cleandoc(rule.text)
    yield f"\n```yaml\n{example.spec.rstrip()}\n```"
    yield f"\n```text\n{example.said.rstrip()}\n```"


def _ledger() -> Iterator[str]:
    yield "\n## Requirements and where they are checked\n"
    yield (
        "Requirements of the Camunda and AWS documentation for such a deployment, and where each is"
    )
    yield (
        "checked: by a rule, a limit of the schema, or the [gate](deploying.md#the-data-loss-gate)"
    )
    yield "before a deployment. Where nothing is checked, the table says why."
    for subject, asked in LEDGER:
        yield f"\n| {subject} | Checked by |\n|---|---|"
        for what, where in asked:
            yield f"| {what} | {_linked(where)} |"


def _linked(where: str) -> str:
    def link(found: re.Match[str]) -> str:
        code = found[0]
        page = "" if code in RULES else "diagnostics.md#codes"
        return f"[{code}]({page or f'#{code.lower()}'})"

    return re.sub(r"CAM\d{3}", link, where)

"""Plain words: phrases that read as riddles or as archaic stay out of pages, schemas and rules."""

import re
from collections.abc import Iterator
from pathlib import Path

from camformation.rules.everything import RULES

ROOT = Path(__file__).parents[1]
GENERATED = {"rules.md"}  # of the rules, whose own words are read below
HISTORY = {"CHANGELOG.md"}
FILES = (
    *(page for page in ROOT.glob("*.md") if page.name not in HISTORY),
    *(page for page in ROOT.glob("docs/*.md") if page.name not in GENERATED),
    *ROOT.glob("schemas/*.json"),
    *ROOT.glob("schemas/**/*.yaml"),
    *ROOT.glob("spec/**/*.yaml"),
)
OUTPUT = re.compile(r"^```(?:console|text)\b.*?^```", re.M | re.S)

PHRASES = {
    r"\bmend(?:ed|ing|s)?\b": "fix",
    r"\bbeside (?:CloudFormation|Camunda|it)\b": "outside, in addition to, next to",
    r"\bbelongs? into\b": "belongs in; put it in",
    r"\bfor ever\b": "permanently, indefinitely",
    r"\b(?:made|created|written) anew\b": "again",
    r"\bnobody to ask\b": "no terminal for a confirmation",
    r"\b(?:is|are) yours to\b": "you do it",
    r"\bit is on you\b": "you must",
    r"\bcan as much as\b": "has the same permissions",
    r"\bthe first of these decides\b": "uses the first of these",
    r"\bways? out\b": "internet access, route",
    r"\bproves? who it is\b": "authenticates",
    r"\bfor good\b": "permanently",
    r"\bas good as\b": "almost",
    r"\bone an? (?:zone|line)\b": "one per zone",
    r"\bgoes with it\b": "is deleted with it",
    r"\bthat (?:do|does) not serve\b": "unusable",
    r"\bthat there is not\b": "that does not exist",
    r"\b(?:and|or) (?:its|their) like\b": "and similar",
    r"\bseen to\b": "checked",
}


def texts() -> Iterator[tuple[str, str]]:
    """Yield the name and prose of each file and rule, without the output that pages show."""
    for file in sorted(FILES):
        blank = OUTPUT.sub(lambda found: "\n" * found[0].count("\n"), file.read_text("utf-8"))
        yield str(file.relative_to(ROOT)), blank
    for code, rule in sorted(RULES.items()):
        yield code, f"{rule.title}\n{rule.text}"


def test_words_are_plain() -> None:
    offenders = []
    for name, text in texts():
        for phrase, better in PHRASES.items():
            for found in re.finditer(phrase.replace(" ", r"\s+"), text, re.I):
                line = text.count("\n", 0, found.start()) + 1
                offenders.append(f"{name}:{line}: {found[0]!r}: say {better}")
    assert not offenders, "\n".join(["", *offenders])

"""The pages lead somewhere: every link, every heading linked to, every command shown."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from camformation.cli.main import root
from every import every, named
from test_architecture import MAX_LINES

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
CODE = re.compile(r"(`+).+?\1")
LINK = re.compile(r"(?<!\\)\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)", re.M)
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.M)
NAMED = re.compile(r"<[^>]+\b(?:id|name)=\"([^\"]+)\"")
CONSOLE = re.compile(r"^```(?:console|sh|shell|bash)\b.*?\n(.*?)^```", re.M | re.S)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.M)


class Shown(NamedTuple):
    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blanked(text: str, pattern: re.Pattern[str]) -> str:
    """Remove what matches, and keep the lines."""
    return pattern.sub(lambda found: "\n" * found[0].count("\n"), text)


def links() -> Iterator[Shown]:
    for page in PAGES:
        text = blanked(page.read_text("utf-8"), FENCE)
        for pattern in (LINK, REFERENCE):
            for found in pattern.finditer(text):
                if not re.match(r"[a-z][a-z+.-]*:", found[1]):
                    yield Shown(page, text.count("\n", 0, found.start()) + 1, found[1])


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: GitHub's, made of its headings, and its own."""
    text = blanked(page.read_text("utf-8"), FENCE)
    found = set(NAMED.findall(text))
    seen: Counter[str] = Counter()
    for heading in HEADING.findall(text):
        plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def commands(of: str) -> Iterator[Shown]:
    """Yield every command line that starts so, of the pages' console blocks."""
    for page in PAGES:
        text = page.read_text("utf-8")
        for block in CONSOLE.finditer(text):
            first = text.count("\n", 0, block.start(1)) + 1
            lines = re.sub(r"\\\n", "  ", block[1]).splitlines()
            for number, line in enumerate(lines):
                for part in re.split(r"&&|\|", line.removeprefix("$ ")):
                    words = part.split("#")[0].split()
                    if line.startswith("$ ") and words and words[0].rpartition("/")[2] == of:
                        yield Shown(page, first + number, part.split("#")[0].strip())


@every(named(links()))
def test_links_lead_somewhere(link: Shown) -> None:
    path, _, anchor = link.text.partition("#")
    target = (link.page.parent / path).resolve() if path else link.page
    assert target.is_relative_to(ROOT), f"{link}: {link.text} leaves the repository"
    assert target.exists(), f"{link}: there is no {link.text}"
    if anchor:
        near = ", ".join(sorted(anchors(target)))
        assert anchor in anchors(target), f"{link}: {path} has no heading #{anchor}, but {near}"


@every(named(commands("camformation")))
def test_commands_are_the_commands(shown: Shown) -> None:
    words = shlex.split(shown.text)[1:]
    words = words[: words.index("--")] if "--" in words else words  # what follows is another's
    command: click.Command = root
    context = click.Context(root)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"{shown}: {command.name} has no command {words[0]}"
        command, words = found, words[1:]
    offered = {name for each in command.get_params(context) for name in each.opts}
    given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert given <= offered, f"{shown}: {command.name} has no {', '.join(given - offered)}"


@every(named(commands("make")))
def test_make_targets_are_in_the_makefile(shown: Shown) -> None:
    targets = TARGET.findall((ROOT / "Makefile").read_text("utf-8"))
    asked = [word for word in shlex.split(shown.text)[1:] if "=" not in word]
    assert set(asked) <= set(targets), shown


def test_contributing_names_the_length_limit_of_modules() -> None:
    said = re.search(
        r"Modules have at most (\d+) lines", (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    )
    assert said is not None
    assert int(said[1]) == MAX_LINES

"""Commands that pages name can be typed, and print what pages show."""

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest

from camformation.cli.main import main
from camformation.cli.target import LOCAL_NOTICE
from test_tutorials import matches
from website.reference import all_commands

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OFFLINE = re.compile(r"\$ camformation (?:compile|stackset export|timeline) spec/.*\n(?!\$)")


EXAMPLE = re.compile(r"[A-Z]{3}|--plan |--from$")
"""Words in the place of values, files that do not exist, and options named without theirs."""


def offline() -> Iterator[Any]:
    for page in PAGES:
        for text in re.findall(r"^```console\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S):
            if OFFLINE.match(text):
                yield pytest.param(text, id=f"{page.name}: {text.splitlines()[0][2:]}")


@pytest.mark.parametrize("block", list(offline()))
def test_what_needs_no_account_prints_what_pages_show(
    block: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    monkeypatch.chdir(tmp_path)
    for part in block.removeprefix("$ ").split("\n$ "):
        command, _, output = part.partition("\n")
        capsys.readouterr()
        assert main(shlex.split(command)[1:]) == 0
        shown = capsys.readouterr().out
        unwrapped = re.sub(r"\n    (?=--)", " ", output.rstrip("\n") + "\n")
        assert not output or matches(shown, unwrapped), f"{command} prints:\n{shown}"


def test_commands_in_sentences_can_be_typed() -> None:
    """Those in blocks are carried out, or shown with what they print."""
    wrong = []
    for page in PAGES:
        for words in re.findall(r"`(camformation [^`…|]+)`", page.read_text("utf-8")):
            try:
                typed(shlex.split(re.split(r" [<>] ", words)[0]))
            except click.MissingParameter:
                continue
            except click.UsageError as error:
                if not EXAMPLE.search(words):
                    wrong.append(f"{page.name}: {words}: {error.format_message()}")
    assert not wrong


def typed(words: list[str]) -> None:
    """Read a command line as click does, and do nothing. Raises click.UsageError."""
    commands = dict(all_commands())
    count = next((n for n in (3, 2) if " ".join(words[:n]) in commands), 1)
    if command := commands.get(" ".join(words[:count])):
        if not isinstance(command, click.Group):
            with suppress(click.exceptions.Exit):
                command.make_context(words[0], words[count:])
    elif not words[1].startswith("-"):
        raise click.UsageError("there is no such command")


def test_every_page_is_in_the_table_of_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    table = text.split("\n## Documentation\n")[1]
    pages = {page.name for page in (ROOT / "docs").glob("*.md")}
    assert pages == set(re.findall(r"\(docs/([\w-]+\.md)\)", table))


def test_the_note_of_the_local_target_is_as_shown() -> None:
    assert LOCAL_NOTICE in (ROOT / "docs/local.md").read_text("utf-8")

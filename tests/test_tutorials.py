"""The tutorials, carried out: every spec written, every command run, every output compared.

What talks to AWS runs against the local target. `…` stands for any text in a line, and alone for
any lines. A question that a command would ask is answered with yes.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from camformation.cli.main import main
from website.reference import all_commands

ROOT = Path(__file__).parents[1]
PAGES = sorted(p for p in (ROOT / "docs/tutorials").glob("*.md") if p.name != "README.md")
BLOCK = re.compile(r"^```(yaml spec|yaml fleet|console)(?: (\S+))?\n(.*?)^```$", re.M | re.S)
COMMANDS = dict(all_commands())


def steps(page: Path) -> Iterator[tuple[str, str, str]]:
    """Yield files to write, and commands to run with the output to expect."""
    for kind, name, text in BLOCK.findall(page.read_text("utf-8")):
        if kind != "console":
            yield "write", name, text
            continue
        for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield "run", command.partition("  #")[0], output


def options(words: list[str]) -> set[str]:
    """Return the options of the command that words begin with."""
    named = (" ".join(["camformation", *words[:count]]) for count in (2, 1))
    command = next(COMMANDS[name] for name in named if name in COMMANDS)
    return {name for parameter in command.params for name in parameter.opts}


def matches(shown: str, expected: str) -> bool:
    """Return whether what was shown is what a page shows."""
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            text = "[^\n]*?".join(map(re.escape, line.rstrip().split("…")))
            pattern += re.sub(r"(\\ ){2,}", " {2,}", text) + r"[ ]*\n"  # columns may get wider
    return re.fullmatch(pattern, shown) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    capsys.readouterr()
    ran = 0
    for kind, words, text in steps(page):
        if kind == "write":
            assert words, f"{page.name}: a spec has no file name"
            Path(words).write_text(text)
            continue
        words = os.path.expandvars(words)
        evaluated = re.fullmatch(r'eval "\$\((.*)\)"', words)
        words = evaluated[1] if evaluated else words
        if not words.startswith("camformation "):
            continue
        arguments = shlex.split(words)[1:]
        known = options(arguments)
        if "--local-state" in known and "--offline" not in arguments:
            arguments = [a for a in arguments if a != "--local"]
            arguments += ["--local-state", str(tmp_path / "local")]
        arguments += ["--yes"] if "--yes" in known and "--yes" not in arguments else []
        code = main(arguments)
        captured = capsys.readouterr()
        if evaluated:
            for line in captured.out.splitlines():
                name, _, value = shlex.split(line)[0].partition("=")
                monkeypatch.setenv(name, value)
            continue
        shown = captured.out + "".join(
            line + "\n" for line in captured.err.splitlines() if not _note(line)
        )
        assert matches(shown, text), f"{page.name}: {words} exits with {code} and shows:\n{shown}"
        ran += 1
    assert ran > 1


QUICKSTART = """\
$ camformation init                         # writes camunda.yaml, after a few questions
$ camformation deploy camunda.yaml --local  # deploys it to the emulator, in seconds
"""
MOST = 40.0
"""Seconds of processor time, where the goal is a minute on two cores; idle ones need about four."""


def test_a_new_user_has_a_deployment_within_a_minute(tmp_path: Path) -> None:
    """As the README says first, and `make demo` does and times."""
    assert QUICKSTART in (ROOT / "README.md").read_text("utf-8")
    made = (ROOT / "Makefile").read_text("utf-8")
    makes = re.findall(r"\$\(START\) (.+?) && \\$", made, re.M)
    assert [each.split()[0] for each in makes] == ["init", "deploy"]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1"}
    before = os.times()
    for words in makes:
        done = subprocess.run(
            [sys.executable, "-m", "camformation", *words.split()],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
    after = os.times()
    assert "Url " in done.stdout
    taken = after.children_user + after.children_system
    assert taken - before.children_user - before.children_system < MOST


def _note(line: str) -> bool:
    """Return whether a line belongs to the note that the first use of the local target prints."""
    return line.startswith("note: --local") or line.startswith("      not check permissions")

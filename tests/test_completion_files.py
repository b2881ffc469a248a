"""`completion --install`: the shell finds the script, and nothing else of the user's changes."""

import subprocess
from pathlib import Path

import pytest

from camformation.cli.main import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_bash_finds_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    startup = home / ".bashrc"
    startup.write_text("alias x=y")
    assert main(["completion", "bash", "--install"]) == 0
    said = capsys.readouterr().out
    assert f"wrote {startup}" in said
    done = subprocess.run(
        ["bash", "--norc", "-c", f". {startup}; complete -p camformation; alias x"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert "_camformation_completion" in done.stdout and "y" in done.stdout, done.stderr


@pytest.mark.parametrize(("shell", "name"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
def test_the_line_is_written_once(
    shell: str, name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = home / name
    real = home / "dotfiles"
    real.write_text("first\n")
    startup.symlink_to(real)
    for _ in range(2):
        assert main(["completion", shell, "--install"]) == 0
    assert real.read_text().count("camformation/completion") == 2  # of one line
    assert startup.is_symlink() and real.read_text().startswith("first\n")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "it's elsewhere"))
    assert main(["completion", shell, "--install"]) == 0
    assert len(real.read_text().splitlines()) == 2 and "elsewhere" in real.read_text()


def test_fish_has_a_folder(home: Path) -> None:
    assert main(["completion", "fish", "--install"]) == 0
    assert "camformation" in (home / ".config/fish/completions/camformation.fish").read_text()


def test_what_cannot_be_written_is_an_error(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".local").write_text("a file")
    assert main(["completion", "bash", "--install"]) == 1
    assert "cannot write" in capsys.readouterr().err
    assert not (home / ".bashrc").exists()

"""The files with which a shell finds the completion script."""

import os
from pathlib import Path

import click

from camformation.frozen import frozen
from camformation.reading import read_file
from camformation.writing import write_file

MARK = "# completion of camformation"


@frozen
class Place:
    """The script's place for a shell, and the line of the start-up file that loads it."""

    script: Path
    startup: Path | None = None
    line: str = ""


def place_of(shell: str) -> Place:
    """Return the place for bash, zsh or fish.

    Bash loads scripts from its data folder only where the package bash-completion is installed, and
    zsh has no folder of the user's, so both get a line in their start-up file. Fish has a folder.
    """
    home = Path.home()
    if shell == "fish":
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        return Place(config / "fish" / "completions" / "camformation.fish")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    script = data / "camformation" / f"completion.{shell}"
    if shell == "bash":
        startup, first = home / ".bashrc", ""
    else:
        startup = Path(os.environ.get("ZDOTDIR") or home) / ".zshrc"
        first = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }; "
    quoted = str(script).replace("'", "'\\''")
    return Place(script, startup, f"{first}[ -r '{quoted}' ] && . '{quoted}' {MARK}")


def install(shell: str, script: str) -> list[Path]:
    """Write the script and, once, the line that loads it; return what was written.

    Raises ClickException.
    """
    place = place_of(shell)
    written = [place.script]
    try:
        place.script.parent.mkdir(parents=True, exist_ok=True)
        write_file(place.script, script.encode())
        if place.startup and (text := _with_line(place.startup, place.line)) is not None:
            write_file(place.startup, text)
            written.append(place.startup)
    except OSError as error:
        raise click.ClickException(
            f"cannot write {error.filename or place.script}: {error.strerror}; use `camformation "
            f"completion {shell}`, which prints the script"
        ) from error
    return written


def _with_line(startup: Path, line: str) -> bytes | None:
    """Return a start-up file with the line, replacing an earlier one; None if it has the line."""
    try:
        now = read_file(startup)
    except FileNotFoundError:
        now = b""
    wanted = line.encode()
    lines = now.splitlines()
    if wanted in lines:
        return None
    kept = [each for each in lines if MARK.encode() not in each]
    return b"\n".join([*kept, wanted, b""])

"""Repeated checks of specs, one after each save of a file that they read."""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from camformation.cli.specs import SpecFiles
from camformation.counting import counted
from camformation.reading import exists, is_regular_file

PAUSE_S = 0.05
"""Seconds between two checks of the files: well below the delay that a person notices."""

State = tuple[int, int, int] | None


def state_of(file: str) -> State:
    """Return a value that changes when a file is saved, also by renaming another to it; None
    without a file."""
    try:
        found = Path(file).stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class WatchedFiles(SpecFiles):
    """Spec files, with their state from just before they were read."""

    def __init__(self, named: Iterable[str]) -> None:
        super().__init__()
        self.states = {file: state_of(file) for file in named}

    def read(self, file: str) -> bytes:
        """Return a file's content; note its state first, so that no save is missed."""
        self.states[file] = state_of(file)
        return super().read(file)

    def changed(self) -> list[str]:
        """Return the files that were saved, made or deleted since they were read."""
        return [file for file, state in self.states.items() if state_of(file) != state]


def check_at_each_save(specs: tuple[str, ...], check: Callable[[SpecFiles], int]) -> int:
    """Check now, and again after each save, until Ctrl-C; return the last check's exit code.

    Raises UsageError for input that cannot be read twice.
    """
    for spec in specs:
        if exists(spec) and not is_regular_file(spec):
            raise click.UsageError(f"--watch needs files that can be saved; {spec} is not one")
    code = 0
    try:
        while True:
            files = WatchedFiles(specs)
            click.echo("checking", err=True)  # editors tell by it which findings are old
            began = time.perf_counter()
            code = check(files)
            took = (time.perf_counter() - began) * 1000
            click.echo(
                f"{time.strftime('%H:%M:%S')} checked in {took:.0f} ms; watching "
                f"{counted(len(files.states), 'file')}, Ctrl-C ends",
                err=True,
            )
            while not files.changed():
                time.sleep(PAUSE_S)
            if sys.stdout.isatty():
                click.clear()
    except KeyboardInterrupt:
        click.echo(err=True)
    return code

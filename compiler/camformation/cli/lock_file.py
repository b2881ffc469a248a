"""The file beside a fleet file that holds which target has which block."""

import click

from camformation.deploy.errors import DeployError
from camformation.report.terminal_text import visible
from camformation.resolve import Read
from camformation.writing import replace_file


def read_lock_file(file: str, read: Read) -> bytes | None:
    """Return the content of the lock file, if there is one. Raises DeployError."""
    try:
        return read(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"cannot read {file}: {error.strerror}"
        hint = "mend that: it holds which target has which block"
        raise DeployError("CAM755", message, hint) from error


def write_lock_file(file: str, lock: str) -> None:
    """Write the lock file, in one step. Raises DeployError."""
    try:
        replace_file(file, lock.encode())
    except OSError as error:
        message = f"cannot write {file}: {error.strerror}"
        hint = "without it the next deployment would not know which target has which block"
        raise DeployError("CAM755", message, hint) from error
    click.echo(f"{visible(file)} holds which target has which block: commit it", err=True)

"""Reading and writing the lock file, which records the CIDR block of each target."""

from pathlib import Path

import click

from camformation.deploy.cloud.errors import DeployError
from camformation.report.terminal_text import visible
from camformation.sources import Read
from camformation.writing import write_file


def read_lock_file(file: str, read: Read) -> bytes | None:
    """Return the content of the lock file, if there is one. Raises DeployError."""
    try:
        return read(file)
    except FileNotFoundError as error:
        if not Path(file).is_symlink():
            return None
        message = f"cannot read {file}: it is a broken link"
        hint = "fix it first: the file records which target has which block"
        raise DeployError("CAM755", message, hint) from error
    except OSError as error:
        message = f"cannot read {file}: {error.strerror}"
        hint = "fix it first: the file records which target has which block"
        raise DeployError("CAM755", message, hint) from error


def write_lock_file(file: str, lock: str) -> None:
    """Write the lock file, in one step. Raises DeployError."""
    try:
        write_file(file, lock.encode())
    except OSError as error:
        message = f"cannot write {file}: {error.strerror}"
        hint = "without it, the next deployment would not know which target has which block"
        raise DeployError("CAM755", message, hint) from error
    click.echo(f"{visible(file)} records which target has which block: commit it", err=True)

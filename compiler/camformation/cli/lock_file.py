"""Reading and writing the lock file, which records the CIDR block of each target."""

from pathlib import Path

import click

from camformation.deploy.cloud.errors import DeployError
from camformation.resolve import Read


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
    path = Path(file)
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(lock, "utf-8")
        fresh.replace(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        hint = "without it the next deployment would not know which target has which block"
        raise DeployError("CAM755", message, hint) from error
    click.echo(f"{path} holds which target has which block: commit it", err=True)

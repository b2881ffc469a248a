"""The folders with the records of operations, below the user's state folder."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from camformation.cli.options import Where
from camformation.deploy.operation.record import (
    EVENTS,
    HEADER,
    Header,
    OperationRecord,
    header_text,
    newest_first,
    read_events,
    read_header,
)
from camformation.reading import read_file, read_json
from camformation.writing import replace_file

KEPT = 20  # records of one stack
MINE = 0o700  # logs and reasons are nobody else's business


def records_folder(where: Where) -> Path:
    """Return the folder of all records (XDG Base Directory Specification, XDG_STATE_HOME).

    Those of a local target are beside its state.
    """
    if where.local_state:
        return where.local_state / "operations"
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return base / "camformation" / ("local-operations" if where.local else "operations")


class OperationFolder:
    """Writes the record of one operation into a folder of its own.

    Another process that follows the same operation writes its own file there.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._events: IO[str] | None = None
        self.folder: Path | None = None  # once the record is begun

    def begin(self, header: Header) -> None:
        """See `Journal`."""
        stack = stack_folder(self._base, header.region, header.account, header.stack)
        folder = stack / header.id
        for each in (*reversed(folder.parents), folder):
            if not each.is_dir():
                each.mkdir(mode=MINE, exist_ok=True)
        if not (folder / HEADER).is_file():
            replace_file(folder / HEADER, header_text(header).encode())
        self._events = _fresh(folder)
        self.folder = folder
        _prune(stack, header.id)

    def write(self, line: str) -> None:
        """See `Journal`."""
        if self._events:
            self._events.write(line)
            self._events.flush()

    def close(self) -> None:
        """Close the file."""
        if self._events:
            self._events.close()


def stack_folder(base: Path, region: str, account: str, stack: str) -> Path:
    """Return the folder of a stack's records."""
    return base / _safe(region) / _safe(account) / _safe(stack)


def headers(folder: Path) -> tuple[Header, ...]:
    """Return the headers of the records below a folder, newest first; broken ones are left out.

    Raises `OSError` for a folder that cannot be read.
    """
    found: list[Header] = []
    for path in folder.rglob(HEADER):
        with suppress(ValueError, RecursionError, OSError):
            found.append(read_header(read_json(path)))
    return newest_first(found)


def read_folder(folder: Path) -> OperationRecord:
    """Return the record in a folder. Raises `OSError`, and `ValueError` for anything else."""
    header = read_header(read_json(folder / HEADER))
    stem, suffix = EVENTS.split(".")
    files = sorted(folder.glob(f"{stem}*.{suffix}"))
    each = [read_events(read_file(path).decode("utf-8", "replace").splitlines()) for path in files]
    whole = max(each, key=len, default=())
    missed = [event for events in each for event in events if event not in whole]
    return OperationRecord(header, (*whole, *missed))


def _fresh(folder: Path) -> IO[str]:
    """Return a new file for events, which no other process writes."""
    stem, suffix = EVENTS.split(".")
    for number in range(1, 1000):
        name = EVENTS if number == 1 else f"{stem}-{number}.{suffix}"
        with suppress(FileExistsError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            return os.fdopen(os.open(folder / name, flags, 0o600), "w", encoding="utf-8")
    raise FileExistsError(17, "too many processes follow one operation", str(folder))


def _prune(stack: Path, keep: str) -> None:
    """Remove the oldest records of a stack."""
    with suppress(OSError):
        old = sorted((each for each in _records(stack) if each.name != keep), reverse=True)
        for each in old[KEPT - 1 :]:
            shutil.rmtree(each, ignore_errors=True)


def _records(stack: Path) -> Iterator[Path]:
    for each in stack.iterdir():
        if not each.is_symlink() and (each / HEADER).is_file():
            yield each


def _safe(name: str) -> str:
    """Return a name that is safe for a folder: neither a path nor hidden."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name) or "_"

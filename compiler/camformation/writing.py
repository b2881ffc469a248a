"""Atomic writing of files, without leftovers."""

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


def write_file(path: str | Path, data: bytes) -> None:
    """Write a file that the user named: links are followed, devices and pipes written to.

    Raises `OSError`.
    """
    target = Path(os.path.realpath(path))
    try:
        regular = stat.S_ISREG(target.stat().st_mode)
    except FileNotFoundError:
        regular = True
    if regular:
        replace_file(target, data)
    else:
        with target.open("wb") as stream:
            stream.write(data)


def replace_file(path: str | Path, data: bytes) -> None:
    """Write a file in one step, replacing any existing one. Raises `OSError`."""
    target = Path(path)
    fresh = target.with_name(f".{target.name[:200]}.{os.urandom(6).hex()}")
    try:
        with fresh.open("xb") as stream:  # O_EXCL: never what somebody else has put there
            stream.write(data)
        fresh.replace(target)
    except BaseException as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None
        raise


class Staged:
    """Files on their way into a folder: written next to their targets, then moved there at once.

    Files not yet moved when the context ends are removed, with the folders created for them. If the
    folder exists, the files are inside it, because it may be a separate file system; otherwise they
    are beside it, so that one rename moves all of them.
    """

    def __init__(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        self.folder = folder
        self.changed = [name for name, data in contents.items() if _differs(folder / name, data)]
        self._contents = contents
        self._made: list[Path] = []
        self._place: Path | None = None
        self._whole = False

    def __enter__(self) -> Self:
        try:
            self._stage()
        except BaseException:
            self._clean()
            raise
        self._contents = {}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clean()

    def commit(self, removed: Iterable[str] = ()) -> None:
        """Move all files to their places, and remove others. Raises `OSError`."""
        if self._place and self._whole:
            self._place.rename(self.folder)
            self._made.clear()
        elif self._place:
            for name in self.changed:
                if (self.folder / name).is_dir():
                    raise IsADirectoryError(21, "Is a directory", str(self.folder / name))
                self._make((self.folder / name).parent)
            for name in self.changed:
                (self._place / name).replace(self.folder / name)
            self._made.clear()
        for name in removed:
            (self.folder / name).unlink(missing_ok=True)

    def _stage(self) -> None:
        if not self.changed:
            return
        if not self.folder.is_dir():
            self._make(self.folder.parent)
        self._whole = not self.folder.is_dir()
        if self._whole and os.path.lexists(self.folder):
            raise NotADirectoryError(20, "Not a directory", str(self.folder))
        home = self.folder.parent if self._whole else self.folder
        self._place = home / f".camformation-{os.urandom(6).hex()}"
        try:
            self._place.mkdir()  # fails on anything that is there
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.folder)) from error
        for name in self.changed:
            path = self._place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("xb") as stream:
                    stream.write(self._contents[name])
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(self.folder / name)) from error

    def _make(self, folder: Path) -> None:
        """Create a folder and its parents, and note which are new."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._made.append(each)

    def _clean(self) -> None:
        if self._place:
            with suppress(OSError):
                for path in sorted(self._place.rglob("*"), reverse=True):
                    path.rmdir() if path.is_dir() else path.unlink()
                self._place.rmdir()
        for each in reversed(self._made):
            with suppress(OSError):
                each.rmdir()


def _differs(path: Path, data: bytes) -> bool:
    try:
        found = path.stat()
        same = stat.S_ISREG(found.st_mode) and found.st_size == len(data)
        return not (same and path.read_bytes() == data)
    except OSError:
        return True

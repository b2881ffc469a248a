"""Bounded reading of untrusted files."""

import json
import os
import re
import stat
import time
from pathlib import Path
from select import select
from typing import Any

from camformation.diagnostics import shortened

MAX_BYTES = 32 << 20  # of what we write ourselves; the largest manifests have some megabytes
MAX_DEPTH = 100  # of JSON that is walked; templates nest a dozen deep
NO_WRITER = 5.0  # seconds until a named pipe that nobody opens is given up
SILENT = 60.0  # seconds until a pipe whose writer says nothing is given up

_INHERITED = r"/(?:dev|proc/self)/fd/([0-9]{1,4})|/dev/std(in)"


def read_file(path: str | Path, limit: int | None = None) -> bytes:
    """Return a file's content, or its first `limit` + 1 bytes, which show that it is too large;
    `limit` is MAX_BYTES by default.

    Pipes are read too, as in `<(generate)`; reading ends if one never sends anything. Raises
    `OSError`, also for anything that cannot be read as a file, and `ValueError` for impossible
    names.
    """
    limit = MAX_BYTES if limit is None else limit
    if (inherited := _inherited_pipe(str(path))) is not None:
        return _pipe(inherited, limit, str(path), opened=True)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if stat.S_ISSOCK(Path(path).stat().st_mode):
        raise OSError(None, "it is a socket", str(path))
    descriptor = os.open(path, flags | getattr(os, "O_NOCTTY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(21, "it is a directory", str(path))
        if os.isatty(descriptor):
            raise OSError(None, "it is a terminal", str(path))
        if stat.S_ISFIFO(mode):
            return _pipe(descriptor, limit, str(path), opened=False)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(limit + 1)
    finally:
        os.close(descriptor)


def exists(path: str | Path) -> bool:
    """Return whether the file or folder exists; False for an impossible name."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def is_regular_file(path: str | Path) -> bool:
    """Return whether other processes find a file under this name, unlike /dev/fd/63."""
    try:
        found = Path(path).is_file()
    except (OSError, ValueError):
        return False
    return found and not str(path).startswith(("/dev/", "/proc/"))


def is_folder(path: str | Path) -> bool:
    """Return whether the folder exists; False for an impossible name."""
    return exists(path) and Path(path).is_dir()


def _inherited_pipe(path: str) -> int | None:
    """Return the descriptor of the open pipe that a path such as /dev/fd/63 names, if it does.

    It is read directly: if it were opened again, the end of its writer could not be noticed.
    """
    if not path.startswith(("/dev/", "/proc/")) or not (found := re.fullmatch(_INHERITED, path)):
        return None
    descriptor = int(found[1] or 0)
    try:
        return descriptor if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else None
    except OSError:  # not open: the path says so itself
        return None


def _pipe(descriptor: int, limit: int, path: str, *, opened: bool) -> bytes:
    """Read a pipe to its end; `opened`: it has, or had, a writer."""
    parts: list[bytes] = []
    left = limit + 1
    given_up = time.monotonic() + NO_WRITER
    while left:
        if opened and not select([descriptor], [], [], SILENT)[0]:
            raise TimeoutError(None, f"nothing was written to it for {SILENT:.0f} seconds", path)
        try:
            part = os.read(descriptor, min(left, 1 << 20))
        except BlockingIOError:
            opened = True
            continue
        if part:
            opened = True
            parts.append(part)
            left -= len(part)
        elif opened:
            break
        elif time.monotonic() > given_up:
            raise TimeoutError(None, f"no process wrote to it within {NO_WRITER:.0f} seconds", path)
        else:
            time.sleep(0.01)
    return b"".join(parts)


def read_json(path: str | Path, *, walked: bool = False) -> Any:
    """Return the JSON data of a file.

    `walked`: refuse what nests too deep for functions that call themselves. Raises `OSError`, and
    `ValueError` with the reason in words.
    """
    content = read_file(path)
    if len(content) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes")
    try:
        data = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text: byte {error.start + 1}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, or a number of thousands of digits
        raise ValueError(f"not JSON: {error}") from error
    if walked and _deeper(data, MAX_DEPTH):
        raise ValueError("nested too deeply")
    return data


def read_template(path: Path) -> dict[str, Any]:
    """Return a CloudFormation template, in which sections and resources have their shape.

    Raises `OSError` and `ValueError`.
    """
    try:
        template = read_json(path, walked=True)
    except ValueError as error:
        raise ValueError(f"{path.name} is {error}") from error
    if not (isinstance(template, dict) and isinstance(template.get("Resources"), dict)):
        raise ValueError(f"{path.name} is not a template")
    for section in ("Parameters", "Outputs", "Metadata", "Mappings", "Conditions", "Rules"):
        if not isinstance(template.get(section, {}), dict):
            raise ValueError(f"{path.name} is not a template: {section} is not a mapping")
    for title, resource in template["Resources"].items():
        if not (isinstance(resource, dict) and isinstance(resource.get("Type"), str)):
            raise ValueError(f"{path.name} is not a template: {shortened(title)} has no type")
        if not isinstance(resource.get("Properties", {}), dict):
            raise ValueError(f"{path.name} is not a template: {shortened(title)} is not a resource")
    return template


def _deeper(data: Any, depth: int) -> bool:
    """Return whether data nests deeper, without recursion."""
    level = [data]
    for _ in range(depth):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True

"""The user's cache folder: optional data kept between commands."""

import os
from contextlib import suppress
from pathlib import Path

from camformation.writing import replace_file


def cache_folder(name: str) -> Path:
    """Return a folder of the user's cache (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "camformation" / name


def keep(path: Path, text: str) -> None:
    """Write a file in one step; failures are ignored, because it is only a cache."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())

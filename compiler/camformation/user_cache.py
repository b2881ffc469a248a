"""The user's cache folder: data kept between commands that no command depends on."""

import os
from contextlib import suppress
from pathlib import Path


def cache_folder(name: str) -> Path:
    """Return a folder of the user's cache (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "camformation" / name


def keep(path: Path, text: str) -> None:
    """Write a file in one step; a cache that cannot be written is no reason to fail."""
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)

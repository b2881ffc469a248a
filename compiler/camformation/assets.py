"""Packaged data files: the schemas, the profiles and the example specs."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def asset(folder: str, name: str) -> Path:
    """Return the path of a file below `schemas/` or `spec/`, in the wheel or in the checkout."""
    packaged = _PACKAGE / folder
    return (packaged if packaged.is_dir() else _PACKAGE.parents[1] / folder) / name

"""PyYAML, imported without compiling its patterns, which are for unused tags and loaders.

They take a third of the time of a program that only parses a spec.
"""

import re
from typing import Any

__all__ = ["yaml"]


class _LatePattern:
    """A regular expression that is compiled when it is first used."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __getattr__(self, name: str) -> Any:
        return getattr(re.compile(*self.arguments), name)  # `re` remembers what it compiled


_compile = re.compile
setattr(re, "compile", _LatePattern)  # noqa: B010 - for mypy, which knows what it is
try:
    import yaml
finally:
    setattr(re, "compile", _compile)  # noqa: B010

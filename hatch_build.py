"""Hook of the build: manual pages, where `make dist` has written them, go where `man` looks."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = "build/man"


class ManualPages(BuildHookInterface[Any]):
    """Adds the manual pages to a wheel; one that is built straight from a checkout has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Place the pages in `share/man/man1` of the environment, from where pipx links them."""
        if (Path(self.root) / PAGES).is_dir():
            build_data["shared_data"][PAGES] = "share/man/man1"

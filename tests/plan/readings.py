"""DescribeChangeSet pages from `pages/`, as a change set description."""

import json
from pathlib import Path

from camformation.deploy.plan.merge import StackChanges

PAGES = Path(__file__).parent / "pages"


def readings(case: str, with_values: bool = True) -> dict[str, StackChanges]:
    """Return both readings of every stack of a case; without the richer one if so asked."""
    found = {}
    for path in sorted((PAGES / case).glob("*.json")):
        pages = json.loads(path.read_text("utf-8"))
        rich, plain = (
            tuple(change for page in pages[key] for change in page["Changes"])
            for key in ("with_values", "without_values")
        )
        found[path.stem] = StackChanges(rich if with_values else (), plain)
    return found

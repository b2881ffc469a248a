"""The mark of a first deployment's first step, in the root template that is deployed.

What is deployed says itself which step it is at, so that whoever comes next takes the other one.
"""

from collections.abc import Mapping
from typing import Any

from camformation.layout import METADATA

MARK = "FirstDeployment"


def unfinished(root: Mapping[str, Any] | None) -> bool:
    """Whether a stack was deployed by a first step alone, as its root template says."""
    metadata = (root or {}).get("Metadata", {}).get(METADATA)
    return isinstance(metadata, dict) and MARK in metadata

"""The mark of a first deployment's first step, in the deployed root template.

The deployed template itself records the step, so that the next command takes the other one.
"""

from collections.abc import Mapping
from typing import Any

from camformation.layout import METADATA

MARK = "FirstDeployment"


def unfinished(root: Mapping[str, Any] | None) -> bool:
    """Whether a stack was only deployed by a first step, according to its root template."""
    metadata = (root or {}).get("Metadata", {}).get(METADATA)
    return isinstance(metadata, dict) and MARK in metadata

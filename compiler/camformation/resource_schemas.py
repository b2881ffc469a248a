"""CloudFormation's schemas of resource types, as they are bundled with cfn-lint.

A type's JSON is read on demand; cfn-lint itself, which takes most of a second to
import, is not imported.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def resource_schema(resource_type: str) -> dict[str, Any] | None:
    """Return the schema of a type, such as `AWS::EFS::FileSystem`; None of one that is unknown."""
    folder = cfn_lint_data()
    name = resource_types().get(resource_type)
    if folder is None or name is None:
        return None
    path = folder / "schemas" / "resources" / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8")))


@cache
def resource_types() -> Mapping[str, str]:
    """Return all types with the names of their files; us-east-1 is the region that has them all."""
    folder = cfn_lint_data()
    path = folder / "schemas" / "providers" / "us-east-1.json" if folder else None
    return dict(json.loads(path.read_text("utf-8"))) if path and path.is_file() else {}


@cache
def cfn_lint_data() -> Path | None:
    """Return the folder of what cfn-lint knows of AWS, found without importing it."""
    spec = find_spec("cfnlint")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / "data" if places else None

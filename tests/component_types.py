"""The types of resources that components can make."""

import ast
import importlib
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


def made_by_components() -> set[str]:
    """Return the types of resources that components can make."""
    kinds = set()
    for path in (ROOT / "compiler" / "camformation" / "components").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("troposphere"):
                for each in node.names:
                    imported = getattr(importlib.import_module(str(node.module)), each.name, None)
                    kinds.add(getattr(imported, "resource_type", None))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                with suppress(ImportError):
                    module = importlib.import_module(f"troposphere.{node.value.id}")
                    kinds.add(getattr(getattr(module, node.attr, None), "resource_type", None))
    return {each for each in kinds if each and each.startswith(("AWS::", "Custom::"))}

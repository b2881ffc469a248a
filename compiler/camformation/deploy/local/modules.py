"""Access to MiniStack's modules by name, and checked replacement of their functions."""

import importlib
from collections.abc import Callable
from typing import Any

from camformation.deploy.local.errors import LocalTargetMissing

Function = Callable[..., Any]

replaced: list[tuple[str, str]] = []
"""Every (module, name) that `replace` has changed, for the test that pins them."""


def module(name: str) -> Any:
    """MiniStack's module of that name, imported on first use."""
    return importlib.import_module(f"ministack.{name}")


def cloudformation(name: str = "") -> Any:
    """A module of MiniStack's CloudFormation, or the package itself."""
    return module(f"services.cloudformation{'.' if name else ''}{name}")


def replace(name: str, make: Callable[[Function], Function], *modules: Any) -> None:
    """Put `make(original)` in place of `name` in every module that holds it.

    Raises LocalTargetMissing when one of them does not: that is another MiniStack than ours.
    """
    for holder in modules:
        if not hasattr(holder, name):
            raise LocalTargetMissing(f"{holder.__name__} has no {name}: unknown MiniStack version")
    new = make(getattr(modules[0], name))
    for holder in modules:
        setattr(holder, name, new)
        replaced.append((holder.__name__, name))


def replace_entry(
    table_name: str, key: str, make: Callable[[Function], Function], holder: Any
) -> None:
    """Put `make(original)` in place of one entry of a dispatch table."""
    table = getattr(holder, table_name, {})
    if key not in table:
        raise LocalTargetMissing(f"{holder.__name__}.{table_name} has no {key}")
    table[key] = make(table[key])
    replaced.append((holder.__name__, f"{table_name}[{key}]"))


def replace_handler(resource_type: str, action: str, make: Callable[[Function], Function]) -> None:
    """Put `make(original)` in place of the create, update or delete of a resource type."""
    handlers = cloudformation("provisioners")._RESOURCE_HANDLERS
    if action not in handlers.get(resource_type, {}):
        raise LocalTargetMissing(f"MiniStack has no {action} for {resource_type}")
    handlers[resource_type][action] = make(handlers[resource_type][action])
    replaced.append(("ministack.services.cloudformation.provisioners", f"{resource_type}.{action}"))

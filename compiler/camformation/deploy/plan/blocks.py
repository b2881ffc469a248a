"""Blocks of one resource's change, as the gate's modules make them."""

from camformation.deploy.plan.model import Block, ResourceChange, Severity
from camformation.diagnostics import Location

ALLOW = "if that is wanted, pass --allow-data-loss {}"
"""The end of a hint: the option that allows the block."""


def words(code: str, logical_id: str) -> str:
    """Return the value of `--allow-data-loss` that allows one block: its code and resource."""
    return f"{code}:{logical_id}"


def blocked(
    change: ResourceChange,
    code: str,
    message: str,
    hint: str,
    location: Location | None,
    of: str | None = None,
) -> Block:
    """Return a block that can be allowed by its code for one resource: the changed one, or that of
    `of`. `{}` in the hint stands for the option's value."""
    allow = words(code, of or change.logical_id)
    return Block(
        code,
        Severity.BLOCK,
        message,
        hint.replace("{}", allow),
        change.component,
        change.logical_id,
        location,
        allow,
    )


def forbidden(
    change: ResourceChange, code: str, message: str, hint: str, location: Location | None
) -> Block:
    """Return a block that cannot be allowed."""
    return Block(code, Severity.BLOCK, message, hint, change.component, change.logical_id, location)


def warned(
    change: ResourceChange, code: str, message: str, hint: str, location: Location | None
) -> Block:
    """Return a warning, which does not stop the deployment."""
    return Block(
        code, Severity.WARNING, message, hint, change.component, change.logical_id, location
    )

"""Blocks of one resource's change, as the gate's modules make them."""

from camformation.deploy.plan.model import Block, ResourceChange, Severity
from camformation.diagnostics import Location

ALLOW = "if that is wanted, pass --allow-data-loss {}"
"""The end of a hint: what allows the block."""


def words(code: str, logical_id: str) -> str:
    """Return what `--allow-data-loss` takes to allow one block: its code, of one resource."""
    return f"{code}:{logical_id}"


def blocked(
    change: ResourceChange,
    code: str,
    message: str,
    hint: str,
    location: Location | None,
    of: str | None = None,
) -> Block:
    """Return a block that its code allows for one resource: the one that changes, or the one named
    by `of`. `{}` in the hint stands for what to type."""
    allow = words(code, of or change.logical_id)
    return Block(
        code,
        Severity.BLOCK,
        message,
        hint.format(allow),
        change.component,
        change.logical_id,
        location,
        allow,
    )


def forbidden(
    change: ResourceChange, code: str, message: str, hint: str, location: Location | None
) -> Block:
    """Return a block that nothing allows."""
    return Block(code, Severity.BLOCK, message, hint, change.component, change.logical_id, location)


def warned(
    change: ResourceChange, code: str, message: str, hint: str, location: Location | None
) -> Block:
    """Return a warning, which stops nothing."""
    return Block(
        code, Severity.WARNING, message, hint, change.component, change.logical_id, location
    )

"""Blocks of one resource's change, as the gate's modules make them."""

from camformation.deploy.plan.model import Block, ResourceChange, Severity
from camformation.diagnostics import Location

ALLOW = "if that is wanted, pass --allow-data-loss {}"
"""The end of a hint: what allows the block."""


def blocked(
    change: ResourceChange, code: str, message: str, hint: str, location: Location | None
) -> Block:
    """Return a block that the resource's logical ID allows; `{}` in the hint stands for it."""
    return Block(
        code,
        Severity.BLOCK,
        message,
        hint.format(change.logical_id),
        change.component,
        change.logical_id,
        location,
        change.logical_id,
    )


def warned(
    change: ResourceChange, code: str, message: str, hint: str, location: Location | None
) -> Block:
    """Return a warning, which stops nothing."""
    return Block(
        code,
        Severity.WARNING,
        message,
        hint,
        change.component,
        change.logical_id,
        location,
    )

"""Parameter values as CloudFormation passes them: text."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from camformation.fleet.specs import Scalar

Definition = Mapping[str, Any]
"""A parameter under `Parameters` in a template: Type, Default, AllowedValues, …"""

Definitions = Mapping[str, Definition]


def as_text(value: Scalar) -> str:
    """Return a value as text: true and false as in YAML, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return str(int(value)) if isinstance(value, int) else str(value)


def texts(values: Mapping[str, Scalar]) -> dict[str, str]:
    """Return values by name, as text."""
    return {str(name): as_text(value) for name, value in values.items()}

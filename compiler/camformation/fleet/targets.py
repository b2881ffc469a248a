"""The targets of a fleet: each an account and region, with the wave it belongs to."""

from collections.abc import Mapping
from dataclasses import field

from camformation.frozen import frozen

Place = tuple[str, str]
"""Account and region."""


@frozen
class Target:
    """Where one stack is to be; `parameters` are overrides, beside the StackSet's own."""

    account: str
    region: str
    wave: str
    organizational_unit: str | None = None  # the unit it is targeted by, if it is by one
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """The account and the region, which name the stack in the fleet."""
        return self.account, self.region

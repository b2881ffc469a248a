"""The targets of a fleet: each an account and region, with the wave it belongs to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache

from camformation.fleet.overrides import by_particularity, overridden
from camformation.fleet.specs import FleetSpec, TargetSpec
from camformation.fleet.values import texts
from camformation.frozen import frozen

Place = tuple[str, str]
"""Account and region."""

AccountsOf = Callable[[str], Sequence[str]]
"""Returns the accounts of an organizational unit, and of all units below it."""


@frozen
class Target:
    """The target of one stack; `parameters` override the StackSet's own."""

    account: str
    region: str
    wave: str
    organizational_unit: str | None = None  # the unit through which it is a target, if any
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """The account and the region, which identify the stack in the fleet."""
        return self.account, self.region


def accounts_in(entry: TargetSpec, accounts_of: AccountsOf) -> dict[str, str | None]:
    """Return the accounts of an entry of `targets`, each with its unit.

    The filter is CloudFormation's (API Reference, DeploymentTargets). An account in two of the
    units belongs to the first; one added by UNION belongs to none.
    """
    found: dict[str, str | None] = {}
    for unit in entry.organizational_units:
        for account in accounts_of(str(unit)):
            found.setdefault(account, str(unit))
    if not entry.account_filter:
        return found | {str(account): None for account in entry.accounts}
    given = [str(account) for account in entry.account_filter.accounts]
    match entry.account_filter.type:
        case "INTERSECTION":
            return {account: found[account] for account in given if account in found}
        case "DIFFERENCE":
            without = set(given)
            return {each: unit for each, unit in found.items() if each not in without}
        case _:
            return found | {account: None for account in given if account not in found}


def places(entry: TargetSpec, accounts_of: AccountsOf) -> Iterator[tuple[Place, str | None]]:
    """Yield the accounts and regions of an entry of `targets`, each with its unit."""
    for account, unit in accounts_in(entry, accounts_of).items():
        for region in entry.regions:
            yield (account, str(region)), unit


def expand(
    fleet: FleetSpec, accounts_of: AccountsOf, own: Mapping[str, str] | None = None
) -> tuple[Target, ...]:
    """Return a fleet's targets in the order of the waves, with the parameters they override.

    A place belongs to the first wave that has it. Overrides equal to the StackSet's `own` values
    are left out; without `own`, those are the fleet's `parameters`. A block is never left out: it
    belongs to the target, whatever the default is.
    """
    own = texts(fleet.parameters) if own is None else own
    own = {name: value for name, value in own.items() if name not in fleet.cidrs}
    overrides = by_particularity(fleet.overrides)
    accounts_of = cache(accounts_of)
    taken: dict[Place, Target] = {}
    for wave in fleet.waves:
        name = str(wave.name)
        for entry in wave.targets:
            for place, unit in places(entry, accounts_of):
                if place not in taken:
                    values = overridden(overrides, *place, unit)
                    differing = {k: v for k, v in values.items() if own.get(k) != v}
                    taken[place] = Target(*place, name, unit, differing)
    return tuple(taken.values())

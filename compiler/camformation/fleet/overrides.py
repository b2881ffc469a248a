"""The value of each parameter at a target: the most specific one in the fleet file.

From the least to the most specific: the spec's default, the fleet's `parameters`, and the overrides
by region, by organizational unit, by unit and region, by account, and so on: an account weighs more
than a unit and a region together. Two overrides with the same selector are refused.
"""

from collections.abc import Iterable, Mapping

from camformation.fleet.specs import FleetSpec, OverrideSpec
from camformation.fleet.values import Definitions, as_text, texts

Selector = tuple[str | None, str | None, str | None]
"""Account, organizational unit and region; None matches all."""

ByParticularity = tuple[Mapping[Selector, Mapping[str, str]], ...]
"""Overrides by their selector, the least specific kind of selector first."""


def own_values(fleet: FleetSpec, definitions: Definitions) -> dict[str, str]:
    """Return the StackSet's own parameters that have a value: the fleet's, or a default."""
    values = {
        name: as_text(definition["Default"])
        for name, definition in definitions.items()
        if "Default" in definition
    }
    return values | texts(fleet.parameters)


def selector(override: OverrideSpec) -> Selector:
    """Return an override's selector."""
    return override.account, override.organizational_unit, override.region


def weight(chosen: Selector) -> int:
    """Return a selector's specificity: an account counts 4, a unit 2, a region 1."""
    account, unit, region = (part is not None for part in chosen)
    return 4 * account + 2 * unit + region


def by_particularity(overrides: Iterable[OverrideSpec]) -> ByParticularity:
    """Return the overrides indexed by selector, for quick look-up."""
    kinds: dict[int, dict[Selector, Mapping[str, str]]] = {}
    for override in overrides:
        chosen = selector(override)
        kinds.setdefault(weight(chosen), {})[chosen] = texts(override.parameters)
    return tuple(kinds[each] for each in sorted(kinds))


def overridden(
    overrides: ByParticularity, account: str, region: str, unit: str | None
) -> dict[str, str]:
    """Return the parameters that overrides give a target."""
    values: dict[str, str] = {}
    for kind in overrides:
        by_account, by_unit, by_region = next(
            iter(kind)
        )  # all of a kind have the same selector fields
        chosen = (
            account if by_account is not None else None,
            unit if by_unit is not None else None,
            region if by_region is not None else None,
        )
        if by_unit is None or unit is not None:
            values |= kind.get(chosen, {})
    return values

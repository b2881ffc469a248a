"""Estimates of a deployment's monthly cost, from its templates and list prices."""

from collections.abc import Mapping
from math import fsum
from typing import Any

from camformation.cost.free import free
from camformation.cost.outside import outside
from camformation.cost.prices import BUNDLED, Assumption, PriceTable, assumptions
from camformation.cost.stacks import Resource, resources
from camformation.cost.uses import USES
from camformation.frozen import frozen

Templates = Mapping[str, Mapping[str, Any]]
NOT_COUNTED = (
    "data transfer to the internet and between zones and regions, requests to S3 (but for node "
    "ids), KMS and Secrets Manager, DNS queries, events, the ops task, free tiers, "
    "discounts, support, tax"
)
"""Costs that no estimate contains."""


@frozen
class Line:
    """One billed use of a resource. `price` and `monthly` are None without a known price."""

    component: str
    logical_id: str
    key: str
    quantity: float
    note: str
    price: float | None
    monthly: float | None


@frozen
class Estimate:
    """The cost of a month in USD. `unknown`: resources of unknown types."""

    region: str
    lines: tuple[Line, ...]
    assumed: tuple[Assumption, ...]
    unknown: tuple[Resource, ...]
    oldest: str | None  # the day on which the oldest of the prices was read
    newest: str | None
    sources: tuple[str, ...]  # those of its prices
    outside: tuple[str, ...]  # what is used, and others pay for

    @property
    def known(self) -> bool:
        """Whether anything has a price."""
        return self.oldest is not None or not self.lines

    @property
    def total(self) -> float:
        """The sum of all lines with a price."""
        return fsum(line.monthly for line in self.lines if line.monthly is not None)

    @property
    def unpriced(self) -> tuple[Line, ...]:
        """The lines without a price."""
        return tuple(line for line in self.lines if line.monthly is None)


def estimate(
    templates: Templates,
    region: str,
    parameters: Mapping[str, str] | None = None,
    usage: Mapping[str, float] | None = None,
    prices: PriceTable = BUNDLED,
) -> Estimate:
    """Return a deployment's monthly cost, as far as `prices` are known.

    `parameters` are values of the root's parameters, `usage` replaces assumptions.
    """
    known = prices.of(region)
    defaults, given = assumptions(), usage or {}
    used: dict[str, Assumption] = {}

    def assumed(name: str) -> float:
        each = defaults[name]
        used[name] = Assumption(name, given.get(name, each.value), each.unit, each.about)
        return used[name].value

    every = resources(templates, parameters or {})
    lines, unknown, used_prices = [], [], []
    for each in every:
        if each.type not in USES:
            if not free(each.type):
                unknown.append(each)
            continue
        for use in USES[each.type](each, every, assumed):
            if not use.quantity:
                continue
            price = known.get(use.key)
            used_prices += [price] if price else []
            usd = price.usd if price else None
            monthly = None if usd is None else use.quantity * usd
            lines.append(
                Line(
                    *(each.component, each.logical_id, use.key, use.quantity, use.note),
                    *(usd, monthly),
                )
            )
    return Estimate(
        region,
        tuple(lines),
        tuple(used.values()),
        tuple(unknown),
        min((each.read for each in used_prices), default=None),
        max((each.read for each in used_prices), default=None),
        tuple(sorted({each.source for each in used_prices})),
        tuple(outside(every, known)),
    )


@frozen
class CostChange:
    """The effect of a change on the monthly cost. `before` is None for a first deployment."""

    before: Estimate | None
    after: Estimate

    @property
    def difference(self) -> float:
        """The increase of the monthly cost in USD."""
        return self.after.total - (self.before.total if self.before else 0.0)

    @property
    def untold(self) -> tuple[str, ...]:
        """The names of unknown prices whose quantity changes."""
        if self.before is None:
            return ()
        old, new = (_unpriced(each) for each in (self.before, self.after))
        keys = sorted({*old, *new})
        return tuple(key for key in keys if round(new.get(key, 0.0) - old.get(key, 0.0), 6))

    def components(self) -> dict[str, tuple[float, float]]:
        """Return the cost of each component before and after."""
        sides = [_by_component(each) if each else {} for each in (self.before, self.after)]
        names = dict.fromkeys([*sides[1], *sides[0]])
        return {name: (sides[0].get(name, 0.0), sides[1].get(name, 0.0)) for name in names}


def _unpriced(of: Estimate) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in of.unpriced:
        found[line.key] = found.get(line.key, 0.0) + line.quantity
    return found


def _by_component(of: Estimate) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in of.lines:
        found[line.component] = found.get(line.component, 0.0) + (line.monthly or 0.0)
    return found


def cost_change(
    before: Templates | None,
    after: Templates,
    region: str | None,
    parameters: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
    prices: PriceTable = BUNDLED,
) -> CostChange | None:
    """Return the change of the cost between two sets of templates, or None without a region."""
    if region is None:
        return None
    earlier = estimate(before, region, parameters[0], prices=prices) if before else None
    return CostChange(earlier, estimate(after, region, parameters[1], prices=prices))

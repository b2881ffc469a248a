"""List prices and assumed usage: data of schemas/, read when an estimate is requested."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from camformation.assets import asset
from camformation.frozen import frozen
from camformation.source import parse

GLOBAL = "global"
OWN = "own"
"""The source of prices that a user has read from the AWS Price List."""


@frozen
class Price:
    """A list price in USD for one unit. `read` is the day it was read from its source."""

    usd: float
    read: str
    source: str


@frozen
class Priced:
    """The meaning of a price."""

    title: str
    unit: str


@frozen
class Assumption:
    """An assumed usage, which the templates do not determine."""

    name: str
    value: float
    unit: str
    about: str


@cache
def _table() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(asset("schemas", "prices.json").read_text("utf-8"))
    return data


def _parsed(name: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = parse(asset("schemas", name).read_bytes(), name).data
    return data


def sources() -> Mapping[str, str]:
    """Return the description of each source of prices."""
    found: Mapping[str, str] = _table()["sources"]
    return found


@frozen
class PriceTable:
    """The bundled prices, and those that a user has read, by region."""

    own: Mapping[str, Mapping[str, Price]]

    def regions(self) -> list[str]:
        """Return the regions that have prices."""
        return sorted((_table()["regions"].keys() | self.own.keys()) - {GLOBAL})

    def of(self, region: str) -> Mapping[str, Price]:
        """Return the prices of a region by name: the newer of two, and none of other regions."""
        if region not in self.regions():
            return {}
        table = _table()["regions"]
        bundled = {**table[GLOBAL], **table.get(region, {})}
        found = {name: Price(**each) for name, each in bundled.items()}
        for name, each in self.own.get(region, {}).items():
            if name not in found or each.read >= found[name].read:
                found[name] = each
        return found


BUNDLED = PriceTable({})


@cache
def wanted() -> Mapping[str, Mapping[str, Any]]:
    """Return each price's place in the AWS Price List, by name."""
    return _parsed("price-list.yaml")


@cache
def price_list() -> Mapping[str, Priced]:
    """Return the meaning of each price, by name."""
    return {name: Priced(str(each["title"]), str(each["unit"])) for name, each in wanted().items()}


def priced(key: str) -> Priced:
    """Return the meaning of a price; `aurora.instance.db.r7g.large` belongs to
    `aurora.instance`."""
    found = price_list()
    if key in found:
        return found[key]
    name = next(each for each in ("aurora.instance_io", "aurora.instance") if f"{each}." in key)
    return Priced(f"{found[name].title} {key.removeprefix(f'{name}.')}", found[name].unit)


@cache
def assumptions() -> Mapping[str, Assumption]:
    """Return every assumption by name, with its default."""
    return {
        name: Assumption(name, float(each["value"]), str(each["unit"]), str(each["about"]))
        for name, each in _parsed("usage.yaml").items()
    }

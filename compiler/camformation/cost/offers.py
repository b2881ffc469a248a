"""The AWS Price List: the queries for our prices, and how to find them in its answers."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from camformation.cost.prices import Price, wanted
from camformation.frozen import frozen

PREFIX = r"(EU-|[A-Z]{2,3}\d-|[a-z]{2}(-[a-z]+)+-\d-)?"
"""The region in a usage type: `EUW2-`, `EU-` of eu-west-1, `eu-west-2-`, or none in us-east-1.

`TS-` is not a region: `TS-LoadBalancerUsage` belongs to trust stores.
"""
Product = Mapping[str, Any]
Filter = tuple[str, str, str]  # its type, the attribute, the value


@frozen
class Query:
    """A question to the Price List: GetProducts of a service, with filters."""

    offer: str
    filters: tuple[Filter, ...]


@frozen
class Offers:
    """The prices of a region. `ambiguous`: names with several prices, which count as unknown."""

    prices: Mapping[str, float]
    ambiguous: Mapping[str, tuple[float, ...]]


def read_offers(region: str, products: Callable[[Query], Iterable[Product]]) -> Offers:
    """Query all prices of a region, one by one: complete offers have thousands of products."""
    found: dict[str, set[float]] = {}
    for name, each in wanted().items():
        if not each.get("global"):
            for product in products(_query(each, region)):
                for key, usd in _prices(name, each, product):
                    found.setdefault(key, set()).add(usd)
    return Offers(
        {key: min(each) for key, each in found.items() if len(each) == 1},
        {key: tuple(sorted(each)) for key, each in found.items() if len(each) > 1},
    )


def _query(each: Mapping[str, Any], region: str) -> Query:
    exact: list[Filter] = [
        ("TERM_MATCH", key, value)
        for key, value in each.get("where", {}).items()
        if isinstance(value, str)
    ]
    filters: list[Filter] = [
        ("TERM_MATCH", "regionCode", region),
        ("CONTAINS", "usagetype", _literal(str(each["usage"]))),
        *exact,
    ]
    return Query(str(each["offer"]), tuple(filters))


def _literal(pattern: str) -> str:
    """Return the common prefix of all matches of a pattern."""
    text = re.split(r"[.(\[]", pattern)[0]
    return text[: text.index("?") - 1] if "?" in text else text


def _prices(name: str, each: Mapping[str, Any], product: Product) -> Iterator[tuple[str, float]]:
    """Yield the price of a product, if it is the wanted one: that of its first tier with a
    price."""
    own = product["product"]["attributes"]
    if not re.fullmatch(PREFIX + str(each["usage"]), own.get("usagetype", "")):
        return
    where = each.get("where", {}).items()
    if any(own.get(key) not in (v if isinstance(v, list) else [v]) for key, v in where):
        return
    tiers = [
        (float(tier.get("beginRange", 0)), float(tier["pricePerUnit"].get("USD", 0)))
        for term in product["terms"].get("OnDemand", {}).values()
        for tier in term["priceDimensions"].values()
    ]
    if first := next((usd for _, usd in sorted(tiers) if usd), None):
        key = f"{name}.{own[each['each']]}" if "each" in each else name
        yield key, round(first * float(each.get("per", 1)), 9)


def table_text(table: Mapping[str, Any]) -> str:
    """Return the text of a table of prices, with one price on each line."""
    regions = ",\n".join(
        f'  "{region}": {{\n'
        + ",\n".join(f'   "{key}": {json.dumps(each)}' for key, each in sorted(prices.items()))
        + "\n  }"
        for region, prices in sorted(table["regions"].items())
    )
    sources = json.dumps(table["sources"])
    return (
        f'{{\n "currency": "{table["currency"]}",\n "sources": {sources},\n'
        f' "regions": {{\n{regions}\n }}\n}}\n'
    )


def own_text(own: Mapping[str, Mapping[str, Price]]) -> str:
    """Return the text of a table of a user's own prices."""
    regions = {
        region: {key: {"usd": p.usd, "read": p.read, "source": p.source} for key, p in each.items()}
        for region, each in own.items()
    }
    return table_text({"currency": "USD", "sources": {}, "regions": regions})


def own_prices(table: Any) -> Mapping[str, Mapping[str, Price]]:
    """Return the prices of a user's own table. Raises a Python error for another file."""
    return {
        str(region): {str(key): _price(each) for key, each in prices.items()}
        for region, prices in table["regions"].items()
    }


def _price(each: Mapping[str, Any]) -> Price:
    usd, read, source = float(each["usd"]), str(each["read"]), str(each["source"])
    if not usd > 0 or not re.fullmatch(r"\d{4}-\d\d-\d\d", read):
        raise ValueError(f"no price: {each}")
    return Price(usd, read, source)

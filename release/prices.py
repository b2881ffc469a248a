"""`python -m release prices REGION...` renews schemas/prices.json from the AWS Price List.

It needs credentials with `pricing:GetProducts`, and reads nothing of the account.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.source import parse
from release.distributions import ROOT

TABLE = ROOT / "schemas" / "prices.json"
LIST = ROOT / "schemas" / "price-list.yaml"
PREFIX = r"([A-Z]{2,4}\d?-|[a-z]{2}(-[a-z]+)+-\d-)?"
"""The region in a usage type: `EUW2-`, `eu-west-2-`, or none in us-east-1."""
SOURCE = "price-list"


def renewed(client: Any, regions: list[str], today: str) -> str:
    """Return the text of the table with today's prices of these regions; others stay.

    Raises ValueError if the list has several prices for something.
    """
    table = json.loads(TABLE.read_text("utf-8"))
    wanted = parse(LIST.read_bytes(), LIST.name).data
    for region in regions:
        found: dict[str, float] = {}
        for offer in dict.fromkeys(str(each["offer"]) for each in wanted.values()):
            own = {k: v for k, v in wanted.items() if v["offer"] == offer and not v.get("global")}
            for product in _products(client, offer, region) if own else ():
                for name, each in own.items():
                    for key, usd in _price(name, each, product):
                        if found.setdefault(key, usd) != usd:
                            raise ValueError(f"{region}: {key} has two prices: make it narrower")
        table["regions"].setdefault(region, {}).update(
            {key: {"usd": usd, "read": today, "source": SOURCE} for key, usd in found.items()}
        )
    return table_text(table)


def _products(client: Any, offer: str, region: str) -> Iterator[Mapping[str, Any]]:
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=offer,
        Filters=[{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}],
    )
    for page in pages:
        yield from (json.loads(each) for each in page["PriceList"])


def _price(
    name: str, wanted: Mapping[str, Any], product: Mapping[str, Any]
) -> Iterator[tuple[str, float]]:
    """Yield the price of a product, if it is the one wanted: of its first tier that costs."""
    own = product["product"]["attributes"]
    if not re.fullmatch(PREFIX + str(wanted["usage"]), own.get("usagetype", "")):
        return
    where = wanted.get("where", {}).items()
    if any(own.get(key) not in (v if isinstance(v, list) else [v]) for key, v in where):
        return
    tiers = [
        (float(tier.get("beginRange", 0)), float(tier["pricePerUnit"]["USD"]))
        for term in product["terms"].get("OnDemand", {}).values()
        for tier in term["priceDimensions"].values()
    ]
    if first := next((usd for _, usd in sorted(tiers) if usd), None):
        key = f"{name}.{own[wanted['each']]}" if "each" in wanted else name
        yield key, round(first * float(wanted.get("per", 1)), 9)


def table_text(table: Mapping[str, Any]) -> str:
    """Return the text of a table, with one price on each line."""
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


def renew(regions: list[str], today: str) -> None:
    """Write the table anew."""
    import boto3

    client = boto3.client("pricing", region_name="us-east-1")
    TABLE.write_text(renewed(client, regions, today), "utf-8")
    print(f"{TABLE.name} has the prices of {today} for {', '.join(regions)}")

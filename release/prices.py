"""`python -m release prices REGION...` renews schemas/prices.json from the AWS Price List.

It needs credentials with `pricing:GetProducts`, and reads nothing of the account.
"""

import json
from collections.abc import Callable, Iterable

from camformation.cost.offers import Product, Query, read_offers, table_text
from release.distributions import ROOT

TABLE = ROOT / "schemas" / "prices.json"
SOURCE = "price-list"


def renewed(products: Callable[[Query], Iterable[Product]], regions: list[str], today: str) -> str:
    """Return the text of the table with today's prices of these regions; others stay.

    Raises ValueError if the list has several prices for something.
    """
    table = json.loads(TABLE.read_text("utf-8"))
    for region in regions:
        found = read_offers(region, products)
        for key in found.ambiguous:
            raise ValueError(f"{region}: {key} has two prices: make it narrower")
        table["regions"].setdefault(region, {}).update(
            {
                key: {"usd": usd, "read": today, "source": SOURCE}
                for key, usd in found.prices.items()
            }
        )
    return table_text(table)


def renew(regions: list[str], today: str) -> None:
    """Write the table anew."""
    from camformation.deploy.aws.connection import price_list
    from camformation.deploy.cloud.target import Target

    TABLE.write_text(renewed(price_list(Target()).products, regions, today), "utf-8")
    print(f"{TABLE.name} has the prices of {today} for {', '.join(regions)}")

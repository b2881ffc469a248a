"""Tables of list prices as text and data: the regions with prices, and their number."""

from collections.abc import Iterable, Mapping
from typing import Any

from camformation.cost.prices import OWN, PriceTable, price_list, sources


def prices_data(table: PriceTable, regions: Iterable[str]) -> list[dict[str, Any]]:
    """Return the prices of each region, as JSON data."""
    return [_region(table, region) for region in regions]


def _region(table: PriceTable, region: str) -> dict[str, Any]:
    found = table.of(region)
    days = sorted(each.read for each in found.values())
    return {
        "region": region,
        "currency": "USD",
        "prices": {
            key: {"usd": each.usd, "read": each.read, "source": each.source}
            for key, each in sorted(found.items())
        },
        "prices_read": [days[0], days[-1]] if days else [None, None],
        "missing": [name for name in price_list() if not _has(name, found)],
        "own": any(each.source == OWN for each in found.values()),
    }


def _has(name: str, found: Mapping[str, object]) -> bool:
    return name in found or any(key.startswith(f"{name}.db.") for key in found)


def prices_text(data: list[dict[str, Any]]) -> str:
    """Return a table of regions, ending with a newline."""
    every = len(price_list())
    rows = [("REGION", "PRICES", "READ", "FROM")]
    for each in data:
        first, last = each["prices_read"]
        used = {price["source"] for price in each["prices"].values()}
        rows.append(
            (
                each["region"],
                f"{every - len(each['missing'])} of {every}",
                str(first) if first == last else f"{first} to {last}",
                ", ".join(sorted(used)),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
    named = sorted({price["source"] for each in data for price in each["prices"].values()})
    lines += ["", *(f"{name}: {sources()[name]}." for name in named)]
    return "\n".join(lines) + "\n"


def missing_text(each: Mapping[str, Any]) -> str:
    """Return the line with the missing prices in a region; nothing if there are none."""
    titles = [price_list()[name].title for name in each["missing"]]
    return f"Without a price in {each['region']}: {'; '.join(titles)}.\n" if titles else ""

"""The user's own list prices, read by `camformation prices` and kept in the cache folder."""

from collections.abc import Mapping
from pathlib import Path

from camformation.cost.offers import own_prices, own_text
from camformation.cost.prices import OWN, Price, PriceTable
from camformation.deploy.cloud.errors import DeployError
from camformation.reading import read_json
from camformation.user_cache import cache_folder
from camformation.writing import replace_file


def own_file() -> Path:
    """Return the path of the user's own table."""
    return cache_folder("prices") / "prices.json"


def price_table() -> PriceTable:
    """Return all prices; an unusable table of the user is ignored."""
    try:
        return PriceTable(own_prices(read_json(own_file())))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return PriceTable({})


def keep_prices(read: Mapping[str, Mapping[str, float]], today: str) -> PriceTable:
    """Store the prices read for regions, replacing earlier ones. Raises DeployError."""
    new = {
        region: {key: Price(usd, today, OWN) for key, usd in prices.items()}
        for region, prices in read.items()
    }
    table, file = PriceTable({**price_table().own, **new}), own_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, own_text(table.own).encode())
    except OSError as error:
        raise DeployError(
            "CAM617",
            f"cannot write {file}: {error.strerror}",
            "set XDG_CACHE_HOME to a folder that can be written",
        ) from error
    return table

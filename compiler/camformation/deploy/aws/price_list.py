"""The AWS Price List over boto3."""

import json
from collections.abc import Iterator

from camformation.cost.offers import Product, Query
from camformation.deploy.aws.client import Client

REGION = "us-east-1"
"""One of the few regions that answer for all (AWS Billing User Guide, Price List Query API)."""


class AwsPriceList:
    """The Price List. Needs `pricing:GetProducts`, and reads nothing of the account."""

    def __init__(self, pricing: Client) -> None:
        self._pricing = pricing

    def products(self, query: Query) -> Iterator[Product]:
        """Yield the products that a query finds. Raises DeployError."""
        filters = [{"Type": k, "Field": name, "Value": value} for k, name, value in query.filters]
        for each in self._pricing.items(
            "get_products", "PriceList", ServiceCode=query.offer, Filters=filters
        ):
            try:
                product = json.loads(str(each))
                yield {"product": product["product"], "terms": product["terms"]}
            except (ValueError, TypeError, KeyError):
                raise self._pricing.strange("a product has the wrong form") from None

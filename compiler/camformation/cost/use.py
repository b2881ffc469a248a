"""A billed use of a resource, and common helpers for counting uses."""

from collections.abc import Callable, Iterator

from camformation.cost.stacks import Resource
from camformation.frozen import frozen

HOURS = 730
"""Hours of a month, as AWS's pricing calculator counts them."""
All = tuple[Resource, ...]
Assumed = Callable[[str], float]
"""Value of an assumption, which then counts as used."""


@frozen
class Use:
    """A quantity of something that has a price."""

    key: str
    quantity: float
    note: str = ""


Uses = Iterator[Use]


def share(of: Resource, every: All) -> float:
    """Return a resource's share of the total of its type."""
    return 1 / sum(each.type == of.type for each in every)

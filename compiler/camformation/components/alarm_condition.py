"""The condition of an alarm."""

from camformation.frozen import frozen
from camformation.units import Value


@frozen
class Condition:
    """A metric, a threshold, and the number of periods beyond it."""

    title: str
    says: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, Value], ...]
    statistic: str
    above: bool
    threshold: int
    periods: int = 15
    seconds: int = 60
    missing: str = "notBreaching"
    share_of: str = ""  # metric per second that the sum is a percentage of

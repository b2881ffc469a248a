"""The failure tolerance and concurrency of a wave. Pure.

AWS counts accounts per region within one operation (OperationPreferences). A wave may need many
operations, one for each set of overrides, and each would tolerate its own failures: so a wave is
judged as a whole here, and each operation gets the remaining tolerance.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from camformation.deploy.cloud.stack_sets import Places, Preferences
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place


class Tolerance:
    """The failures that a wave tolerates. `places` are all of its places."""

    def __init__(self, spec: OperationSpec, places: Collection[Place]) -> None:
        self._spec = spec
        accounts: dict[str, set[str]] = {}
        for account, region in places:
            accounts.setdefault(region, set()).add(account)
        self._allowed = {region: self._of(len(some)) for region, some in accounts.items()}
        everybody = {account for account, _ in places}
        self.concurrency = self._concurrency(len(everybody))

    def _of(self, accounts: int) -> int:
        """AWS rounds down (FailureTolerancePercentage)."""
        spec = self._spec
        if spec.failure_tolerance_percentage is not None:
            return accounts * spec.failure_tolerance_percentage // 100
        return spec.failure_tolerance_count or 0

    def _concurrency(self, accounts: int) -> int:
        """AWS rounds down, but never to zero (MaxConcurrentPercentage)."""
        spec = self._spec
        if spec.max_concurrent_percentage is not None:
            return max(1, accounts * spec.max_concurrent_percentage // 100)
        return max(1, spec.max_concurrent_count or 1)

    def exceeded(self, failed: Iterable[Place]) -> tuple[str, int, int] | None:
        """Return a region in which more accounts failed than tolerated: name, failed, allowed."""
        for region, number in _by_region(failed).items():
            if number > self._allowed.get(region, 0):
                return region, number, self._allowed.get(region, 0)
        return None

    def at_once(self, failed: Iterable[Place]) -> int:
        """Return the current limit of concurrent accounts (STRICT_FAILURE_TOLERANCE: at most one
        more than may still fail)."""
        if self._spec.concurrency_mode != "STRICT_FAILURE_TOLERANCE":
            return self.concurrency
        return max(1, min(self.concurrency, self._left(self._allowed, failed) + 1))

    def preferences(self, places: Places | None, failed: Iterable[Place]) -> Preferences:
        """Return the preferences for an operation of the wave."""
        regions = places.regions if places else tuple(self._allowed)
        spec, left = self._spec, self._left(regions, failed)
        strict = spec.concurrency_mode == "STRICT_FAILURE_TOLERANCE"
        return Preferences(
            failure_tolerance_count=left,
            max_concurrent_count=min(self.concurrency, left + 1) if strict else self.concurrency,
            concurrency_mode=spec.concurrency_mode,
            region_concurrency_type=spec.region_concurrency_type,
            region_order=in_order(regions, spec.region_order) if spec.region_order else (),
        )

    def _left(self, regions: Iterable[str], failed: Iterable[Place]) -> int:
        gone: Mapping[str, int] = _by_region(failed)
        left = [self._allowed.get(region, 0) - gone.get(region, 0) for region in regions]
        return max(0, min(left, default=0))


def _by_region(places: Iterable[Place]) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, region in places:
        found[region] = found.get(region, 0) + 1
    return found


def in_order(regions: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
    """Return regions in the given order, followed by others."""
    some = tuple(regions)
    return (*(r for r in order if r in some), *(r for r in some if r not in order))

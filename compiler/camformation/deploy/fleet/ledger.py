"""What has become of every instance of a wave, as the results of its operations tell."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from camformation.deploy.fleet.operations import Call
from camformation.deploy.stack_sets import OperationResult
from camformation.fleet.targets import Place

FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


class Run:
    """A running operation. `foreign`: somebody else began it, and it is none of the wave's."""

    def __init__(
        self, operation: str, action: str, since: datetime, call: Call | None = None
    ) -> None:
        self.id = operation
        self.action = action
        self.covers = call.covers if call else ()
        self.since = since
        self.foreign = False
        self.status = "RUNNING"
        self.counts: Counter[str] = Counter()
        self.failed: set[Place] = set()
        self.next_results = since
        self.doubts = 0
        self.accounts = call.accounts if call else 1


class Ledger:
    """The states of a wave's instances, and the reasons of those that failed."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.states: dict[Place, str] = dict.fromkeys(sorted(places), "PENDING")
        self.failures: dict[Place, str] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How many instances are in each state."""
        return dict(Counter(self.states.values()))

    def read(self, run: Run, results: Iterable[OperationResult]) -> Iterator[OperationResult]:
        """Take in the results of an operation; yield those that failed and were not known to."""
        counts: Counter[str] = Counter()
        for result in results:
            counts[result.status] += 1
            if run.foreign:
                continue
            place = (result.account, result.region)
            self.states[place] = result.status
            if result.status == "SUCCEEDED":
                self.failures.pop(place, None)
            elif result.status == "FAILED":
                self.failures[place] = result.reason
                if place not in run.failed:
                    run.failed.add(place)
                    yield result
        run.counts = counts

    def close(self, run: Run, status: str) -> None:
        """Give a final state to what the results of an ended operation do not tell of."""
        state = "SUCCEEDED" if status == "SUCCEEDED" else "CANCELLED"
        for place in () if run.foreign else run.covers:
            if self.states[place] not in FINAL:
                self.states[place] = state

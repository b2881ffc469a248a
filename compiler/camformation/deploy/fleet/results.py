"""The state of each instance of a wave, from the results of its operations."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from camformation.deploy.cloud.stack_sets import Operation, OperationResult, Places
from camformation.deploy.fleet.calls import Call
from camformation.deploy.fleet.events import (
    OperationEnded,
    OperationStarted,
    RunningOperation,
)
from camformation.fleet.targets import Place

READS_PER_S = 2.0
RESULTS_S = 30.0
PAGE = 100  # ListStackSetOperationResults
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


class Run:
    """A running operation. `foreign`: it was started elsewhere, so it is not part of the wave."""

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
        self._overrides = call.overrides if call else {}
        self._places = call.places if call else None

    def read_at(self, now: datetime) -> None:
        """Postpone the next reading of the results, the longer the more pages they have."""
        pages = 1 + sum(self.counts.values()) // PAGE
        self.next_results = now + timedelta(seconds=max(RESULTS_S, 2 * pages / READS_PER_S))

    def started(self, wave: str, *, resumed: bool = False) -> OperationStarted:
        """Return the event that it has started, or was found running."""
        where = self._places or Places(())
        return OperationStarted(
            time=self.since,
            wave=wave,
            id=self.id,
            action=self.action,
            regions=where.regions,
            accounts=where.accounts,
            organizational_units=where.organizational_units,
            overrides=self._overrides,
            resumed=resumed,
        )

    def shown(self) -> RunningOperation:
        """Return its progress."""
        return RunningOperation(
            id=self.id,
            action=self.action,
            status=self.status,
            since=self.since,
            counts=dict(self.counts),
        )

    def ended(self, now: datetime, wave: str, operation: Operation) -> OperationEnded:
        """Return the event that it has ended."""
        seconds = ((operation.ended or now) - operation.created).total_seconds()
        return OperationEnded(
            time=now,
            wave=wave,
            id=self.id,
            action=self.action,
            status=operation.status,
            counts=dict(self.counts),
            reason=operation.reason,
            elapsed=max(0.0, seconds),
        )


class InstanceResults:
    """The states of a wave's instances, and the reasons of those that failed."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.states: dict[Place, str] = dict.fromkeys(sorted(places), "PENDING")
        self.failures: dict[Place, str] = {}

    @property
    def counts(self) -> dict[str, int]:
        """The number of instances in each state."""
        return dict(Counter(self.states.values()))

    def read(self, run: Run, results: Iterable[OperationResult]) -> Iterator[OperationResult]:
        """Record the results of an operation; yield the failures that are new."""
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
        """Give a final state to instances that the results of an ended operation leave out."""
        state = "SUCCEEDED" if status == "SUCCEEDED" else "CANCELLED"
        for place in () if run.foreign else run.covers:
            if self.states[place] not in FINAL:
                self.states[place] = state

"""The polling of running StackSet operations until they end.

Polling is cheap and bounded: an operation is described every few seconds, and its results, a page
for a hundred instances, are read less often the more there are.
"""

from collections.abc import Generator, Iterator

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import Operation, StackSets
from camformation.deploy.fleet.calls import Call
from camformation.deploy.fleet.causes import cause_of
from camformation.deploy.fleet.events import FleetEvent, InstanceFailed, OperationStarted
from camformation.deploy.fleet.results import InstanceResults, Run

MAX_DOUBTS = 10  # polls in which an operation is unknown, or its results lack failures

Look = Generator[FleetEvent, None, Operation | None]
"""Yields events; returns the operation if it has ended."""


class Watch:
    """The operations that run for a wave. `moved` is the time of the last progress."""

    def __init__(
        self, stack_sets: StackSets, clock: Clock, name: str, wave: str, instances: InstanceResults
    ) -> None:
        self._stack_sets = stack_sets
        self._clock = clock
        self._name = name
        self._wave = wave
        self._instances = instances
        self.runs: dict[str, Run] = {}
        self.moved = clock.now()

    def begun(self, operation: str, call: Call) -> OperationStarted:
        """Watch an operation that we have just started."""
        self.moved = self._clock.now()
        run = self.runs[operation] = Run(operation, call.kind.action, self.moved, call)
        return run.started(self._wave)

    def found(self, operation: Operation, *, foreign: bool = False) -> OperationStarted:
        """Watch an operation that is already running, whoever started it."""
        run = self.runs[operation.id] = Run(operation.id, operation.action, operation.created)
        run.foreign = foreign
        return run.started(self._wave, resumed=True)

    def look(self, run: Run) -> Look:
        """Poll an operation once. One that has ended is no longer watched."""
        operation = self._stack_sets.operation(self._name, run.id)
        now = self._clock.now()
        if operation is None:
            self._doubt(run)
            return None
        if operation.status != run.status:
            run.status, self.moved = operation.status, now
        if not operation.in_progress or now >= run.next_results:
            yield from self._results(run)
        if operation.in_progress:
            return None
        if operation.failed_instances > run.counts["FAILED"] and run.doubts < MAX_DOUBTS:
            run.doubts += 1  # results become complete with a delay
            return None
        del self.runs[run.id]
        self._instances.close(run, operation.status)
        yield run.ended(now, self._wave, operation)
        return operation

    def _doubt(self, run: Run) -> None:
        run.doubts += 1
        if run.doubts > MAX_DOUBTS:
            raise DeployError(
                "CAM697",
                f"AWS does not know the operation {run.id} of {self._name}",
                "check the StackSet's operations in the AWS console, and run this again",
            )

    def _results(self, run: Run) -> Iterator[InstanceFailed]:
        before = dict(run.counts)
        results = self._stack_sets.results(self._name, run.id)
        for failed in self._instances.read(run, results):
            yield InstanceFailed(
                time=self._clock.now(),
                wave=self._wave,
                account=failed.account,
                region=failed.region,
                reason=failed.reason,
                cause=cause_of(failed.reason),
                operation=run.id,
            )
        now = self._clock.now()
        if run.counts != before:
            self.moved = now
        run.read_at(now)

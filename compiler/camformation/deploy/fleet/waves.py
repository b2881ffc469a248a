"""The waves of a fleet, run one after the other until one fails."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator
from typing import TypeVar

from camformation.deploy.cloud.errors import DeployError, with_hint
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import StackSets
from camformation.deploy.fleet.calls import Stage
from camformation.deploy.fleet.causes import grouped
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    OperationStarted,
    Stopped,
    WaveEnded,
    WaveStarted,
)
from camformation.deploy.fleet.execution import WaveExecution
from camformation.deploy.fleet.live_fleet import Base, base_of, running_operations
from camformation.deploy.fleet.work import CAREFUL, Verdict, Work, no_more, nothing
from camformation.deploy.operation.events import Delayed
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.retries import BRIEF_S, LONG_S, retried
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place

T = TypeVar("T")

FleetSteps = Generator[FleetEvent, None, bool]
"""Yields events; returns whether to continue."""


class Waves:
    """The state shared by all waves, and their results so far. `again` says how to continue."""

    def __init__(
        self,
        stack_sets: StackSets,
        clock: Clock,
        name: str,
        again: str,
        control: Control,
        ids: Callable[[], str],
        *,
        managed: bool,
    ) -> None:
        self.stack_sets = stack_sets
        self.clock = clock
        self.name = name
        self.ids = ids
        self.begun = False
        self.check: Callable[[], None] = nothing
        self._again = again
        self._control = control
        self._managed = managed
        self._began = clock.now()
        self._counts: Counter[str] = Counter()
        self._failures: dict[Place, str] = {}

    def ask(self, call: Callable[[], T]) -> Generator[Delayed, None, T]:
        """Return the result of a call; yield why it waits. After the start, it waits longer."""
        return (yield from retried(self.clock, call, LONG_S if self.begun else BRIEF_S))

    def settle(self) -> FleetSteps:
        """Wait for running operations; return whether to continue."""
        for event in settle(self.stack_sets, self.clock, self.name, control=self._control):
            yield event
            if isinstance(event, FleetDetached):
                return False
        return True

    def run(
        self,
        wave: str,
        spec: OperationSpec,
        stages: tuple[Stage, ...],
        remaining: tuple[str, ...] = (),
        place: tuple[int, int] | None = None,
        then: Callable[[Collection[Place]], Stage] = no_more,
    ) -> FleetSteps:
        """Run one wave; `place` is its number and the total, None for the StackSet itself."""
        work = Work(
            *(self.name, wave, spec, stages, self._managed, self._check, self.ids, self.begun),
            then=then,
        )
        if place:
            calls = sum(map(len, stages))
            yield WaveStarted(
                time=self.clock.now(),
                wave=wave,
                number=place[0],
                waves=place[1],
                instances=len(work.places),
                operations=calls,
            )
        running = WaveExecution(self.stack_sets, self.clock, work, self._control)
        try:
            for event in running.run():
                began = isinstance(event, OperationStarted) and not event.resumed
                self.begun = self.begun or began
                yield event
        except KeyboardInterrupt:  # from a call that hangs
            running.verdict = Verdict.DETACHED
        now, instances = self.clock.now(), running.instances
        self._counts.update(instances.counts)
        self._failures |= instances.failures
        if running.verdict is Verdict.DETACHED:
            yield FleetDetached(
                time=now,
                wave=wave,
                operations=running.operations,
                remaining=remaining,
                hint=self._again,
            )
            return False
        if place:
            yield WaveEnded(time=now, wave=wave, counts=instances.counts, elapsed=running.elapsed)
        if running.verdict is Verdict.DONE:
            return True
        repair = "fix what failed, then " if running.verdict is Verdict.FAILED else ""
        yield Stopped(
            time=now,
            wave=wave,
            why=running.why,
            remaining=remaining,
            hint=repair + self._again,
            causes=grouped(instances.failures.items()),
            counts=dict(self._counts),
            elapsed=self._elapsed,
        )
        return False

    def finished(self, *, changed: bool = True) -> FleetFinished:
        """Return the event of a successful end."""
        causes, counts = grouped(self._failures.items()), dict(self._counts)
        now, elapsed = self.clock.now(), self._elapsed
        return FleetFinished(
            time=now, name=self.name, counts=counts, elapsed=elapsed, changed=changed, causes=causes
        )

    def check_base(self, base: Base) -> None:
        """Raise DeployError if the fleet has changed since the plan; AWS is called once."""
        now = base_of(self.stack_sets, self.name)
        if now != base:
            what = "the StackSet" if now.stack_set != base.stack_set else "its instances"
            raise DeployError(
                "CAM670",
                f"{what} changed after this plan of {self.name} was made; nothing was changed",
                "make a new plan, check it, and deploy it",
            )

    def lost(self, error: DeployError) -> DeployError:
        """Add to an error how to continue, because AWS continues without us. It keeps its class."""
        if not self.begun or error.code == "CAM670":
            return error
        hint = f"running operations continue at AWS; {self._again}"
        return with_hint(error, f"{error.hint}; {hint}" if error.hint else hint)

    def _check(self) -> None:
        self.check()

    @property
    def _elapsed(self) -> float:
        return max(0.0, (self.clock.now() - self._began).total_seconds())


def settle(
    stack_sets: StackSets, clock: Clock, name: str, *, control: Control = nobody
) -> Iterator[FleetEvent]:
    """Follow running operations of a StackSet to their end, before a plan is made.

    The last event is FleetDetached if the user did not want to wait; a KeyboardInterrupt detaches.
    """
    if (yield from retried(clock, lambda: stack_sets.describe(name))) is None:
        return
    found = yield from retried(clock, lambda: running_operations(stack_sets, name))
    if not found:
        return
    running = WaveExecution(stack_sets, clock, Work(name, "", CAREFUL, ()), control)
    try:
        yield from running.follow(found)
    except KeyboardInterrupt:
        running.verdict = Verdict.DETACHED
    if running.verdict is Verdict.DETACHED:
        hint = "running operations continue; nothing was started"
        yield FleetDetached(
            time=clock.now(), wave="", operations=running.operations, remaining=(), hint=hint
        )

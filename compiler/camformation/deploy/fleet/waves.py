"""One wave after the other, until all are done or one ends badly."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator
from typing import TypeVar

from camformation.deploy.cloud import Clock
from camformation.deploy.errors import DeployError, with_hint
from camformation.deploy.events import Delayed
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
from camformation.deploy.fleet.live import Base, base_of, running_operations
from camformation.deploy.fleet.operations import Stage
from camformation.deploy.fleet.patience import BRIEF_S, LONG_S, asked
from camformation.deploy.fleet.running import Running
from camformation.deploy.fleet.work import CAREFUL, Verdict, Work, no_more, nothing
from camformation.deploy.interrupt import Control, nobody
from camformation.deploy.stack_sets import StackSets
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place

T = TypeVar("T")

Going = Generator[FleetEvent, None, bool]
"""Yields what happens; returns whether to go on."""


class Waves:
    """What all waves have in common, and what came of them so far. `again` says how to go on."""

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
        """Return what a call returns; yield why it waits. Once begun, it waits for longer."""
        return (yield from asked(self.clock, call, LONG_S if self.begun else BRIEF_S))

    def settle(self) -> Going:
        """Wait for what runs already; return whether to go on."""
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
    ) -> Going:
        """Run one wave; `place` is its number, of how many; None: it is about the StackSet."""
        work = Work(
            *(self.name, wave, spec, stages, self._managed, self._check, self.ids, self.begun),
            then=then,
        )
        if place:
            calls = sum(map(len, stages))
            yield WaveStarted(self.clock.now(), wave, *place, len(work.places), calls)
        running = Running(self.stack_sets, self.clock, work, self._control)
        try:
            for event in running.run():
                began = isinstance(event, OperationStarted) and not event.resumed
                self.begun = self.begun or began
                yield event
        except KeyboardInterrupt:  # from a call that hangs
            running.verdict = Verdict.DETACHED
        now, ledger = self.clock.now(), running.ledger
        self._counts.update(ledger.counts)
        self._failures |= ledger.failures
        if running.verdict is Verdict.DETACHED:
            yield FleetDetached(now, wave, running.operations, remaining, self._again)
            return False
        if place:
            yield WaveEnded(now, wave, ledger.counts, running.elapsed)
        if running.verdict is Verdict.DONE:
            return True
        mend = "mend what failed, then " if running.verdict is Verdict.FAILED else ""
        yield Stopped(
            now,
            wave,
            running.why,
            remaining,
            mend + self._again,
            grouped(ledger.failures.items()),
            dict(self._counts),
            self._elapsed,
        )
        return False

    def finished(self, *, changed: bool = True) -> FleetFinished:
        """Return the event that ends it well."""
        causes, counts = grouped(self._failures.items()), dict(self._counts)
        now, elapsed = self.clock.now(), self._elapsed
        return FleetFinished(now, self.name, counts, elapsed, changed=changed, causes=causes)

    def check_base(self, base: Base) -> None:
        """Raise DeployError unless the fleet is as it was when the plan was made; ask AWS once."""
        now = base_of(self.stack_sets, self.name)
        if now != base:
            what = "the StackSet" if now.stack_set != base.stack_set else "its instances"
            raise DeployError(
                "CAM670",
                f"somebody changed {what} after this plan of {self.name} was made; "
                "nothing was changed",
                "make a new plan, read it, and go on with that",
            )

    def lost(self, error: DeployError) -> DeployError:
        """Say how to go on: what AWS does goes on without us. The error's class stays."""
        if not self.begun or error.code == "CAM670":
            return error
        hint = f"operations under way go on at AWS; {self._again}"
        return with_hint(error, f"{error.hint}; {hint}" if error.hint else hint)

    def _check(self) -> None:
        self.check()

    @property
    def _elapsed(self) -> float:
        return max(0.0, (self.clock.now() - self._began).total_seconds())


def settle(
    stack_sets: StackSets, clock: Clock, name: str, *, control: Control = nobody
) -> Iterator[FleetEvent]:
    """Follow whatever runs on a StackSet to its end, so that a plan can be made of what is left.

    The last event is FleetDetached if somebody did not want to wait; a KeyboardInterrupt detaches.
    """
    if (yield from asked(clock, lambda: stack_sets.describe(name))) is None:
        return
    found = yield from asked(clock, lambda: running_operations(stack_sets, name))
    if not found:
        return
    running = Running(stack_sets, clock, Work(name, "", CAREFUL, ()), control)
    try:
        yield from running.follow(found)
    except KeyboardInterrupt:
        running.verdict = Verdict.DETACHED
    if running.verdict is Verdict.DETACHED:
        hint = "what runs goes on; nothing was begun"
        yield FleetDetached(clock.now(), "", running.operations, (), hint)

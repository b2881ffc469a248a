"""The operations of one wave, run to their end, as many at once as the wave allows.

Failures count for the whole wave (`tolerance`); once there are too many, nothing more is started,
and running operations are stopped as AWS itself would do: stacks in progress are finished.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator

from camformation.counting import counted
from camformation.deploy.cloud.errors import DeployError, Refused, Throttled, Unreachable
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import Operation, StackSets
from camformation.deploy.fleet.calls import Call, Stage
from camformation.deploy.fleet.events import FleetEvent, WaveProgress
from camformation.deploy.fleet.live_fleet import running_operations
from camformation.deploy.fleet.polling import Watch
from camformation.deploy.fleet.results import READS_PER_S, InstanceResults, Run
from camformation.deploy.fleet.tolerance import Tolerance
from camformation.deploy.fleet.work import Verdict, Work, begin
from camformation.deploy.operation.events import Delayed, Notice
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.retries import BRIEF_S, LONG_S, Backoff

POLL_S = 10.0
MAX_RUNNING = 25
LIMIT_S = 36 * 3600  # AWS::ECS::Service's own timeout (its resource schema), without any progress

WaveEvents = Generator[FleetEvent, None, Verdict]
"""Yields events; returns how it ended."""


class WaveExecution:
    """Runs one wave. Afterwards `instances` has the state of each instance, `why` the reason of
    an early end."""

    def __init__(
        self, stack_sets: StackSets, clock: Clock, work: Work, control: Control = nobody
    ) -> None:
        self._stack_sets = stack_sets
        self._clock = clock
        self._work = work
        self._control = control
        self._tolerance = Tolerance(work.spec, work.places)
        self._waiting = 0
        self._begun = work.begun
        self._beginning, self._looking = Backoff(clock), Backoff(clock)
        self._pause = 0.0
        self._recheck = False
        self.began = clock.now()
        self.instances = InstanceResults(work.places)
        self._watch = Watch(stack_sets, clock, work.name, work.wave, self.instances)
        self.verdict = Verdict.DONE
        self.why = ""

    @property
    def operations(self) -> tuple[str, ...]:
        """The ids of running operations."""
        return tuple(self._watch.runs)

    @property
    def elapsed(self) -> float:
        """Seconds since its start."""
        return max(0.0, (self._clock.now() - self.began).total_seconds())

    def run(self) -> WaveEvents:
        """Run everything, stage by stage, and return how it ended."""
        for stage in self._stages():
            calls = deque((call, self._work.new_id()) for call in stage)
            while calls or self._watch.runs:
                if self.verdict is Verdict.DONE:
                    yield from self._begin(calls)
                else:
                    calls.clear()
                self._waiting = len(calls)
                if calls or self._watch.runs:
                    yield from self._wait()
                if self.verdict is Verdict.DETACHED:
                    return self.verdict
            if self.verdict is not Verdict.DONE:
                break
        return self.verdict

    def _stages(self) -> Iterator[Stage]:
        yield from self._work.stages
        states = self.instances.states
        yield self._work.then([place for place, state in states.items() if state == "SUCCEEDED"])

    def follow(self, operations: Iterable[Operation]) -> WaveEvents:
        """Follow operations that are already running, whoever started them."""
        for operation in operations:
            yield self._watch.found(operation)
        while self._watch.runs and self.verdict is not Verdict.DETACHED:
            yield from self._wait()
        return self.verdict

    def _begin(self, calls: deque[tuple[Call, str]]) -> Iterator[FleetEvent]:
        while calls and self._room(calls[0][0]):
            call, token = calls[0]
            preferences = self._tolerance.preferences(call.places, self.instances.failures)
            try:
                if self._recheck:
                    self._work.check()
                    self._recheck = False
                operation = begin(self._stack_sets, self._work.name, call, preferences, token)
            except (Throttled, Unreachable) as error:
                yield self._delayed(self._beginning, error)
                return
            except Refused as error:
                if error.aws_code != "OperationInProgressException":
                    raise
                yield from self._somebody_else(error)
                return
            calls.popleft()
            self._beginning.reset()
            self._begun = True
            yield self._watch.begun(operation, call)

    def _room(self, call: Call) -> bool:
        """Whether another operation may run now, within the wave's concurrency."""
        if not self._watch.runs:
            return True
        if not self._work.managed or len(self._watch.runs) >= MAX_RUNNING:
            return False
        most = self._tolerance.at_once(self.instances.failures)
        busy = sum(min(most, run.accounts) for run in self._watch.runs.values())
        return busy + min(most, call.accounts) <= most

    def _somebody_else(self, error: Refused) -> Iterator[FleetEvent]:
        """Wait for an operation that was started elsewhere; then check the StackSet again."""
        self._recheck = True
        try:
            running = running_operations(self._stack_sets, self._work.name)
        except (Throttled, Unreachable) as unanswered:
            yield self._delayed(self._beginning, unanswered)
            return
        others = [operation for operation in running if operation.id not in self._watch.runs]
        if not others:
            yield self._delayed(self._beginning, error)
        for operation in others:
            yield Notice(
                time=self._clock.now(),
                code="CAM677",
                message=f"another operation, {operation.id} ({operation.action}), is running on "
                f"{self._work.name}; waiting for it to end",
            )
            yield self._watch.found(operation, foreign=True)

    def _wait(self) -> Iterator[FleetEvent]:
        yield self._progress()
        pause = max(self._pause, POLL_S, len(self._watch.runs) / READS_PER_S)
        self._pause = 0.0
        self._clock.sleep(pause)
        choice = self._control("FLEET")
        stuck = (self._clock.now() - self._watch.moved).total_seconds() > LIMIT_S
        if choice is Choice.DETACH or stuck:
            self.verdict = Verdict.DETACHED
            return
        if choice is Choice.CANCEL:
            yield from self._stop(Verdict.STOPPED, "you stopped it")
        try:
            for run in list(self._watch.runs.values()):
                ended = yield from self._watch.look(run)
                if ended:
                    yield from self._ended(run, ended)
        except (Throttled, Unreachable) as error:
            yield self._delayed(self._looking, error)
        else:
            self._looking.reset()

    def _ended(self, run: Run, operation: Operation) -> Iterator[FleetEvent]:
        """Judge the wave by one of its own ended operations."""
        if run.foreign:
            self._recheck = True
            return
        if not self._work.stages or self.verdict is not Verdict.DONE:
            return
        exceeded = self._tolerance.exceeded(self.instances.failures)
        said = f": {operation.reason}" if operation.reason else ""
        if exceeded:
            region, failed, allowed = exceeded
            why = f"{counted(failed, 'account')} failed in {region}, where {allowed or 'none'} may"
            yield from self._stop(Verdict.FAILED, why)
        elif operation.status == "STOPPED":
            yield from self._stop(Verdict.STOPPED, f"an operation was stopped{said}")
        elif operation.status != "SUCCEEDED":
            yield from self._stop(Verdict.FAILED, f"an operation failed{said}")

    def _stop(self, verdict: Verdict, why: str) -> Iterator[FleetEvent]:
        if self.verdict is Verdict.DONE:
            self.verdict, self.why = verdict, why
        for run in self._watch.runs.values():
            if run.foreign or run.status == "STOPPING":
                continue
            try:
                self._stack_sets.stop(self._work.name, run.id)
            except DeployError as error:
                said = f"the operation {run.id} could not be stopped: {error.message}"
                yield Notice(time=self._clock.now(), code="CAM644", message=said, hint=error.hint)

    def _delayed(self, backoff: Backoff, error: DeployError) -> Delayed:
        """Retry for long while something is running; otherwise give up early."""
        limit = LONG_S if self._begun or self._watch.runs else BRIEF_S
        self._pause = backoff.pause(error, limit)
        return Delayed(
            time=self._clock.now(), reason=error.message, seconds=max(self._pause, POLL_S)
        )

    def _progress(self) -> WaveProgress:
        running = tuple(run.shown() for run in self._watch.runs.values())
        counts = self.instances.counts
        wave, now = self._work.wave, self._clock.now()
        return WaveProgress(
            time=now,
            wave=wave,
            began=self.began,
            counts=counts,
            running=running,
            waiting=self._waiting,
        )

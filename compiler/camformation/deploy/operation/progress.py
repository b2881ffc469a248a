"""The progress of one CloudFormation operation, followed to its end.

The stack's events and DescribeStacks must agree on the end: either may be late, so one alone is
trusted only after a while. Following always ends: with the operation, with an error that says how
to follow again, or detached.
"""

from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import datetime

from camformation.deploy.cloud.errors import (
    DeployError,
    Throttled,
    Unreachable,
)
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.operation.causes import failures, left_behind
from camformation.deploy.operation.events import (
    Delayed,
    Event,
    Failure,
    Finished,
    Progress,
)
from camformation.deploy.operation.evidence import denied_calls
from camformation.deploy.operation.followed import Operation, detached, lost, succeeded
from camformation.deploy.operation.giving_up import GiveUp, given_up_first, never, repeated, told
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.orders import Orders
from camformation.deploy.operation.retries import BRIEF_S, LONG_S, Backoff
from camformation.deploy.operation.rollout import Rollouts
from camformation.deploy.operation.stack_tree import StackTree, ended
from camformation.diagnostics import Locate, nowhere

LIMIT_S = 36 * 3600  # AWS::ECS::Service's own timeout (its resource schema): 2,160 minutes
POLL_S = 5.0
LOCAL_POLL_S = 0.5
READS_PER_S = 2  # DescribeStackEvents, over all stacks
MAX_DOUBTS = 20  # polls in which nothing has started, or only one source reports the end


def follow(
    cloud: Cloud,
    clock: Clock,
    operation: Operation,
    *,
    locate: Locate = nowhere,
    control: Control = nobody,
    give_up: GiveUp = never,
) -> Iterator[Event]:
    """Yield events until the operation has ended; the last event is Finished or Detached.

    Raises DeployError if AWS can no longer be reached; the operation continues anyway, and the
    error says how to follow it again. A KeyboardInterrupt detaches.
    """
    follower = _Follower(cloud, clock, operation, locate, control, give_up)
    try:
        yield from follower.run()
    except KeyboardInterrupt:
        yield detached(operation, clock.now())
    except DeployError as error:
        raise lost(error, operation) from error


class _Follower:
    def __init__(
        self,
        cloud: Cloud,
        clock: Clock,
        operation: Operation,
        locate: Locate,
        control: Control,
        give_up: GiveUp,
    ) -> None:
        self._cloud = cloud
        self._stacks = cloud.stacks
        self._clock = clock
        self._operation = operation
        self._locate = locate
        self._control = control
        self._give_up = give_up
        self._poll = LOCAL_POLL_S if cloud.local else POLL_S
        self._tree = StackTree(operation.stack_id, operation.after, locate)
        self._tree.deleting = operation.kind == "DELETE"
        self._orders = Orders(cloud, clock, self._tree, operation.kind, operation.role_arn)
        self._rollouts = Rollouts(cloud, operation.log_groups)
        self._asked: set[tuple[str | None, str | None]] = set()
        self._given_up: tuple[Failure, ...] = ()
        self._told: set[tuple[str, str, bool]] = set()
        self._backoff = Backoff(clock, unit_s=self._poll)
        self._retry_s = BRIEF_S if cloud.local else LONG_S
        self._doubts = 0
        self._timed_out = False

    def run(self) -> Iterator[Event]:
        started = self._clock.now()
        while True:
            now = self._clock.now()
            try:
                stack = self._stacks.describe_stack(self._operation.stack_id)
                status = stack.status if stack else "DELETE_COMPLETE"
                fresh = self._tree.read(self._stacks, everything=ended(status))
            except (Throttled, Unreachable) as error:
                pause = self._backoff.pause(error, self._retry_s)
                yield Delayed(time=now, reason=error.message, seconds=pause)
            else:
                self._backoff.reset()
                for event in fresh:
                    self._rollouts.note(event)
                    yield event
                yield from self._rollouts.look(now)
                yield self._progress(now, started)
                end = self._end(status, stack)
                bad = end is not None and not succeeded(self._operation.kind, end)
                if bad:
                    yield from self._late()
                if bad or (self._tree.rollback_began and self._orders.kind != "ROLLBACK"):
                    yield from self._failures()
                elif end and self._operation.kind != "DELETE":
                    yield from left_behind(self._tree, self._rollouts)
                if end:
                    yield from self._finish(now, end, stack)
                    return
                if (yield from self._gave_up(now)):
                    return
                pause = max(self._poll, self._tree.reads() / READS_PER_S)
            if (now - started).total_seconds() > LIMIT_S:
                yield detached(self._operation, now, f"watched for {LIMIT_S // 3600} hours")
                return
            if self._overdue(now, started):
                slow = f"it takes longer than {self._operation.timeout_minutes} minutes"
                if self._orders.kind != "UPDATE":
                    yield detached(self._operation, now, slow)
                    return
                yield from self._orders.give(Choice.CANCEL, f"{slow}: ")
            self._clock.sleep(pause)
            choice = self._control(self._orders.kind)
            if choice is Choice.DETACH:
                yield detached(self._operation, self._clock.now())
                return
            yield from self._orders.give(choice)

    def _overdue(self, now: datetime, started: datetime) -> bool:
        """Return, once, whether the operation takes longer than the spec allows."""
        minutes = self._operation.timeout_minutes
        if minutes is None or self._timed_out or self._orders.kind not in ("CREATE", "UPDATE"):
            return False
        self._timed_out = (now - started).total_seconds() > minutes * 60
        return self._timed_out and not self._tree.rollback_began

    def _end(self, described: str, stack: StackDescription | None) -> str | None:
        """Return the operation's final status, None while it runs."""
        root = self._tree.root
        said = ended(root.status)
        if said and (ended(described) or self._tree.closed):
            return root.status
        begun = root.began is not None
        if begun and stack is None:
            return described
        doubtful = said or ended(described) or (not begun and described == "REVIEW_IN_PROGRESS")
        self._doubts = self._doubts + 1 if doubtful else 0
        if self._doubts <= MAX_DOUBTS:
            return None
        if not begun and (stack is not None or self._orders.kind != "DELETE"):
            raise DeployError(
                "CAM629",
                f"CloudFormation has not started: {self._operation.stack} is still in {described}",
                "deploy again",
            )
        return root.status if said else described

    def _progress(self, now: datetime, started: datetime) -> Progress:
        tree = self._tree
        stacks = tree.progress(self._operation.expected)
        return Progress(
            time=now, began=tree.root.began or started, stacks=stacks, waiting=tree.waiting()
        )

    def _late(self) -> Iterator[Event]:
        """Yield events that came after younger ones: the cause of the failure may be among them."""
        with suppress(DeployError):  # then the known causes are the answer
            for event in self._tree.read(self._stacks, everything=True, late=True):
                self._rollouts.note(event)
                yield event

    def _failures(self) -> Iterator[Failure]:
        for failure in self._causes():
            key = (failure.component, failure.logical_id, failure.rolling_back)
            if key not in self._told:
                self._told.add(key)
                yield failure

    def _finish(
        self, now: datetime, status: str, stack: StackDescription | None
    ) -> Iterator[Event]:
        good = succeeded(self._operation.kind, status)
        if good and self._operation.kind != "DELETE":
            yield from self._rollouts.gone_back(now)
        root = self._tree.root
        if not good:
            with suppress(DeployError):  # the operation's own end is what matters
                yield from denied_calls(self._cloud, root.began or now, now)
        took = ((root.ended or now) - (root.began or now)).total_seconds()
        yield Finished(
            time=now,
            stack=self._operation.stack,
            stack_id=self._operation.stack_id,
            status=status,
            succeeded=good,
            elapsed=max(0.0, took),
            outputs=stack.outputs if stack else {},
            failures=() if good else self._causes(),
            reason=stack.status_reason if stack and not good else None,
        )

    def _gave_up(self, now: datetime) -> Generator[Event, None, bool]:
        """End a wait that cannot succeed, if requested; return whether to leave."""
        if self._orders.kind not in ("CREATE", "UPDATE") or self._tree.rollback_began:
            return False
        for failure, state in repeated(self._rollouts, self._locate, now):
            key = (failure.physical_id, failure.hint or failure.reason.partition(": ")[2])
            if key in self._asked:
                continue
            self._asked.add(key)
            yield told(failure, now)
            choice = self._give_up(self._orders.kind, failure)
            if choice in (None, Choice.CONTINUE):
                continue
            self._given_up += (failure,)
            self._told.add((failure.component, failure.logical_id, False))
            yield failure
            if choice is Choice.CANCEL and failure.status == "UPDATE_IN_PROGRESS":
                yield from self._orders.stop(state)
            if choice is not Choice.DETACH:
                yield from self._orders.give(choice)
            if self._orders.kind not in ("ROLLBACK", "DELETE"):  # left, or it was refused
                yield detached(self._operation, self._clock.now(), "it cannot succeed")
                return True
            return False
        return False

    def _causes(self) -> tuple[Failure, ...]:
        found = failures(self._tree, self._rollouts)
        return given_up_first(self._given_up, found, self._operation.stack_id)

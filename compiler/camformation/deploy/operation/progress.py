"""The progress of one CloudFormation operation, followed to its end.

The end is what the stack's events say, and DescribeStacks agrees with: either may be late, so each
is believed alone only after a while. Looking ends for certain: with the operation, with an error
that says how to look again, or detached.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from datetime import datetime

from camformation.deploy.cloud.errors import (
    DeployError,
    Refused,
    Throttled,
    Unreachable,
    with_hint,
)
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.operation.causes import failures, left_behind
from camformation.deploy.operation.events import (
    Delayed,
    Detached,
    Event,
    Failure,
    Finished,
    Notice,
    Progress,
)
from camformation.deploy.operation.evidence import denied_calls
from camformation.deploy.operation.interrupt import Choice, Control, choices, nobody
from camformation.deploy.operation.retries import BRIEF_S, LONG_S, Backoff
from camformation.deploy.operation.rollout import Rollouts
from camformation.deploy.operation.stack_tree import StackTree, ended
from camformation.diagnostics import Locate, nowhere
from camformation.frozen import frozen

LIMIT_S = 36 * 3600  # AWS::ECS::Service's own timeout (its resource schema): 2,160 minutes
POLL_S = 5.0
LOCAL_POLL_S = 0.5
READS_PER_S = 2  # DescribeStackEvents, over all stacks
MAX_DOUBTS = 20  # looks at which nothing has begun, or only one source knows of the end


@frozen
class Operation:
    """One operation of a root stack. `after` is the id of the stack's last event before it."""

    stack_id: str
    stack: str
    kind: str  # CREATE | UPDATE | DELETE | IMPORT | ROLLBACK
    after: str | None = None
    role_arn: str | None = None
    log_groups: tuple[str, ...] = ()  # where tasks log, as far as it is known beforehand
    expected: Mapping[str, int] = field(default_factory=dict)  # changes, by component
    reattach: str = ""
    timeout_minutes: int | None = None

    @property
    def watch(self) -> str:
        """The command that watches again."""
        return self.reattach or f"camformation watch {self.stack}"


def succeeded(kind: str, status: str) -> bool:
    """Whether an operation of that kind ended as it should."""
    if kind == "ROLLBACK":
        return status.endswith("ROLLBACK_COMPLETE")
    return status == f"{kind}_COMPLETE"


def follow(
    cloud: Cloud,
    clock: Clock,
    operation: Operation,
    *,
    locate: Locate = nowhere,
    control: Control = nobody,
) -> Iterator[Event]:
    """Yield what happens until the operation has ended; the last event is Finished or Detached.

    Raises DeployError where AWS cannot be asked any longer; the operation goes on all the same,
    and the error says how to look again. A KeyboardInterrupt detaches.
    """
    follower = _Follower(cloud, clock, operation, locate, control)
    try:
        yield from follower.run()
    except KeyboardInterrupt:
        yield detached(operation, clock.now())
    except DeployError as error:
        raise _lost(error, operation) from error


class _Follower:
    def __init__(
        self, cloud: Cloud, clock: Clock, operation: Operation, locate: Locate, control: Control
    ) -> None:
        self._cloud = cloud
        self._stacks = cloud.stacks
        self._clock = clock
        self._operation = operation
        self._control = control
        self._poll = LOCAL_POLL_S if cloud.local else POLL_S
        self._kind = operation.kind
        self._tree = StackTree(operation.stack_id, operation.after, locate)
        self._tree.deleting = operation.kind == "DELETE"
        self._rollouts = Rollouts(cloud, operation.log_groups)
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
                if bad or (self._tree.rollback_began and self._kind != "ROLLBACK"):
                    yield from self._failures()
                elif end and self._operation.kind != "DELETE":
                    yield from left_behind(self._tree, self._rollouts)
                if end:
                    yield from self._finish(now, end, stack)
                    return
                pause = max(self._poll, self._tree.reads() / READS_PER_S)
            if (now - started).total_seconds() > LIMIT_S:
                yield detached(self._operation, now, f"watched for {LIMIT_S // 3600} hours")
                return
            if self._overdue(now, started):
                slow = f"it takes longer than {self._operation.timeout_minutes} minutes"
                if self._kind != "UPDATE":
                    yield detached(self._operation, now, slow)
                    return
                yield from self._obey(Choice.CANCEL, f"{slow}: ")
            self._clock.sleep(pause)
            choice = self._control(self._kind)
            if choice is Choice.DETACH:
                yield detached(self._operation, self._clock.now())
                return
            yield from self._obey(choice)

    def _overdue(self, now: datetime, started: datetime) -> bool:
        """Return, once, whether the operation takes longer than the spec allows."""
        minutes = self._operation.timeout_minutes
        if minutes is None or self._timed_out or self._kind not in ("CREATE", "UPDATE"):
            return False
        self._timed_out = (now - started).total_seconds() > minutes * 60
        return self._timed_out and not self._tree.rollback_began

    def _end(self, described: str, stack: StackDescription | None) -> str | None:
        """Return the status the operation ended in, None while it goes on."""
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
        if not begun and (stack is not None or self._kind != "DELETE"):
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
        with suppress(DeployError):  # what is known already is the answer then
            for event in self._tree.read(self._stacks, everything=True, late=True):
                self._rollouts.note(event)
                yield event

    def _failures(self) -> Iterator[Failure]:
        for failure in failures(self._tree, self._rollouts):
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
            failures=() if good else failures(self._tree, self._rollouts),
            reason=stack.status_reason if stack and not good else None,
        )

    def _obey(self, choice: Choice | None, why: str = "") -> Iterator[Notice]:
        stack_id = self._operation.stack_id
        if choice not in {each for each, _ in choices(self._kind)} - {Choice.CONTINUE}:
            return
        try:
            if choice is Choice.CANCEL:
                self._stacks.cancel_update(stack_id)
                said = "the update is being cancelled; CloudFormation rolls back"
                self._kind = "ROLLBACK"
            else:
                token = f"delete-{stack_id.rpartition('/')[2]}"[:128]
                self._tree.deleting = True
                self._stacks.delete_stack(
                    stack_id, role_arn=self._operation.role_arn, client_token=token
                )
                said = "the stack is being deleted; resources that its template retains are kept"
                self._kind = "DELETE"
        except Refused as error:
            yield Notice(
                time=self._clock.now(),
                code="CAM635",
                message=f"{why}not possible now: {error.message}",
                hint=error.hint,
            )
        else:
            yield Notice(time=self._clock.now(), code="CAM635", message=why + said, warning=False)


def detached(operation: Operation, now: datetime, reason: str | None = None) -> Detached:
    """Return the event of leaving: CloudFormation goes on."""
    return Detached(
        time=now,
        stack=operation.stack,
        stack_id=operation.stack_id,
        reattach=operation.watch,
        reason=reason,
    )


def _lost(error: DeployError, operation: Operation) -> DeployError:
    """Add to an error that nothing is lost, and how to watch again. It keeps its class."""
    if error.code == "CAM629":
        return error
    again = f"CloudFormation continues; follow it with `{operation.watch}`"
    hint = f"{error.hint}; {again}" if error.hint and operation.watch not in error.hint else again
    return with_hint(error, hint)

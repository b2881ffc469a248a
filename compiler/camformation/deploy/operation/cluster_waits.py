"""Waits of operations on a running cluster: for a change to end, for every partition's health."""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime

from camformation.deploy.cloud.cluster import Change, Cluster
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.topology import faults
from camformation.deploy.operation.interrupt import Choice, Control
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.operation.service_moves import Move, Moved

POLL_S = 5.0
HEALTHY_S = 1800.0
STUCK_S = 3600.0  # without any progress of a change

Failure = Callable[[str], DeployError]
"""Creates the error of a failed wait, from the last state."""


class ClusterWaits:
    """Waits until a condition holds, too much time has passed, or the user leaves."""

    def __init__(
        self, management: Management, clock: Clock, control: Control, subject: str
    ) -> None:
        """Take the `subject` for messages."""
        self._management = management
        self._clock = clock
        self._control = control
        self._subject = subject
        self._left = False

    def _cluster(self) -> Cluster:
        return retried_silently(self._clock, self._management.cluster)

    def _followed(self, change: int, stuck: Failure) -> Generator[Move, None, bool]:
        """Report the progress of a change; return whether it was followed to its end."""
        said, since = "", self._clock.now()
        while not self._left:
            cluster = retried_silently(
                self._clock, lambda: self._management.followed(self._management.patience)
            )
            pending = cluster.pending
            if pending is None or pending.id != change:
                return True
            text = _progress(pending)
            if text != said:
                said, since = text, self._clock.now()
                yield self._moved(text)
            if self._late(since, STUCK_S):
                raise stuck(f"{text}, and nothing has changed for an hour")
            self._wait()
        return False

    def _until_healthy(self, when: str, unwell: Failure) -> Iterator[Move]:
        """Wait until every partition has its leader and its replicas."""
        said, since = "", self._clock.now()
        while not self._left:
            topology = retried_silently(self._clock, self._management.topology)
            wrong = "; ".join(faults(topology))
            if not wrong:
                return
            if wrong != said:
                said = wrong
                yield self._moved(f"waiting {when}: {wrong}")
            if self._late(since, HEALTHY_S):
                raise unwell(wrong)
            self._wait()

    def _late(self, since: datetime, limit_s: float) -> bool:
        return (self._clock.now() - since).total_seconds() > limit_s

    def _wait(self) -> None:
        self._clock.sleep(POLL_S)
        self._left = self._left or self._control("SERVICES") is Choice.DETACH

    def _moved(self, message: str) -> Moved:
        return Moved(time=self._clock.now(), subject=self._subject, message=message)


def _progress(change: Change) -> str:
    done, left = len(change.completed), len(change.pending)
    text = f"change {change.id}: {done} of {done + left} operations done"
    if change.pending:
        first = change.pending[0]
        of = "" if first.partition is None else f" of partition {first.partition}"
        at = "" if first.broker is None else f" at broker {first.broker}"
        text += f"; now {first.operation}{of}{at}"
    return text

"""Retries of AWS calls, with the waits shown to the user.

botocore repeats each call by itself, for about a minute (`aws/connection`). Giving up before the
start loses nothing; a running operation continues at AWS, so following it may retry for long.
"""

from collections.abc import Callable, Generator
from datetime import datetime
from typing import TypeVar

from camformation.deploy.cloud.errors import DeployError, Throttled, Unreachable
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.operation.events import Delayed

BRIEF_S = 180.0
LONG_S = 900.0
MAX_PAUSE_S = 60.0

T = TypeVar("T")


class Backoff:
    """The pauses between retries, each twice as long as the one before, up to a minute.

    `since` is when the first call was made; without it, the time of the first failure.
    """

    def __init__(self, clock: Clock, unit_s: float = 1.0, since: datetime | None = None) -> None:
        self._clock = clock
        self._unit_s = unit_s
        self._since = since
        self._failed = 0

    def pause(self, error: DeployError, limit_s: float) -> float:
        """Return the seconds to wait; raise the error if it has already taken too long."""
        now = self._clock.now()
        self._since = self._since or now
        self._failed += 1
        seconds = min(MAX_PAUSE_S, self._unit_s * 2.0 ** min(self._failed, 6))
        if (now - self._since).total_seconds() + seconds > limit_s:
            raise error
        return seconds

    def reset(self) -> None:
        """Forget the failures: AWS has answered."""
        self._since, self._failed = None, 0


def retried(
    clock: Clock, call: Callable[[], T], limit_s: float = BRIEF_S
) -> Generator[Delayed, None, T]:
    """Return the result of a call, repeated if AWS throttles or fails; yield each wait.

    For repeatable calls: reads, and calls with a token.
    """
    backoff = Backoff(clock, since=clock.now())
    while True:
        try:
            return call()
        except (Throttled, Unreachable) as error:
            seconds = backoff.pause(error, limit_s)
            yield Delayed(time=clock.now(), reason=error.message, seconds=seconds)
            clock.sleep(seconds)


def retried_silently(clock: Clock, call: Callable[[], T]) -> T:
    """Return the result of a call, repeated for three minutes at most; the waits are not shown."""
    delays = retried(clock, call)
    while True:
        try:
            next(delays)
        except StopIteration as answer:
            return answer.value  # type: ignore[no-any-return]

"""How long AWS is asked again where it throttles or fails, and that this is told.

botocore repeats each call by itself, for about a minute (`aws/connection`). Nothing is lost by
giving up before anything was begun; what runs goes on at AWS, so that following it may take long.
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


class Patience:
    """Counts failures in a row; `since` is when the first call was made."""

    def __init__(self, clock: Clock, since: datetime | None = None) -> None:
        self._clock = clock
        self._since = since
        self._failed = 0

    def pause(self, error: DeployError, limit_s: float) -> float:
        """Return how many seconds to wait; raise the error if it has taken too long already."""
        now = self._clock.now()
        self._since = self._since or now
        self._failed += 1
        seconds = min(MAX_PAUSE_S, 2.0 ** min(self._failed, 6))
        if (now - self._since).total_seconds() + seconds > limit_s:
            raise error
        return seconds

    def rewarded(self) -> None:
        """AWS has answered: forget the failures."""
        self._since, self._failed = None, 0


def asked(
    clock: Clock, call: Callable[[], T], limit_s: float = BRIEF_S
) -> Generator[Delayed, None, T]:
    """Return what a call returns, asking again where AWS throttles or fails; yield why it waits.

    For what may be repeated: reading, and whatever has a token.
    """
    patience = Patience(clock, clock.now())
    while True:
        try:
            return call()
        except (Throttled, Unreachable) as error:
            seconds = patience.pause(error, limit_s)
            yield Delayed(clock.now(), error.message, seconds)
            clock.sleep(seconds)


def patiently(clock: Clock, call: Callable[[], T]) -> T:
    """Return what a call returns, where nobody is told of delays: after three minutes at most."""
    delays = asked(clock, call)
    while True:
        try:
            next(delays)
        except StopIteration as answer:
            return answer.value  # type: ignore[no-any-return]

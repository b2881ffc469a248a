"""Ctrl-C during an operation: the choices it offers, and a clock that wakes up for it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from types import FrameType


class Choice(StrEnum):
    """The choice after Ctrl-C."""

    DETACH = "detach"
    CANCEL = "cancel"
    DELETE = "delete"
    STOP = "stop"
    CONTINUE = "continue"


Control = Callable[[str], Choice | None]
"""Called after every pause with the kind of operation; returns the user's choice, or None.

Besides CloudFormation's kinds there are PREPARE, the steps of camformation before a deletion, and
SERVICES, restarts and stops of ECS services.
"""


def choices(kind: str) -> tuple[tuple[Choice, str], ...]:
    """Return the choices for a running operation with their meaning, the safe one first.

    None loses data without being asked for: a creation cannot be cancelled, only deleted.
    """
    detach = (
        Choice.DETACH,
        "detach; CloudFormation continues, follow it with `camformation watch`",
    )
    stay = (Choice.CONTINUE, "continue watching")
    match kind:
        case "UPDATE":
            cancel = "cancel the update: CloudFormation rolls back to the previous deployment"
            return (detach, (Choice.CANCEL, cancel), stay)
        case "CREATE":
            delete = "delete the stack that is being created, with everything in it so far"
            return (detach, (Choice.DELETE, delete), stay)
        case "PREPARE":
            stop = "stop here, before the stack is deleted; completed steps are not undone"
            return ((Choice.STOP, stop), (Choice.CONTINUE, "continue destroying"))
        case "FLEET":
            leave = (
                Choice.DETACH,
                "detach; running operations continue, later waves are not started",
            )
            stop = "stop: stacks in progress are finished, no others are started"
            return (leave, (Choice.CANCEL, stop), stay)
        case "SERVICES":
            left = "detach; ECS continues with what was started, nothing else is started"
            return ((Choice.DETACH, left), stay)
        case _:
            return (detach, stay)


def nobody(kind: str) -> Choice | None:
    """Choose nothing: for operations without a terminal."""
    return None


class _Woken(Exception):
    """Raised by the signal handler to end a sleep."""


class InterruptibleClock:
    """The time of day; Ctrl-C ends a sleep at once and is counted in `presses`.

    `on_signal` is a handler for SIGINT. A call to AWS is interrupted only if the caller is prepared
    for that (`breakable`), and only at the second press.
    """

    def __init__(self) -> None:
        self.presses = 0
        self.breakable = False
        self._asleep = False
        self._awake = False  # a press between two sleeps skips the next one

    def now(self) -> datetime:
        """Return the time, with its zone."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, or return early after Ctrl-C: each press ends one sleep."""
        try:
            self._asleep = True
            if not self._awake:
                time.sleep(seconds)
        except _Woken:
            pass
        finally:
            self._asleep = self._awake = False

    def on_signal(self, signum: int, frame: FrameType | None) -> None:
        """Remember the press."""
        self.presses += 1
        if self._asleep:
            self._asleep = False
            raise _Woken
        self._awake = True
        if self.breakable and self.presses > 1:
            raise KeyboardInterrupt

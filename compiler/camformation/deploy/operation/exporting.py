"""Pausing and resuming what brokers export to the database.

Camunda docs, Management API, Exporting API: repeat a failed call, because it may have reached only
some partitions.
"""

from collections.abc import Callable, Iterator

from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.management import Management
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.service_moves import Move, Moved, MoveEnded

POLL_S = 5.0
LIMIT_S = 300.0


def change_exporting(
    management: Management, clock: Clock, wish: str, control: Control = nobody
) -> Iterator[Move]:
    """Set exporting to PAUSED, SOFT_PAUSED or EXPORTING in every partition."""
    tell: Callable[[], None] = management.resume_exporting
    if wish != "EXPORTING":
        tell = _pause(management, soft=wish == "SOFT_PAUSED")
    yield _moved(clock, "telling every partition")
    began = clock.now()
    while True:
        try:
            tell()
            state = management.exporting()
            if state in (wish, None):
                break
            said = f"it is {state}"
        except Unreachable as error:
            said = error.message
        if (clock.now() - began).total_seconds() > LIMIT_S:
            raise DeployError(
                "CAM726",
                f"not every partition is {wish}: {said}",
                "some partitions may be, others not: see `camformation status`, and run it again",
            )
        yield _moved(clock, f"trying again: {said}")
        clock.sleep(POLL_S)
        if control("SERVICES") is Choice.DETACH:
            hint = "some partitions may have changed, and others not: run it again"
            now = clock.now()
            yield MoveEnded(time=now, succeeded=True, message="left", hint=hint, left=True)
            return
    known = f"exporting is {wish}" if state else f"every partition was told to be {wish}"
    yield MoveEnded(time=clock.now(), succeeded=True, message=known)


def _pause(management: Management, *, soft: bool) -> Callable[[], None]:
    return lambda: management.pause_exporting(soft=soft)


def _moved(clock: Clock, message: str) -> Moved:
    return Moved(time=clock.now(), subject="exporting", message=message)

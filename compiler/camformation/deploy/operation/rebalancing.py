"""The rebalancing of partition leaders, followed until brokers lead about as many each.

Camunda docs, Rebalancing: brokers elect leaders by priority. Port 9600 answers 200 whatever the
outcome, so only the topology tells.
"""

from collections.abc import Iterator

from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.topology import faults, uneven
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.service_moves import Move, Moved, MoveEnded

POLL_S = 5.0
LIMIT_S = 300.0


def rebalance(management: Management, clock: Clock, control: Control = nobody) -> Iterator[Move]:
    """Ask brokers once, and follow their leaders."""
    yield _moved(clock, "asking brokers to elect leaders by priority")
    management.rebalance()
    said, began = "", clock.now()
    while True:
        try:
            topology = management.topology()
            text = uneven(topology) or "; ".join(faults(topology))
        except Unreachable as error:
            text = error.message
        if not text:
            message = "every broker leads about as many partitions"
            yield MoveEnded(time=clock.now(), succeeded=True, message=message)
            return
        if text != said:
            said = text
            yield _moved(clock, text)
        if (clock.now() - began).total_seconds() > LIMIT_S:
            raise DeployError(
                "CAM726",
                f"leaders are not even after {LIMIT_S / 60:.0f} minutes: {text}",
                "Camunda gives no guarantee: a broker that is busy or behind does not take over; "
                "run it again when there is less to do",
            )
        clock.sleep(POLL_S)
        if control("SERVICES") is Choice.DETACH:
            yield MoveEnded(
                time=clock.now(),
                succeeded=True,
                message="detached; brokers continue",
                hint="`camformation status --brokers` shows whether leaders are uneven",
                left=True,
            )
            return


def _moved(clock: Clock, message: str) -> Moved:
    return Moved(time=clock.now(), subject="leaders", message=message)

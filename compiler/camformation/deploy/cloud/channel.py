"""HTTP calls to Camunda's brokers, and the channels for them."""

from collections.abc import Sequence
from typing import Any, Protocol

from camformation.deploy.cloud.errors import DeployError
from camformation.frozen import frozen

POLL_S = 5.0  # as Camunda's docs suggest for configuration changes (Management API)


@frozen
class Call:
    """One HTTP call: `path` begins with `/actuator`, `/v2` or `/cluster/v2`, query included.

    `body` is sent as JSON. `everywhere`: to every broker, which answer one after the other.
    `while_says`: repeated every few seconds while the answer has this text, for `seconds` at most.
    """

    method: str
    path: str
    body: Any = None
    everywhere: bool = False
    while_says: str = ""
    seconds: int = 0


@frozen
class Answer:
    """An HTTP answer; `body` is its JSON data, its text if it is not JSON, or None if it is empty.

    Status 0: there was no answer, and `body` has the reason; `sent`: the call may have been
    executed.
    """

    status: int
    body: Any = None
    sent: bool = True
    host: str = ""  # the broker, if all were called


class NoWay(DeployError):
    """The call did not arrive."""


class Channel(Protocol):
    """A channel to the brokers."""

    @property
    def name(self) -> str:
        """Its name in messages: `the ops task`, `https://camunda.example`."""

    @property
    def patience(self) -> int:
        """The seconds for which a call should be repeated inside one query, because queries are
        expensive; 0 if they are cheap."""

    def ask(self, calls: Sequence[Call]) -> tuple[tuple[Answer, ...], ...]:
        """Make calls one after the other, and return the answers to each: one, or those of all
        brokers. A status of 400 or more, or no answer, ends it: later calls are not made.

        Raises NoWay if no broker can be reached.
        """

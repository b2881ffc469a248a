"""HTTP calls to Camunda's brokers, and the ways on which they get there."""

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
    """An HTTP answer; `body` is what its JSON holds, its text where it is none, None where empty.

    Status 0: nobody answered, and `body` says why; `sent`: the call may have been carried out.
    """

    status: int
    body: Any = None
    sent: bool = True
    host: str = ""  # who was asked, where everybody was


class NoWay(DeployError):
    """Nobody has heard the call."""


class Channel(Protocol):
    """A way to the brokers."""

    @property
    def name(self) -> str:
        """How it is called in messages: `the ops task`, `https://camunda.example`."""

    @property
    def patience(self) -> int:
        """How many seconds a call should be repeated inside one question, because a question is
        expensive; 0 where it costs nothing."""

    def ask(self, calls: Sequence[Call]) -> tuple[tuple[Answer, ...], ...]:
        """Make calls one after the other, and return the answers of each: one, or those of all
        brokers. A status of 400 or more, or none, ends it: later calls are not made.

        Raises NoWay where there is no way to any broker.
        """

"""A running local target: its address and credentials."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from camformation.deploy.local.storage import Log

MINISTACK_VERSION = "1.5.33"
"""The only version that the extensions support: they replace private names."""

SECRET_KEY = "local"


@dataclass
class LocalTarget:
    """A running endpoint. The access key is the account id, as MiniStack reads it.

    `owned` is false when another run already serves this state folder: `stop` then does nothing.
    """

    endpoint_url: str
    region: str
    account: str
    state_dir: Path
    owned: bool
    _stop: Callable[[], None] = field(repr=False)
    _log: Log | None = field(default=None, repr=False)

    @property
    def failure(self) -> str:
        """The system's reason why nothing can be written any more; empty if all is well."""
        return self._log.failure if self._log else ""

    @property
    def access_key(self) -> str:
        """The access key id to sign with."""
        return self.account

    @property
    def secret_key(self) -> str:
        """The secret key to sign with; it is not checked."""
        return SECRET_KEY

    def stop(self) -> None:
        """Save the state and end the server. Stopping twice does nothing."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

"""What a caller sees of the local target: starting it, its address, stopping it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

MINISTACK_VERSION = "1.5.33"
"""The only version the extensions are written for: the names they reach for are private."""

LOCAL_STATE = "local"
"""The folder name of the default state below the user's data folder."""

SECRET_KEY = "local"


class LocalTargetMissing(Exception):
    """The emulator is not installed, or in another version."""

    hint = "pip install 'camformation[local]'"


class LocalTargetBusy(Exception):
    """Another process holds this state and does not answer."""

    hint = "end the other process, or choose another folder with --local-state DIR"


class LocalTargetFailed(Exception):
    """The emulator did not start, or cannot start here."""

    hint = "the emulator's log is ministack.log in the state folder"


@dataclass
class LocalTarget:
    """A running endpoint. The access key is the account id, as MiniStack reads it.

    `owned` is false when another run already serves this state folder: `stop` then leaves it alone.
    """

    endpoint_url: str
    region: str
    account: str
    state_dir: Path
    owned: bool
    _stop: Callable[[], None] = field(repr=False)

    @property
    def access_key(self) -> str:
        """The access key id to sign with."""
        return self.account

    @property
    def secret_key(self) -> str:
        """The secret key to sign with; nothing checks it."""
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


def start(
    state_dir: Path, *, region: str = "us-east-1", account: str = "000000000000"
) -> LocalTarget:
    """Serve the state in `state_dir` on a free port of 127.0.0.1, or join the run that does.

    Everything the emulator writes stays below `state_dir`. One process serves one folder at a time.
    Raises LocalTargetMissing, LocalTargetBusy or LocalTargetFailed.
    """
    from camformation.deploy.local.server import serve

    return serve(state_dir, region, account)

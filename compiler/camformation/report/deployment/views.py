"""Base classes of the views that show events: one writes lines, one redraws a picture."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from camformation.deploy.operation.events import Notice

if TYPE_CHECKING:
    from rich.console import Console


class Written:
    """Writes events one after the other; `write` takes text with its newline."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def paused(self) -> AbstractContextManager[None]:
        """Free the terminal for a question."""
        return nullcontext()


class Redrawn(ABC):
    """Redraws a picture on a terminal; `now` is the clock of its timers."""

    def __init__(self, console: "Console", now: Callable[[], datetime]) -> None:
        from rich.live import Live

        self._console = console
        self._now = now
        self._live = Live(
            console=console,
            get_renderable=self.render,
            refresh_per_second=4,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Free the terminal for a question."""
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()

    @abstractmethod
    def render(self) -> Any:
        """Return the current picture."""

    def _print(self, text: str, style: str) -> None:
        """Print lines above the picture, where they stay."""
        from rich.text import Text

        self._console.print(Text(text, style=style), soft_wrap=True)

    def _notice(self, event: Notice) -> None:
        self._print(f"{event.code} {event.message}", "yellow" if event.warning else "")
        if event.hint:
            self._print(f"    hint: {event.hint}", "")


def notice_lines(event: Notice) -> Iterator[str]:
    """Yield a notice as lines of a log."""
    yield f"{'warning' if event.warning else 'note'} {event.code}: {event.message}"
    if event.hint:
        yield f"    hint: {event.hint}"

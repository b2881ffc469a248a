"""The display of a running operation, and the questions that Ctrl-C asks."""

import shlex
import signal
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from camformation.cli.fail_fast import FailFast
from camformation.cli.options import Where
from camformation.cli.target import Connection, interactive
from camformation.deploy.operation.events import (
    Detached,
    Failure,
    Finished,
    Notice,
)
from camformation.deploy.operation.giving_up import GiveUp
from camformation.deploy.operation.interrupt import Choice, InterruptibleClock, choices
from camformation.report.terminal_text import visible_data

if TYPE_CHECKING:
    from rich.console import Console

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has ended: 128 plus the number of SIGINT."""
E = TypeVar("E")

Write = Callable[[str], None]
Now = Callable[[], datetime]


class Kind(NamedTuple):
    """A kind of operation: its views, and the roles of its events.

    The views are imported on demand. Events in `loud` are shown even for a quiet operation; after
    events in `pauses`, a second Ctrl-C may interrupt a hanging call to AWS, and everywhere if None.
    """

    as_json: Callable[[Write], Any]
    as_lines: Callable[[Write], Any]
    live: Callable[["Console", Now], Any]
    loud: tuple[type, ...]
    pauses: tuple[type, ...] | None


def _as_json(write: Write) -> Any:
    from camformation.report.deployment.json_lines import DeployJson

    return DeployJson(write)


def _as_lines(write: Write) -> Any:
    from camformation.report.deployment.lines import DeployLines

    return DeployLines(write)


def _live(console: "Console", now: Now) -> Any:
    from camformation.report.deployment.live import DeployLive

    return DeployLive(console, now)


DEPLOYMENT = Kind(
    _as_json,
    _as_lines,
    _live,
    (Failure, Notice, Finished, Detached),
    None,
)


class OperationView:
    """Shows events: as a live tree on a terminal, as lines elsewhere, as JSON for machines.

    A terminal that cannot redraw (TERM=dumb) gets lines.
    """

    def __init__(self, *, as_json: bool, quiet: bool = False, kind: Kind = DEPLOYMENT) -> None:
        self.as_json = as_json
        self.quiet = quiet and not as_json
        self.clock = InterruptibleClock()
        self.kind = kind
        self.unasked = False  # left by Ctrl-C, and nobody chose that
        self._view = self._chosen_view()

    def run(self, events: Iterable[E]) -> E | None:
        """Show every event and return the last. Ctrl-C is answered at the next pause."""
        last: E | None = None
        before = signal.signal(signal.SIGINT, self.clock.on_signal)
        try:
            with self._view as view:
                for event in self._awaited(events):
                    last = event
                    if not self.quiet or isinstance(event, self.kind.loud):
                        view.show(event if self.as_json else visible_data(event))
        finally:
            signal.signal(signal.SIGINT, before)
        return last

    def _awaited(self, events: Iterable[E]) -> Iterator[E]:
        """Yield the events; Ctrl-C may interrupt a call only while an event is awaited."""
        iterator, last = iter(events), None
        pauses = self.kind.pauses
        while True:
            self.clock.breakable = pauses is None or isinstance(last, pauses)
            try:
                last = next(iterator)
            except StopIteration:
                return
            finally:
                self.clock.breakable = False
            yield last

    def left(self, reason: str | None) -> int:
        """Return the exit code for leaving an operation: success if the user chose to; after Ctrl-C
        alone that of an interruption, so that a script does not continue as if all were done."""
        return 1 if reason else INTERRUPTED if self.unasked else 0

    def control(self, kind: str) -> Choice | None:
        """If Ctrl-C was pressed, ask how to continue; pressed again, it detaches."""
        presses, self.clock.presses = self.clock.presses, 0
        if not presses:
            return None
        leave = choices(kind)[0][0]
        self.unasked = presses > 1 or self.as_json or not interactive()
        if self.unasked:
            return leave
        with self._view.paused():
            before = signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                return _asked(kind)
            except (click.Abort, KeyboardInterrupt):
                self.unasked = True
                return leave
            finally:
                signal.signal(signal.SIGINT, before)

    def giving_up(self, fail_fast: FailFast) -> GiveUp:
        """Return the decision about a repeating failure: by the user on a terminal, or by
        options."""
        asks = fail_fast.wanted is None and fail_fast.asks and interactive() and not self.as_json

        def give_up(kind: str, failure: Failure) -> Choice | None:
            if fail_fast.wanted is False:
                return None
            if not asks:
                return fail_fast.choice(kind)
            with self._view.paused():
                before = signal.signal(signal.SIGINT, signal.default_int_handler)
                try:
                    name = f"{failure.component}/{failure.logical_id}"
                    return _asked(kind, f"{name} cannot succeed.")
                except (click.Abort, KeyboardInterrupt):
                    return Choice.DETACH
                finally:
                    signal.signal(signal.SIGINT, before)

        return give_up

    def _chosen_view(self) -> Any:
        def write(text: str) -> None:
            click.echo(text, nl=False)

        if self.as_json:
            return self.kind.as_json(write)
        if interactive() and not self.quiet:
            from rich.console import Console

            console = Console()
            if not console.is_dumb_terminal:
                return self.kind.live(console, self.clock.now)
        return self.kind.as_lines(write)


def _asked(kind: str, at_work: str = "CloudFormation is still working.") -> Choice:
    offered = choices(kind)
    others = {"PREPARE": "The deletion is being prepared.", "SERVICES": "ECS is still working."}
    click.echo(f"\n{others.get(kind, at_work)} What do you want to do?")
    for choice, meaning in offered:
        click.echo(f"  {choice.value:<9} {meaning}")
    names = click.Choice([choice.value for choice, _ in offered])
    chosen = Choice(click.prompt("Choose", type=names, default=offered[0][0].value))
    if chosen is Choice.DELETE and not click.confirm(
        "Delete the stack and everything that it has created?"
    ):
        return Choice.CONTINUE
    return chosen


def command_line(command: str, subject: str, where: Where, at: Connection) -> str:
    """Return the command line of `command` for the same stack and target."""
    words = ["camformation", command, subject]
    if where.local:
        words += ["--local-state", str(where.local_state)] if where.local_state else ["--local"]
    elif where.profile:
        words += ["--profile", where.profile]
    words += ["--region", at.cloud.region]
    if where.role_arn:
        words += ["--role-arn", where.role_arn]
    return shlex.join(words)

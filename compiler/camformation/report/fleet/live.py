"""Work on a fleet on a terminal: a picture of constant size that redraws itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from camformation.counting import counted
from camformation.deploy.fleet.causes import Cause
from camformation.deploy.fleet.events import (
    Counts,
    FleetDetached,
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    StackSetChanged,
    Stopped,
    WaveEnded,
    WaveProgress,
    WaveStarted,
)
from camformation.deploy.fleet.status import FleetDrift
from camformation.deploy.operation.events import Delayed, Notice
from camformation.fleet.targets import Place
from camformation.report.deployment.views import Redrawn
from camformation.report.deployment.words import duration
from camformation.report.fleet import event_words as words
from camformation.report.fleet.words import done, one_line, place_text, states_text

if TYPE_CHECKING:
    from rich.console import Console

WAVES, OPERATIONS, CAUSES = 6, 5, 6  # that are drawn; the others are counted
BAR = 30  # cells
STYLES = {"SUCCEEDED": "green", "FAILED": "red", "CANCELLED": "magenta", "RUNNING": "yellow"}
CELLS = {"RUNNING": "▒", "PENDING": "░"}
TEXT = 60  # characters of a cause


@dataclass
class _Wave:
    """A wave in the picture."""

    name: str
    place: str
    counts: Counts
    began: datetime
    took: float | None = None


@dataclass
class _Failures:
    """The places that failed for one cause."""

    cause: Cause
    places: set[Place] = field(default_factory=set)
    example: str = ""


class FleetLive(Redrawn):
    """Shows the latest state of everything; `now` is the clock of its timers."""

    def __init__(self, console: "Console", now: Callable[[], datetime]) -> None:
        self._waves: dict[str, _Wave] = {}
        self._failures: dict[str, _Failures] = {}
        self._progress: WaveProgress | None = None
        self._delayed: Delayed | None = None
        self._ended = False
        super().__init__(console, now)  # which draws

    def show(self, event: FleetEvent | FleetDrift) -> None:
        """Show an event in the picture; messages that must stay are printed above it."""
        self._delayed = None
        match event:
            case StackSetChanged():
                self._print(words.stack_set_changed(event), "bold")
            case WaveStarted():
                place = f"{event.number} of {event.waves}"
                counts = {"PENDING": event.instances}
                self._waves.pop("", None)
                self._waves[event.wave] = _Wave(event.wave, place, counts, event.time)
            case WaveProgress():
                self._progress = event
                wave = self._waves.get(event.wave)
                if wave is None:
                    wave = _Wave(event.wave, "", {}, event.began)
                    self._waves[event.wave] = wave
                wave.counts, wave.began, wave.took = event.counts, event.began, None
            case InstanceFailed():
                found = self._failures.setdefault(event.cause.key, _Failures(event.cause))
                found.places.add((event.account, event.region))
                found.example = found.example or place_text((event.account, event.region))
            case WaveEnded():
                if wave := self._waves.get(event.wave):
                    wave.counts, wave.took = event.counts, event.elapsed
                self._progress = None
                bad = event.counts.get("FAILED") or event.counts.get("CANCELLED")
                self._print(words.wave_ended(event), "yellow" if bad else "green")
            case Delayed():
                self._delayed = event
            case Notice():
                self._notice(event)
            case Stopped():
                self._end("✗", "bold red", words.stopped(event))
            case FleetFinished():
                self._end("✓", "bold green", words.finished(event))
            case FleetDetached():
                self._end("", "bold", words.detached(event))
            case FleetDrift():
                self._end("", "bold", iter((words.drift_summary(event),)))

    def render(self) -> Any:
        """Return the current picture."""
        from rich.console import Group
        from rich.text import Text

        if self._ended:
            return Text("")
        parts: list[Any] = []
        waves = list(self._waves.values())
        if earlier := waves[:-WAVES]:
            parts.append(Text(f"{counted(len(earlier), 'wave')} before", style="dim"))
        if waves:
            parts.append(self._drawn(waves[-WAVES:]))
        if self._progress and (self._progress.running or self._progress.waiting):
            parts += [Text(""), Text(words.at_work(self._progress)), self._operations()]
        if self._failures:
            number = len({place for each in self._failures.values() for place in each.places})
            parts += [Text(""), Text(f"failed: {counted(number, 'stack')}", style="bold red")]
            parts.append(self._causes())
        if self._delayed:
            pause = duration(self._delayed.seconds)
            said = f"{one_line(self._delayed.reason)}; trying again in {pause}"
            parts.append(Text(said, style="yellow"))
        return Group(*parts)

    def _drawn(self, waves: list[_Wave]) -> Any:
        from rich.text import Text

        table = _table()
        for wave in waves:
            ended, total = done(wave.counts)
            took = wave.took
            if took is None:
                took = max(0.0, (self._now() - wave.began).total_seconds())
            table.add_row(
                Text(words.of_wave(wave.name), style="bold"),
                Text(wave.place),
                bar(wave.counts),
                Text(f"{ended}/{total}" if total else ""),
                Text(states_text(wave.counts)),
                Text(duration(took)),
            )
        return table

    def _operations(self) -> Any:
        table = _table()
        running = self._progress.running if self._progress else ()
        for each in running[:OPERATIONS]:
            took = duration(max(0.0, (self._now() - each.since).total_seconds()))
            _row(table, f"  {each.action}", each.id, each.status, took, states_text(each.counts))
        if more := len(running[OPERATIONS:]):
            _row(table, f"  and {more} more")
        return table

    def _causes(self) -> Any:
        table = _table("Stacks", "Cause", "For one", "What to do")
        found = sorted(self._failures.values(), key=lambda e: (-len(e.places), e.cause.key))
        for each in found[:CAUSES]:
            text = one_line(each.cause.text, TEXT)
            _row(table, str(len(each.places)), text, each.example, each.cause.advice)
        if rest := found[CAUSES:]:
            number = sum(len(each.places) for each in rest)
            _row(table, str(number), counted(len(rest), "other cause"))
        return table

    def _end(self, sign: str, style: str, lines: Iterator[str]) -> None:
        self._ended = True
        self._print(f"{sign} {next(lines)}".lstrip(), style)
        for line in lines:
            self._print(line, "")


def bar(counts: Counts) -> Any:
    """Return the numbers of instances by state as a bar of fixed length."""
    from rich.text import Text

    total, drawn, seen = sum(counts.values()), 0, 0
    text = Text()
    for state in ("SUCCEEDED", "FAILED", "CANCELLED", "RUNNING", "PENDING"):
        seen += counts.get(state, 0)
        until = round(BAR * seen / total) if total else 0
        text.append(CELLS.get(state, "█") * (until - drawn), style=STYLES.get(state, "dim"))
        drawn = until
    return text


def _table(*titles: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=bool(titles))
    for title in titles:
        table.add_column(title, justify="right" if title == "Stacks" else "left")
    return table


def _row(table: Any, *cells: str) -> None:
    """Add a row of literal texts: rich would interpret square brackets as markup."""
    from rich.text import Text

    table.add_row(*map(Text, cells))

"""The display of work on a fleet, and its exit code."""

from typing import TYPE_CHECKING, Any

import click

from camformation.cli.operation_view import Kind, Now, OperationView, Write
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    Stopped,
    WaveProgress,
)
from camformation.deploy.operation.events import Delayed, Notice

if TYPE_CHECKING:
    from rich.console import Console

BLOCKED = 3


def _as_json(write: Write) -> Any:
    from camformation.report.fleet.json_lines import FleetJson

    return FleetJson(write)


def _as_lines(write: Write) -> Any:
    from camformation.report.fleet.lines import FleetLines

    return FleetLines(write)


def _live(console: "Console", now: Now) -> Any:
    from camformation.report.fleet.live import FleetLive

    return FleetLive(console, now)


FLEET = Kind(
    _as_json,
    _as_lines,
    _live,
    (InstanceFailed, Notice, Stopped, FleetFinished, FleetDetached),
    (WaveProgress, Delayed),
)


def fleet_view(*, as_json: bool, quiet: bool = False) -> OperationView:
    """Return the view for the events of a fleet."""
    return OperationView(as_json=as_json, quiet=quiet, kind=FLEET)


def agreed(question: str) -> bool:
    """Ask, and return whether the answer was yes."""
    return click.confirm(question)


def ended(view: OperationView, last: FleetEvent | None) -> int:
    """Return the exit code for an ending: operations left running are not a failure."""
    if isinstance(last, FleetDetached):
        return view.left(None)
    return 0 if isinstance(last, FleetFinished) else 1

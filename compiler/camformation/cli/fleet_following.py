"""Showing a fleet at work, and how that ends."""

import click

from camformation.cli.following import Following, Kind
from camformation.deploy.events import Delayed, Notice
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    Stopped,
    WaveProgress,
)

BLOCKED = 3

FLEET = Kind(
    "fleet_json.FleetJson",
    "fleet_live.FleetLive",
    "fleet_lines.FleetLines",
    (InstanceFailed, Notice, Stopped, FleetFinished, FleetDetached),
    (WaveProgress, Delayed),
)


def following(*, as_json: bool, quiet: bool = False) -> Following:
    """Return what shows the events of a fleet."""
    return Following(as_json=as_json, quiet=quiet, kind=FLEET)


def agreed(question: str) -> bool:
    """Ask, and return whether the answer was yes."""
    return click.confirm(question)


def ended(last: FleetEvent | None) -> int:
    """Return the exit code of how it ended: what runs on without us is no failure."""
    return 0 if isinstance(last, FleetFinished | FleetDetached) else 1

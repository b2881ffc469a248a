"""The steps of a command: shown and confirmed before the first one."""

import json
from collections.abc import Iterable

import click

from camformation.cli.operation_view import OperationView
from camformation.cli.target import interactive
from camformation.deploy.cloud.errors import DeployError
from camformation.frozen import frozen
from camformation.report.terminal_text import visible


@frozen
class Steps:
    """The steps of a command in order, with notes, and the options for the question."""

    said: tuple[str, ...]
    notes: tuple[str, ...] = ()
    dry_run: bool = False
    yes: bool = False


def agreed(stack: str, steps: Steps, view: OperationView) -> bool:
    """Show the steps and ask; return whether to take them. Raises DeployError if the user declines,
    or cannot be asked."""
    if steps.dry_run and view.as_json:
        said = {"event": "steps", "steps": steps.said, "notes": steps.notes}
        click.echo(json.dumps(said))
        return False
    numbered = [f"{number}. {each}" for number, each in enumerate(steps.said, 1)]
    say(view, (*numbered, *steps.notes))
    if steps.dry_run:
        click.echo("nothing was changed")
        return False
    if steps.yes:
        return True
    if not interactive():
        raise DeployError("CAM616", "cannot ask for confirmation without a terminal", "give --yes")
    if not click.confirm(f"Do this to {visible(stack)}?", err=view.as_json):
        raise DeployError("CAM743", "stopped: nothing was changed", None)
    return True


def say(view: OperationView, lines: Iterable[str]) -> None:
    """Print lines for people: on standard error if a program reads the data."""
    for line in lines:
        click.echo(visible(line), err=view.as_json)

"""The recovery of one deployment from the command line: its state, the options, and the chosen
one."""

from collections.abc import Sequence

import click

from camformation.cli.destruction import destroy_stack
from camformation.cli.operation_view import OperationView, command_line
from camformation.cli.options import Where
from camformation.cli.recording import recording, show_diagnosis
from camformation.cli.target import Connection, Subject, connected, interactive
from camformation.closeness import closest
from camformation.deploy.change.preparation import service_role
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.operation.events import Detached, Finished
from camformation.deploy.recovery.condition import Condition, read_condition
from camformation.deploy.recovery.execution import Chosen, check, recover
from camformation.deploy.recovery.ways import Way, ways
from camformation.frozen import frozen
from camformation.report.deployment.recovery_text import call_text, recovery_json, recovery_text
from camformation.report.terminal_text import visible

WAYS = (
    *("watch", "cancel", "clear", "deploy", "delete", "rollback", "continue-rollback"),
    *("continue-rollback-skipping", "delete-retaining", "force-delete", "undo-destroy"),
    "revert-drift",
)
"""Every way that some state offers."""


@frozen
class Wish:
    """The options of the command line."""

    way: str | None
    named: tuple[str, ...]
    deleted: tuple[str, ...]
    dry_run: bool
    yes: bool
    name: str | None
    role_arn: str | None


def recover_stack(about: Subject, where: Where, wish: Wish, view: OperationView) -> int:
    """Show the state of a deployment, take a way, and return the exit code.

    Raises DeployError.
    """
    role_arn = wish.role_arn
    if about.deployment:
        role_arn = service_role(about.deployment, role_arn)
    if wish.way and wish.way not in WAYS:
        near = closest(wish.way, WAYS)
        hint = f"did you mean {near}?" if near else f"the ways are {', '.join(WAYS)}"
        raise DeployError("CAM779", f"there is no way {wish.way}", hint)
    with connected(where, about.deployment, role_arn) as at:
        condition = read_condition(at.cloud, about.stack)
        offered = ways(condition)
        if view.as_json:
            click.echo(recovery_json(condition, offered), nl=False)
        else:
            click.echo(recovery_text(condition, offered, colour=interactive()), nl=False)
        way = _chosen(condition, offered, wish, view)
        if way is None:
            return 1 if _needed(offered) else 0
        if way.id != "delete":
            return _take(at, condition, Chosen(way, wish.named, wish.deleted), where, wish, view)
    if wish.dry_run:
        return _printed(way)
    return destroy_stack(
        about,
        where,
        name=wish.name,
        yes=wish.yes,
        disable_protection=False,
        final_snapshot=True,
        role_arn=wish.role_arn,
        view=view,
    )


def _chosen(
    condition: Condition, offered: Sequence[Way], wish: Wish, view: OperationView
) -> Way | None:
    """Return the named or chosen way; None if there is none, or none is needed any more."""
    by_id = {each.id: each for each in offered}
    if wish.way and (wish.way in by_id or _needed(offered)):
        if wish.way in by_id:
            return by_id[wish.way]
        raise DeployError(
            "CAM779",
            f"{wish.way} does not recover a stack from {condition.status}",
            f"the options are: {', '.join(by_id)}",
        )
    takes = [each.id for each in offered if each.calls or each.id == "delete"]
    if not takes or view.as_json or wish.dry_run or not interactive():
        return None
    answer = click.prompt("\nWay", type=click.Choice([*takes, "none"]), default="none")
    return by_id.get(answer)


def _needed(offered: Sequence[Way]) -> bool:
    """Whether anything has to be recovered."""
    return any(not each.optional for each in offered)


def _take(
    at: Connection,
    condition: Condition,
    chosen: Chosen,
    where: Where,
    wish: Wish,
    view: OperationView,
) -> int:
    way = chosen.way
    if not way.calls:
        raise DeployError("CAM779", f"{way.id} is a separate command", f"run `{way.command}`")
    check(chosen)
    if wish.dry_run:
        return _printed(way)
    _confirm(condition, way, wish)
    stack = condition.stack
    with recording(where, at, stack.name) as recorder:
        events = recover(
            at.cloud,
            view.clock,
            condition,
            chosen,
            role_arn=wish.role_arn,
            reattach=command_line("watch", stack.id, where, at),
            agree=lambda changes: wish.yes or click.confirm("Fix this?"),
            control=view.control,
        )
        last = view.run(recorder.recorded(events))
    if isinstance(last, Detached):
        return 1 if last.reason else 0
    if isinstance(last, Finished) and last.succeeded:
        return 0
    if not view.as_json:
        show_diagnosis(recorder)
    return 1


def _printed(way: Way) -> int:
    """Print the calls that would be made."""
    click.echo(f"\n{way.id} would call:")
    for call in way.calls:
        click.echo(f"  {call_text(call)}")
    if way.command:
        click.echo(f"  {way.command}")
    click.echo("nothing was changed")
    return 0


def _confirm(condition: Condition, way: Way, wish: Wish) -> None:
    """Ask for confirmation; a deletion needs the deployment's name. Raises DeployError without a
    terminal."""
    deletes = any(call.action.endswith(":DeleteStack") for call in way.calls)
    named = deletes and way.id != "clear"
    if wish.yes and (not named or wish.name == condition.name):
        return
    if named and wish.name and wish.name != condition.name:
        raise DeployError(
            "CAM689",
            f"the deployment's name is {condition.name}, not {wish.name}; nothing was changed",
            f"give --name {condition.name}",
        )
    if not interactive():
        wanted = f"--yes --name {condition.name}" if named else "--yes"
        raise DeployError(
            "CAM616", "cannot ask for confirmation without a terminal", f"give {wanted}"
        )
    if named:
        said = click.prompt(f"Type the deployment's name ({visible(condition.name)}) to continue")
        agreed = said == condition.name
    else:
        agreed = click.confirm(f"{way.title}?")
    if not agreed:
        raise DeployError("CAM780", "stopped: nothing was changed", None)

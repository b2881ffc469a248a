"""The restore of brokers in place, from the command line: look-ups, checks and questions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from camformation.cli.logs import since_time
from camformation.cli.management import management_of, no_restore_api
from camformation.cli.managing import numbered
from camformation.cli.operating import followed
from camformation.cli.operation_view import OperationView
from camformation.cli.options import Where
from camformation.cli.steps import Steps, agreed
from camformation.cli.target import Connection, Subject, SystemClock, connected, interactive
from camformation.cli.upgrade_checks import quiet_brokers, running_release
from camformation.counting import counted
from camformation.deploy.cloud.cluster import Cluster
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.backups import faults, newest, read_restorable
from camformation.deploy.live_stack.data_health import CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed, require_idle
from camformation.deploy.live_stack.management import Management
from camformation.deploy.operation.backup import Backups
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.restoring import Kept, Restorer
from camformation.deploy.operation.restoring_steps import RestoreGoal, untouched
from camformation.diagnostics import quoted
from camformation.frozen import frozen
from camformation.report.terminal_text import visible
from camformation.rules.upgrades import named

NEW = "restore into a new deployment: --from"


@frozen
class RestoreWish:
    """The options of the command line."""

    name: str | None  # of the deployment whose brokers' data is replaced
    backup: int | None
    to: datetime | None
    database: str  # keep | load | loaded
    give_up: bool
    without_backup: str | None  # the stack's name
    endpoints: tuple[str, ...]
    dry_run: bool
    yes: bool

    @property
    def selection(self) -> dict[str, Any]:
        """The backups to restore, in the form of Camunda's API; empty if it chooses."""
        if self.backup:
            return {"backupIds": [self.backup]}
        return {"to": f"{self.to:%Y-%m-%dT%H:%M:%SZ}"} if self.to else {}


def time_of(text: str | None) -> datetime | None:
    """Return the time of `--to`, to the second. Raises DeployError for anything else."""
    now = SystemClock().now()
    found = since_time(text, now) if text else None
    if found and found > now:
        raise DeployError(
            "CAM775",
            f"{text} is in the future: what happens until then cannot be restored",
            "give a time that is past, or leave out --to for the newest backup",
        )
    if text and found is None:
        raise DeployError(
            "CAM775",
            f"{quoted(text)} is not a time",
            "give one such as 2026-11-20T10:00:00Z, or 2h",
        )
    return found.astimezone(UTC).replace(microsecond=0) if found else None


def restore_in_place(about: Subject, where: Where, wish: RestoreWish, view: OperationView) -> int:
    """Restore the brokers of a deployment, and return the exit code. Raises DeployError."""
    for option, given in (("--name", wish.name), ("--without-backup", wish.without_backup)):
        if given not in (None, about.stack):
            raise DeployError(
                "CAM775",
                f"{option} {given} is not the name of the stack",
                f"give {about.stack}, if you mean it",
            )
    with connected(where, about.deployment) as at:
        deployed = require_idle(at.cloud.stacks, about.stack)
        quiet_brokers(at, about, deployed)

        def leaving() -> bool:
            return view.control("SERVICES") is Choice.DETACH

        management = management_of(at, about, deployed, wish.endpoints, view.clock, leaving)
        if not management.restores:
            raise no_restore_api(at, about, deployed, NEW)
        cluster = management.cluster()
        database = next((each for _, each in live(deployed, CLUSTER)), None)
        prepare = wish.without_backup is None
        goal = RestoreGoal(wish.selection, wish.database, prepare)
        name = f"{about.stack}-before-restore-{view.clock.now():%Y%m%d-%H%M%S}"
        if wish.give_up:
            said, notes = ["let brokers process and export again"], list(_given_up(cluster))
        else:
            if not cluster.pending:
                _check(at, about, deployed, management, wish, view.clock.now())
            said = list(_said(cluster, goal, wish, database, name))
            notes = list(_notes(cluster, goal))
        steps = Steps(tuple(said), tuple(notes), dry_run=wish.dry_run, yes=wish.yes)
        if not _agreed(about.stack, steps, wish, view):
            return 0
        backups = Backups(at.cloud, management, view.clock, view.control)
        kept = Kept(
            lambda: backups.take(
                numbered=numbered(deployed), cluster=database, snapshot=name if database else None
            ),
            _load(about, wish, database),
        )
        restorer = Restorer(management, view.clock, kept, view.control)
        return followed(view, restorer.give_up() if wish.give_up else restorer.run(goal))


def _agreed(stack: str, steps: Steps, wish: RestoreWish, view: OperationView) -> bool:
    """Show the steps, and ask for the name of the deployment whose data is replaced."""
    if wish.give_up or steps.dry_run or wish.name:
        return agreed(stack, steps, view)
    if not interactive():
        raise DeployError(
            "CAM616", "cannot ask for confirmation without a terminal", f"give --name {stack} --yes"
        )
    shown = Steps(steps.said, steps.notes, yes=True)
    agreed(stack, shown, view)
    asked = f"Type the deployment's name ({visible(stack)}) to replace its brokers' data"
    if click.prompt(asked, err=view.as_json) != stack:
        raise DeployError("CAM743", "stopped: nothing was changed", None)
    return True


def _check(
    at: Connection,
    about: Subject,
    deployed: Deployed,
    management: Management,
    wish: RestoreWish,
    now: datetime,
) -> None:
    """Raise DeployError if the backup already shows that a restore would fail."""
    found = read_restorable(at.cloud, management, deployed)
    if wish.backup is None and wish.to is None and wish.without_backup is None:
        return  # that of a backup which is yet to be taken
    best = newest(found)
    if wish.to:
        upto = (e for e in found.backups if e.taken and wish.to and e.taken <= wish.to)
        best = max((e for e in upto if e.state == "COMPLETED"), key=lambda e: e.id, default=None)
    number = wish.backup or (best.id if best else None)
    if number is None:
        raise _impossible("there is no completed backup of that time", "camformation backup list")
    if wrong := list(faults(found, number, now, 0)):
        raise _impossible("; ".join(wrong), "`camformation backup list` shows the others")
    chosen = next(each for each in found.backups if each.id == number)
    if more := sorted(set(chosen.partitions) - set(range(1, found.partitions + 1))):
        raise _impossible(
            f"backup {number} has partitions that the brokers do not have: {more}", NEW
        )
    running = named(running_release(at, quiet_brokers(at, about, deployed)))
    if chosen.version and chosen.version != running:
        raise _impossible(
            f"backup {number} is of {chosen.version}, and brokers run {running}: the Restore API "
            "restores backups of the same version",
            NEW,
        )


def _said(
    cluster: Cluster, goal: RestoreGoal, wish: RestoreWish, database: str | None, name: str
) -> Iterator[str]:
    """Yield the remaining steps in order, from the cluster's current state."""
    if cluster.pending:
        yield f"follow change {cluster.pending.id}, which is in progress"
    elif cluster.mode == "PROCESSING" and goal.database != "loaded":
        if goal.prepare:
            yield "pause exporting, so that the database does not get ahead of the backup"
            if database:
                yield f"take the snapshot {name} of the database {database}"
            yield "take a backup of every partition"
        yield "set all brokers to RECOVERING: they stop processing and exporting"
    if goal.database == "load":
        yield f"stop there: {database or 'the database'} is to be loaded by you"
        return
    which = {
        "backupIds": f"backup {wish.backup}",
        "to": f"the last checkpoint up to {wish.selection.get('to')}",
    }
    what = which.get(next(iter(goal.selection), ""), "the newest backup that fits the database")
    back = ", and go back if there is none" if goal.database == "keep" else ""
    yield f"find {what}{back}"
    replicas = sum(len(each.partitions) for each in cluster.members)
    yield (
        f"delete and restore {counted(replicas, 'replica')} of "
        f"{counted(cluster.partitions, 'partition')}, one after the other; then brokers process "
        "again"
    )
    yield "wait until the cluster is healthy, and resume exporting"


def _notes(cluster: Cluster, goal: RestoreGoal) -> Iterator[str]:
    yield "note: Camunda is unavailable until brokers process again"
    if goal.database == "keep" and goal.prepare:
        yield "note: what brokers process between that backup and RECOVERING is lost"
    if goal.database == "keep" and not goal.prepare:
        yield (
            "note: no backup is taken, as you asked: what brokers processed since the last one is "
            "lost"
        )
    if not untouched(cluster) and cluster.mode == "RECOVERING":
        yield (
            "note: a restore was started and did not succeed: brokers must not process before one "
            "succeeds"
        )
    if cluster.last and cluster.last.started:
        began = f"{cluster.last.started:%Y-%m-%dT%H:%M:%SZ}"
        yield (
            f"note: the last change of the cluster, {cluster.last.id}, began at {began} and is "
            f"{cluster.last.status}"
        )


def _given_up(cluster: Cluster) -> Iterator[str]:
    yield f"note: brokers are {cluster.mode}"
    yield (
        "note: if the database was loaded meanwhile, first restore it from its snapshot: brokers "
        "continue where they were, and do not export again what they exported before"
    )


def _load(about: Subject, wish: RestoreWish, database: str | None) -> str:
    when = f" of {wish.selection['to']}, or a little earlier," if wish.to else ""
    when = when or (f" of backup {wish.backup}'s time, or earlier," if wish.backup else "")
    same = f" --to {wish.selection['to']}" if wish.to else ""
    same = same or (f" --backup {wish.backup}" if wish.backup else "")
    return (
        f"load the data{when} into {database or 'the database'}, for example from another cluster "
        f"that RDS restores; then run `camformation restore {quoted(about.stack)}{same} --database "
        "loaded`; or go back with --give-up"
    )


def _impossible(why: str, instead: str) -> DeployError:
    return DeployError("CAM775", why, instead)

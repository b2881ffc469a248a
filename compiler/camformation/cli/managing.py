"""Backups, exporting and rebalancing from the command line: look-ups, checks, questions and
progress."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from camformation.cli.management import management_of
from camformation.cli.operating import followed
from camformation.cli.operation_view import OperationView
from camformation.cli.options import Where
from camformation.cli.steps import Steps, agreed
from camformation.cli.target import (
    Connection,
    Subject,
    SystemClock,
    connected,
    interactive,
)
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.backups import Restorable, faults, newest, read_restorable
from camformation.deploy.live_stack.data_health import CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed, require_deployed
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.topology import faults as problems
from camformation.deploy.live_stack.topology import uneven
from camformation.deploy.live_stack.variables import variable
from camformation.deploy.operation.backup import Backups
from camformation.deploy.operation.exporting import change_exporting
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.rebalancing import rebalance
from camformation.deploy.operation.service_moves import MoveEnded
from camformation.frozen import frozen
from camformation.report.deployment.backups_text import backups_json, backups_text, verdict_text

GENERATED = ("CONTINUOUS", "SCHEDULE")
PREFIX = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_"
PRIORITY_ELECTION = "CAMUNDA_CLUSTER_RAFT_PRIORITYELECTIONENABLED"


@frozen
class _Reached:
    """A deployment whose brokers can be reached."""

    at: Connection
    deployed: Deployed
    management: Management


@contextmanager
def _reached(
    about: Subject, where: Where, endpoints: Sequence[str], view: OperationView | None
) -> Iterator[_Reached]:
    def leaving() -> bool:
        return view is not None and view.control("SERVICES") is Choice.DETACH

    clock: Clock = view.clock if view else SystemClock()
    with connected(where, about.deployment) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        management = management_of(at, about, deployed, endpoints, clock, leaving)
        yield _Reached(at, deployed, management)


def exporting(
    about: Subject,
    where: Where,
    wish: str,
    endpoints: Sequence[str],
    view: OperationView,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Pause or resume exporting, and return the exit code. Raises DeployError."""
    with _reached(about, where, endpoints, view) as found:
        before = found.management.exporting()
        if before is None:
            found.management.exporters()  # whether there is a way is known before anybody is asked
        notes = [f"note: exporting is now {before}"] if before else []
        if wish == "EXPORTING":
            said = "resume exporting in every partition"
        else:
            how = " softly: exported records stay in the brokers' logs" if "SOFT" in wish else ""
            said = f"pause exporting in every partition{how}"
            notes.append(
                "note: brokers delete nothing that is not exported, so their disks fill up: run "
                "`camformation exporting resume` in time"
            )
            if "SOFT" not in wish:
                notes.append("note: until then, searches and the web applications show nothing new")
        steps = Steps((said,), tuple(notes), dry_run=dry_run, yes=yes)
        if not agreed(about.stack, steps, view):
            return 0
        return followed(view, change_exporting(found.management, view.clock, wish, view.control))


def rebalanced(
    about: Subject,
    where: Where,
    endpoints: Sequence[str],
    view: OperationView,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Spread the leaders of partitions over brokers, and return the exit code. Raises
    DeployError."""
    with _reached(about, where, endpoints, view) as found:
        topology = found.management.topology()
        leaders = uneven(topology)
        if wrong := tuple(problems(topology)):
            raise DeployError(
                "CAM725",
                f"the cluster is not healthy: {'; '.join(wrong)}",
                "run it when `camformation status --brokers` shows a healthy cluster: brokers that "
                "are missing or behind cannot lead",
            )
        if leaders is None:
            even = "every broker leads about as many partitions: nothing to do"
            end = MoveEnded(time=view.clock.now(), succeeded=True, message=even)
            return followed(view, iter([end]))
        notes = [f"note: {leaders}"]
        if variable(found.deployed, PRIORITY_ELECTION) == "false":
            notes.append(
                f"note: {PRIORITY_ELECTION} is false: without priorities, brokers may elect the "
                "same leaders again"
            )
        notes.append("note: a partition stands still for seconds while its leader changes")
        said = f"let brokers elect leaders by priority, by {found.management.name}"
        if not agreed(about.stack, Steps((said,), tuple(notes), dry_run=dry_run, yes=yes), view):
            return 0
        return followed(view, rebalance(found.management, view.clock, view.control))


def create_backup(
    about: Subject,
    where: Where,
    endpoints: Sequence[str],
    view: OperationView,
    *,
    snapshot: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Take a backup, and return the exit code. Raises DeployError."""
    with _reached(about, where, endpoints, view) as found:
        cluster = next((each for _, each in live(found.deployed, CLUSTER)), None)
        if snapshot and cluster is None:
            raise DeployError(
                "CAM773",
                f"{about.stack} has no database of its own",
                "take a snapshot of the existing database where it is managed, before this backup",
            )
        found.management.backups()  # whether there is a way is known before anybody is asked
        name = f"{about.stack}-backup-{view.clock.now():%Y%m%d-%H%M%S}" if snapshot else None
        said = [f"take the snapshot {name} of the database {cluster}"] if name else []
        said.append(f"take a backup of every partition, by {found.management.name}")
        note = (
            "note: a restore takes the database back to a time before this backup: Aurora backs "
            "it up continuously"
        )
        steps = Steps(tuple(said), (note,), dry_run=dry_run, yes=yes)
        if not agreed(about.stack, steps, view):
            return 0
        backups = Backups(found.at.cloud, found.management, view.clock, view.control)
        numbers = numbered(found.deployed)
        return followed(view, backups.take(numbered=numbers, cluster=cluster, snapshot=name))


def numbered(deployed: Deployed) -> bool:
    """Whether brokers do not number backups themselves: backups are neither continuous nor
    scheduled."""
    return not any(
        variable(deployed, f"{PREFIX}{each}") not in (None, "", "false") for each in GENERATED
    )


def delete_backup(
    about: Subject,
    where: Where,
    number: int,
    endpoints: Sequence[str],
    view: OperationView,
    *,
    last: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Delete a backup, and return the exit code. Raises DeployError."""
    with _reached(about, where, endpoints, view) as found:
        backups = found.management.backups()
        backup = next((each for each in backups if each.id == number), None)
        if backup is None:
            raise DeployError(
                "CAM774",
                f"there is no backup {number}",
                "`camformation backup list` lists the existing ones",
            )
        others = [each for each in backups if each.state == "COMPLETED" and each.id != number]
        if backup.state == "COMPLETED" and not others and not last:
            raise DeployError(
                "CAM774",
                f"{number} is the only complete backup: without it, nothing can be restored",
                "take another one first with `camformation backup create`, or give --the-last-one",
            )
        taken = f" of {backup.taken:%Y-%m-%dT%H:%M:%SZ}" if backup.taken else ""
        said = f"delete backup {number}{taken}, which is {backup.state}"
        notes = ["note: it cannot be recovered"]
        if not others:
            notes.append("note: no other backup is complete")
        steps = Steps((said,), tuple(notes), dry_run=dry_run, yes=yes)
        if not agreed(about.stack, steps, view):
            return 0
        made = Backups(found.at.cloud, found.management, view.clock, view.control)
        return followed(view, made.delete(number))


def list_backups(about: Subject, where: Where, endpoints: Sequence[str], *, as_json: bool) -> int:
    """Show the backups, and return the exit code. Raises DeployError."""
    with _reached(about, where, endpoints, None) as found:
        what = _restorable(found)
        click.echo(backups_json(what) if as_json else backups_text(what, interactive()), nl=False)
    return 0


def verify_backup(
    about: Subject,
    where: Where,
    number: int | None,
    fresh_s: float,
    endpoints: Sequence[str],
    *,
    as_json: bool,
) -> int:
    """Show whether a restore could use a backup, and return the exit code."""
    with _reached(about, where, endpoints, None) as found:
        what = _restorable(found)
        wrong = tuple(faults(what, number, SystemClock().now(), fresh_s))
        chosen = number or (backup.id if (backup := newest(what)) else None)
        if as_json:
            click.echo(backups_json(what, wrong=wrong), nl=False)
        else:
            click.echo(verdict_text(chosen, what, wrong), nl=False)
    return 1 if wrong else 0


def _restorable(found: _Reached) -> Restorable:
    return read_restorable(found.at.cloud, found.management, found.deployed)

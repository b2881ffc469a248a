"""The next step of restoring brokers in place, only from the observed state of the cluster. Pure.

Camunda docs, Restore a backup with the Restore API (RDBMS): brokers enter RECOVERING, in which they
process and export nothing; then the database is set to the wanted state; then a restore drops and
restores every replica, and lets brokers process again. A started restore has to be finished:
replicas are a mix of old and restored ones until then, which must never be processed.
"""

from collections.abc import Mapping
from typing import Any

from camformation.deploy.cloud.cluster import Change, Cluster
from camformation.deploy.cloud.errors import DeployError
from camformation.frozen import frozen

RESTORES = {
    "PARTITION_PRE_RESTORE",
    "PARTITION_RESTORE",
    "PartitionPreRestoreOperation",
    "PartitionRestoreOperation",
}
ENTERS = {"ENTER_RECOVERY", "EXIT_RECOVERY", "AWAIT_MODE_CHANGE"}
ENTERS |= {"ModeChangeOperation", "AwaitModeChangeOperation"}
"""Names of operations in `components.yaml` and in `cluster.yaml` (camunda/camunda)."""


@frozen
class RestoreGoal:
    """The request. `selection`: backup, or time; empty for the newest that fits the database.

    `database` is kept as it is; or the user loads an earlier state into it, or has `loaded` it.
    """

    selection: Mapping[str, Any]
    database: str = "keep"  # keep | load | loaded
    prepare: bool = True  # whether the current data is backed up first


@frozen
class Prepare:
    """Keep the current data: pause exporting, take a snapshot and a backup."""


@frozen
class Enter:
    """Change to a mode."""

    mode: str


@frozen
class LoadDatabase:
    """The user has to load the database now."""


@frozen
class Begin:
    """Ask for the restore."""


@frozen
class FollowChange:
    """Wait for the running change; `restores`: it is a restore."""

    change: int
    restores: bool


@frozen
class Restored:
    """Brokers are restored, if the cluster is healthy."""


@frozen
class Over:
    """Brokers process although the database is loaded: the restore has ended unnoticed, or brokers
    were never stopped."""


RestoreStep = Prepare | Enter | LoadDatabase | Begin | FollowChange | Restored | Over


def next_step(
    cluster: Cluster, goal: RestoreGoal, *, prepared: bool, restored: bool
) -> RestoreStep:
    """Return the next step; raises DeployError if it is not allowed. `prepared` and `restored`:
    whether these steps are known to have succeeded."""
    if cluster.pending:
        return FollowChange(cluster.pending.id, _restores(cluster.pending))
    mode = cluster.mode
    if mode == "MIXED":
        return Enter("RECOVERING")
    if mode == "RECOVERING":
        return LoadDatabase() if goal.database == "load" else Begin()
    if restored:
        return Restored()
    if goal.database == "loaded":
        return Over()
    return Enter("RECOVERING") if prepared or not goal.prepare else Prepare()


def untouched(cluster: Cluster) -> bool:
    """Whether recovering brokers still have their own data: the last change was to this mode, not a
    restore that failed or was cancelled."""
    return (
        cluster.mode == "RECOVERING"
        and cluster.pending is None
        and (cluster.last is None or cluster.last.status == "COMPLETED")
    )


def step_back(cluster: Cluster) -> FollowChange | Enter | Restored:
    """Return the next step of giving up a restore, which is possible only before it has started."""
    if cluster.pending:
        if _restores(cluster.pending):
            raise _refused(
                f"change {cluster.pending.id} restores brokers: part of their data is gone",
                "wait for it to end; to restore another backup, cancel it with `camformation task "
                f"run … DELETE /actuator/cluster/changes/{cluster.pending.id}`, and restore again",
            )
        return FollowChange(cluster.pending.id, False)
    if cluster.mode == "PROCESSING":
        return Restored()
    if cluster.mode == "RECOVERING" and not untouched(cluster):
        raise _refused(
            f"the last change is {cluster.last.status if cluster.last else 'unknown'}: brokers may "
            "have only a part of their data",
            "restore them: run it again without --give-up",
        )
    return Enter("PROCESSING")


def never_stopped() -> DeployError:
    """Return the error if the database was loaded while brokers exported."""
    return _refused(
        "brokers process and export: a database loaded in the meantime does not match what they "
        "would be restored to",
        "run it with --database load first: it pauses brokers so that the database can be loaded. "
        "If a restore was started before, it has ended",
    )


def _restores(change: Change) -> bool:
    steps = {each.operation for each in (*change.completed, *change.pending)}
    if steps & RESTORES:
        return True
    if steps & ENTERS or not steps:
        return False
    raise _refused(
        f"change {change.id} is in progress, and is not a restore",
        "wait for it (`camformation status --brokers`), and run the command again",
    )


def _refused(message: str, hint: str) -> DeployError:
    return DeployError("CAM775", message, hint)

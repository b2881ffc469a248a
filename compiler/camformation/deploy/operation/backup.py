"""Taking and deleting backups of the brokers' data.

A restore restores the database first, and brokers at least to its export position (Camunda docs,
Camunda backup creation (RDBMS) and Restore a backup (RDBMS)). So a snapshot of the database, if
requested in addition to Aurora's continuous backup, is taken before the brokers' backup.
"""

from collections.abc import Generator, Iterator
from datetime import datetime

from camformation.counting import counted
from camformation.deploy.cloud.cluster import Backup
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.live_stack.management import Management
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.operation.service_moves import Move, Moved, MoveEnded

POLL_S = 10.0
LIMIT_S = 7200.0
UNKNOWN_S = 300.0  # until a started backup is in the list

Steps = Generator[Moved, None, bool]
"""Yields events, and returns whether it was followed to its end."""


class Backups:
    """Takes and deletes backups. Raises DeployError if one does not succeed."""

    def __init__(
        self, cloud: Cloud, management: Management, clock: Clock, control: Control = nobody
    ) -> None:
        self._cloud = cloud
        self._management = management
        self._clock = clock
        self._control = control

    def take(self, *, numbered: bool, cluster: str | None, snapshot: str | None) -> Iterator[Move]:
        """Take a backup and wait for it. `numbered`: brokers do not number backups themselves;
        `snapshot` names a snapshot of the database `cluster`, taken before."""
        if cluster and snapshot:
            self._cloud.databases.create_snapshot(cluster, snapshot)
            yield self._moved("database", f"the snapshot {snapshot} is started")
            if not (yield from self._snapshot_taken(cluster, snapshot)):
                yield self._left(
                    "RDS continues with the snapshot; brokers have not started a backup"
                )
                return
        began = self._clock.now()
        known = {each.id for each in self._management.backups()}
        number = int(began.timestamp() * 1000) if numbered else None  # as brokers make them
        told = self._management.take_backup(number)
        yield self._moved("brokers", f"backup {told or number or ''} is begun".replace("  ", " "))
        backup = yield from self._taken(told or number, known, began)
        if backup is None:
            yield self._left("brokers continue with the backup: `camformation backup list`")
            return
        at = f" of {backup.taken:%Y-%m-%dT%H:%M:%SZ}" if backup.taken else ""
        beside = f", and the snapshot {snapshot} of the database" if snapshot else ""
        partitions = counted(len(backup.partitions), "partition")
        yield MoveEnded(
            time=self._clock.now(),
            succeeded=True,
            message=f"backup {backup.id}{at}, of {partitions}{beside}",
            hint="`camformation backup verify` says whether a restore could use it",
        )

    def delete(self, number: int) -> Iterator[Move]:
        """Delete a backup."""
        yield self._moved("brokers", f"deleting backup {number}")
        self._management.delete_backup(number)
        yield MoveEnded(
            time=self._clock.now(), succeeded=True, message=f"backup {number} is deleted"
        )

    def _taken(
        self, number: int | None, known: set[int], began: datetime
    ) -> Generator[Moved, None, Backup | None]:
        """Follow a backup to its end; None if the user leaves."""
        said = ""
        while True:
            found = retried_silently(self._clock, lambda: self._found(number, known))
            text = found.state if found else "not in the list yet"
            if text != said:
                said = text
                yield self._moved("brokers", text)
            if found and found.state == "COMPLETED":
                return found
            if found and found.state != "IN_PROGRESS":
                raise DeployError(
                    "CAM773",
                    f"backup {found.id} is {found.state}"
                    + (f": {found.reason}" if found.reason else ""),
                    "see `camformation logs --service orchestration --filter backup`; the brokers "
                    "must be allowed to use the backup bucket and its key",
                )
            waited = (self._clock.now() - began).total_seconds()
            if waited > (LIMIT_S if found else UNKNOWN_S):
                raise DeployError(
                    "CAM773",
                    f"the backup is {text} after {waited / 60:.0f} minutes",
                    "`camformation backup list` shows its progress",
                )
            if not self._waits():
                return None

    def _found(self, number: int | None, known: set[int]) -> Backup | None:
        if number is not None:
            return self._management.backup(number)
        new = [each for each in self._management.backups() if each.id not in known]
        return new[0] if new else None

    def _snapshot_taken(self, cluster: str, snapshot: str) -> Steps:
        said, began = "", self._clock.now()
        while True:
            taken = retried_silently(self._clock, lambda: self._cloud.databases.snapshots(cluster))
            status = next((each.status for each in taken if each.id == snapshot), "unknown")
            if status != said:
                said = status
                yield self._moved("database", f"the snapshot is {status}")
            if status == "available":
                return True
            if status == "failed" or (self._clock.now() - began).total_seconds() > LIMIT_S:
                raise DeployError(
                    "CAM773", f"the snapshot {snapshot} is {status}", "see the RDS console"
                )
            if not self._waits():
                return False

    def _waits(self) -> bool:
        self._clock.sleep(POLL_S)
        return self._control("SERVICES") is not Choice.DETACH

    def _moved(self, subject: str, message: str) -> Moved:
        return Moved(time=self._clock.now(), subject=subject, message=message)

    def _left(self, hint: str) -> MoveEnded:
        now = self._clock.now()
        return MoveEnded(time=now, succeeded=True, message="left", hint=hint, left=True)

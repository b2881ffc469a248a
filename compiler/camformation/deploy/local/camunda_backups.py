"""Backups of a simulated Camunda cluster (Camunda docs, Backup and restore of Zeebe data)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from camformation.deploy.local.camunda_cluster import Rejected

Record = dict[str, Any]


class SimulatedBackups:
    """The backups of a cluster. `generated`: continuous or scheduled, which makes the ids itself.

    A backup completes when it has been read `slow` times; the next `failing` ones fail.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        position: Callable[[], int] = lambda: 0,
        *,
        generated: bool = True,
    ) -> None:
        self._now = now
        self._position = position
        self.generated = generated
        self.slow = 1
        self.failing = 0
        self.gap = False
        self.taken: dict[int, Record] = {}
        self._highest = 0

    def take(self, number: int | None, partitions: Sequence[int], version: str) -> int:
        """Begin a backup and return its id."""
        if self.generated and number is not None:
            raise Rejected(400, "backupId must be omitted: ids are generated.")
        if not self.generated and (number is None or number <= 0):
            raise Rejected(400, "A backupId, a positive number, is required.")
        now = self._now()
        number = number or max(int(now.timestamp() * 1000), self._highest + 1)
        if number <= self._highest:
            raise Rejected(409, f"A backup with id {number} or a higher id exists already.")
        self._highest = number
        self.taken[number] = {
            "at": now,
            "looks": 0,
            "fails": self.failing > 0,
            "partitions": list(partitions),
            "version": version,
            "position": self._position(),
        }
        self.failing = max(self.failing - 1, 0)
        return number

    def best(self, selection: Record, exported: int, version: str) -> tuple[int, Record]:
        """Return the backup to restore: the one that is named; or the newest up to a time, which
        the database must not be ahead of (Camunda docs, Restore a backup (RDBMS))."""
        ids, to = selection.get("backupIds") or [], selection.get("to")
        if ids and (selection.get("from") or to):
            raise Rejected(400, "backupIds and a range exclude each other.")
        done = {n: each for n, each in self.taken.items() if not each["fails"]}
        if ids:
            done = {n: each for n, each in done.items() if n in ids}
        elif to:
            limit = datetime.fromisoformat(str(to).replace("Z", "+00:00"))
            done = {n: each for n, each in done.items() if each["at"] <= limit}
        if not done:
            raise Rejected(400, "There is no completed backup for this request.")
        number = max(done)
        if not ids and done[number].get("position", 0) < exported:
            raise Rejected(400, "The exporter position exceeds all available backups.")
        if done[number]["version"] != version:
            raise Rejected(400, f"Backup {number} is of another version.")
        return number, done[number]

    def put_back(self, number: int, record: Record) -> None:
        """Take a backup from a saved state."""
        self.taken[number] = record
        self._highest = max(self._highest, number)

    def list(self) -> list[Record]:
        """Return every backup, newest first."""
        return [self.info(each) for each in sorted(self.taken, reverse=True)]

    def info(self, number: int) -> Record:
        """Return one backup in the form of port 9600."""
        found = self.taken.get(number)
        if found is None:
            raise Rejected(404, f"Backup with id {number} does not exist.")
        found["looks"] += 1
        state = "COMPLETED" if found["looks"] > self.slow else "IN_PROGRESS"
        reason = ""
        if found["fails"]:
            state, reason = "FAILED", "The store could not be written to."
        return {
            "backupId": number,
            "state": state,
            "failureReason": reason,
            "details": [
                {
                    "partitionId": each,
                    "state": state,
                    "createdAt": _text(found["at"]),
                    "lastUpdatedAt": _text(self._now()),
                    "brokerVersion": found["version"],
                }
                for each in found["partitions"]
            ],
        }

    def delete(self, number: int) -> None:
        """Delete a backup, if it exists."""
        self.taken.pop(number, None)

    def state(self, partitions: Sequence[int]) -> Record:
        """Return the newest checkpoint, the newest backup and the ranges of each partition."""
        done = [(n, e["at"]) for n, e in sorted(self.taken.items()) if not e["fails"]]
        points = [
            {
                "checkpointId": n,
                "checkpointType": "MANUAL_BACKUP",
                "checkpointTimestamp": _zoned(at),
            }
            for n, at in done
        ]
        spans = [(points[0], points[-1])] if points else []
        if self.gap and len(points) > 1:
            spans = [(points[0], points[0]), (points[-1], points[-1])]
        newest = [{"partitionId": each, **points[-1]} for each in partitions] if points else []
        return {
            "checkpointStates": newest,
            "backupStates": newest,
            "ranges": [
                {"partitionId": each, "start": start, "end": end}
                for each in partitions
                for start, end in spans
            ],
        }


def _text(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def _zoned(when: datetime) -> str:
    """Return a time as the state endpoint of 8.9 writes it: a zone without a colon."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+0000"
